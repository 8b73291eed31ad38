"""Does what a container engine does with release/Dockerfile: python3 release/container.py FOLDER ROOT [ARGUMENT...]

FOLDER has the files that the recipe copies. ROOT is made, with nothing but them in it, and the entry point is started
there, with these arguments or the recipe's own. Its working folder is kept from one call to the next. Needs root.
"""

import json
import os
import shutil
import sys
from pathlib import Path


def recipe() -> list[tuple[str, str]]:
    lines = Path(__file__).with_name("Dockerfile").read_text().splitlines()
    return [tuple(line.split(None, 1)) for line in lines if line and not line.startswith("#")]


def main(folder: Path, root: Path, arguments: list[str]) -> None:
    environment, where, entry, command = {}, "/", [], []
    for word, rest in recipe():
        match word:
            case "FROM":
                assert rest == "scratch", rest
                root.mkdir(exist_ok=True)
            case "COPY":
                name, to = rest.split()
                (root / to.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(folder / name, root / to.lstrip("/"))
            case "ENV":
                environment |= dict(pair.split("=", 1) for pair in rest.split())
            case "VOLUME":
                for path in json.loads(rest):
                    (root / path.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "WORKDIR":
                where = rest
            case "ENTRYPOINT":
                entry = json.loads(rest)
            case "CMD":
                command = json.loads(rest)
            case _:
                sys.exit(f"release/Dockerfile: {word} is not known here")
    os.chroot(root)
    os.chdir(where)
    os.execvpe(entry[0], entry + (arguments or command), environment)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
