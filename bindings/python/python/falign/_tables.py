"""What tables of runs and of sweeps share."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from falign import _core
from falign._extras import need

if TYPE_CHECKING:
    from falign.results import Run


def axis_values(settings: Iterable[Run]) -> dict[str, dict[str, Any]]:
    """What the texts of each swept key stand for, all of one type."""
    texts: dict[str, dict[str, Any]] = {}
    for one in settings:
        for key, text in one.axes.items():
            texts.setdefault(key, {})[text] = text
    for of_key in texts.values():
        of_key.update(_typed(of_key))
    return texts


def _typed(texts: Iterable[str]) -> dict[str, Any]:
    known = {"true": True, "false": False}
    for kind in (known.__getitem__, int, float):
        try:
            return {text: kind(text) for text in texts}
        except (KeyError, ValueError):
            continue
    return {}


def attributes(quantity: str) -> dict[str, str]:
    """Attributes of a quantity in xarray, from the library's table of quantities."""
    known = _core.describe(quantity)
    return {"units": known[0], "long_name": known[1]} if known else {}


def to_parquet(settings: Sequence[Run], path: str | os.PathLike[str]) -> None:
    pyarrow = need("pyarrow", "to_parquet")
    parquet = need("pyarrow.parquet", "to_parquet")
    values = axis_values(settings)
    tables = [pyarrow.table(one._columns(values)) for one in settings]
    table = pyarrow.concat_tables(tables, promote_options="permissive")
    parquet.write_table(table, os.fspath(path))
