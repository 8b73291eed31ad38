"""Writes ``python/falign/_keys.py``, the fields of ``Config``, from the library's key table.

Run it after the table has changed: ``python generate.py``. A test compares the two.
"""

from __future__ import annotations

import importlib.util
import sys
import textwrap
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "python" / "falign" / "_keys.py"

HEAD = '''"""The leaf keys of experiment files. Made by ``generate.py``: do not edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Literal


@dataclass(frozen=True, kw_only=True, repr=False)
class Keys:
    """One field for each key of ``[data] [network] [learning] [run]``, with its default."""
'''


def keys() -> list[tuple[Any, ...]]:
    """The library's key table. The package may have no fields yet, so it is not imported."""
    package = importlib.util.find_spec("falign")
    if package is None or not package.submodule_search_locations:
        sys.exit("install the package first: maturin develop")
    folder = Path(package.submodule_search_locations[0])
    found = [path for end in EXTENSION_SUFFIXES if (path := folder / f"_core{end}").exists()]
    loader = ExtensionFileLoader("_core", str(found[0]))
    spec = importlib.util.spec_from_loader("_core", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    table: list[tuple[Any, ...]] = module.keys()
    return table


def source() -> str:
    """The text of the module."""
    parts = [HEAD]
    for section, leaf, default, python, allowed, meaning in keys():
        parts.append(f"\n    {leaf}: {python} = {default!r}\n")
        text = f"``[{section}]`` {meaning}.\n\nAccepted: {allowed}."
        lines = [
            line
            for paragraph in text.split("\n")
            for line in (textwrap.wrap(paragraph, 92, break_on_hyphens=False) or [""])
        ]
        body = "\n    ".join(lines).replace("\n    \n", "\n\n")
        parts.append(f'    """{body}\n    """\n')
    return "".join(parts)


if __name__ == "__main__":
    TARGET.write_text(source(), encoding="utf-8")
