"""Writes what the library's tables say in Python: ``python/falign/_keys.py``, the fields of
``Config``, and ``python/falign/layers.py``, the kinds of layers.

Run it after a table has changed: ``python generate.py``. A test compares them.
"""

from __future__ import annotations

import importlib.util
import sys
import textwrap
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "python" / "falign"

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


LAYERS_HEAD = '''"""Kinds of layers for ``Config.layers``. Made by ``generate.py``: do not edit.

>>> import falign as fa
>>> layers = [fa.Conv(6, 5), fa.Pool("max", 2), fa.Dense(10)]
>>> config = fa.Config(layers=layers, input=[1, 28, 28])
>>> config == fa.Config(
...     layers=[{"conv": 6, "kernel": 5}, {"pool": "max", "size": 2}, {"dense": 10}],
...     input=[1, 28, 28],
... )
True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from falign._listed import LayerOfList
'''


def core() -> Any:
    """The compiled library. The package may have no fields yet, so it is not imported."""
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
    return module


def fields_source() -> str:
    """The text of the fields of ``Config``."""
    parts = [HEAD]
    for section, leaf, default, python, allowed, meaning in core().keys():
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


def sample(python: str) -> str:
    """A value of a Python type, for examples."""
    if python.startswith("Literal["):
        return python[len("Literal[") :].partition(",")[0].rstrip("]")
    kind = python.partition(" ")[0]
    layers = "[Dense(4)]"
    return {"int": "3", "float": "0.25", "bool": ""}.get(kind, layers)


def wrapped(text: str, indent: str, first: str = "") -> str:
    """Lines of at most 92 columns behind an indent."""
    return textwrap.fill(
        text, 92, initial_indent=indent + first, subsequent_indent=indent, break_on_hyphens=False
    )


def layer_source(name: str, about: str, keys: list[tuple[Any, ...]]) -> str:
    """The text of a kind of layer."""
    out = ["\n\n@dataclass(frozen=True, eq=False, repr=False)\n"]
    words = " ".join(about.split())
    first, _, rest = words.partition(": ")
    out.append(f'class {name}(LayerOfList):\n    """{first.rstrip(".")}.\n')
    if rest:
        out.append(f"\n{wrapped(rest[0].upper() + rest[1:], '    ')}\n")
    out.append("\n    Parameters\n    ----------\n")
    for key, _, python, allowed, meaning, is_optional in keys:
        kind = python.replace(" | None", "").replace(" | ", " or ").replace("Literal", "one of ")
        out.append(f"    {key} : {kind}{', optional' if is_optional else ''}\n")
        out.append(wrapped(f"{meaning[0].upper()}{meaning[1:]}.", "        ") + "\n")
        out.append(wrapped(f"Accepted: {allowed}.", "        ") + "\n")
    values = [sample(python) for _, _, python, _, _, is_optional in keys if not is_optional]
    example = f"{name}({', '.join(value for value in values if value)})"
    call = example.replace("[Dense", "[fa.Dense")
    shown = example.replace('"', "'").replace("[Dense(4)]", "(Dense(4),)")
    out.append(f"\n    Examples\n    --------\n    >>> import falign as fa\n    >>> fa.{call}\n    {shown}\n    \"\"\"\n\n")
    for key, default, python, _, _, is_optional in keys:
        given = ""
        if is_optional or python == "bool":
            given = f" = {True if python == 'bool' and default is None else default!r}"
        out.append(f"    {key}: {python}{given}\n")
    return "".join(out)


def layers_source() -> str:
    """The text of the kinds of layers."""
    kinds = core().layer_kinds()
    names = "".join(f'    "{name}",\n' for name in sorted(name for name, _, _ in kinds))
    listed = f"\n__all__ = [\n{names}]\n"
    return LAYERS_HEAD + listed + "".join(layer_source(*kind) for kind in kinds)


def sources() -> dict[Path, str]:
    """The text of each module."""
    return {FOLDER / "_keys.py": fields_source(), FOLDER / "layers.py": layers_source()}


if __name__ == "__main__":
    for path, text in sources().items():
        path.write_text(text, encoding="utf-8")
