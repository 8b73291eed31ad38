"""Compares a source distribution, unpacked, with what the extension in `target` was built from.

Equal sources and equal dependencies compile alike, so nothing has to be compiled to know it:

    python3 bindings/python/compare_sdist.py UNPACKED target/debug/lib_core.d

Every file of the repository that the compiler read (sources, and experiments that they embed; Cargo lists them in
`lib_core.d`) must be in the distribution, the same to the byte; and Cargo must resolve both, without a
network, to the same packages with the same features.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(os.path.normpath(Path(__file__).parent / ".." / ".."))
# The library has many more: fewer would mean that the list is read wrongly.
LEAST_FILES = 200


def read_by_the_compiler(listing: Path) -> list[Path]:
    """Files of `listing`, relative to the repository. (Not resolved: a crate reaches the experiments by a link.)"""
    made = listing.resolve().parent
    _, _, files = listing.read_text().splitlines()[0].partition(": ")
    names = (name.replace("\\ ", " ") for name in re.split(r"(?<!\\) ", files))
    paths = (Path(os.path.normpath(ROOT / name)) for name in names)
    # What a build script wrote is made again; of a folder that it asks about, the files are.
    within = [path for path in paths if path.is_relative_to(ROOT) and not path.is_relative_to(made)]
    files = [file for path in within for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]
    return sorted({file.relative_to(ROOT) for file in files})


def resolved(folder: Path) -> set[str]:
    """Packages, versions and features that the extension is built with."""
    command = ["cargo", "tree", "--offline", "--package", "falign-python", "--edges", "normal,build,features", "--prefix", "none"]
    text = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    return {re.sub(r" \(/.*?\)", "", line) for line in text.splitlines()}


def main() -> int:
    unpacked, listing = Path(sys.argv[1]), Path(sys.argv[2])
    files = read_by_the_compiler(listing)
    wrong = [f"{listing} lists {len(files)} files"] if len(files) < LEAST_FILES else []
    for file in files:
        packed = unpacked / file
        if not packed.is_file():
            wrong.append(f"missing: {file}")
        elif packed.read_bytes() != (ROOT / file).read_bytes():
            wrong.append(f"not the same: {file}")
    wrong += [f"resolved otherwise: {line}" for line in sorted(resolved(unpacked) ^ resolved(ROOT))]
    print("\n".join(wrong) or f"{len(files)} files of the source distribution are those of the extension")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
