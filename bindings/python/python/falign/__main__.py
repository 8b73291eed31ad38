"""The program ``falign``, which ``pip install`` puts on the path; also ``python -m falign``."""

from __future__ import annotations

import signal
import sys

from falign._core import program


def main() -> None:
    """Carry out the command line and exit with its code.

    Commands that train listen for Ctrl-C themselves; all others end at once, as a program does.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(program(["falign", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
