"""Run folders of the program."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from falign import _core, data
from falign.config import Config
from falign.errors import RecordError
from falign.rule import named


def load(path: str | os.PathLike[str], rule: Any = None) -> tuple[Config, list[Any]]:
    """The experiment of a folder, and its settings with their runs as the library gives them."""
    flat, settings = _core.load(os.fspath(path), named(rule))
    if rule is not None:
        flat.pop("rule", None)
    return Config._of_flat(flat), settings


def save(
    path: str | os.PathLike[str],
    config: Config,
    given: data.Reals | data.Labelled | None,
    records: Sequence[Sequence[Any]],
    seconds: float,
    rule: Any,
) -> None:
    """Write a folder, with the data that were given as arrays."""
    folder = Path(path).absolute()
    if (folder / "experiment.toml").exists():
        raise RecordError(f"{folder}: is a run folder already; choose another")
    held = None
    if given is not None:
        folder.mkdir(parents=True, exist_ok=True)
        held = (given._core, os.fspath(folder / "data.npz"))
        given._save(held[1])
    runs = [[None if one is None else tuple(one) for one in of] for of in records]
    _core.save(os.fspath(folder), config._flat(), held, runs, seconds, named(rule))


def hold(
    path: str | os.PathLike[str], given: data.Reals | data.Labelled | None
) -> tuple[Path, tuple[Any, str] | None]:
    """The folder of runs that are kept while they are made, and its data: those that were given as
    arrays, which are stored in it, or compared with those that are."""
    folder = Path(path).absolute()
    if given is None:
        return folder, None
    stored = folder / "data.npz"
    if not stored.exists():
        folder.mkdir(parents=True, exist_ok=True)
        given._save(os.fspath(stored))
    elif not given._is_stored(os.fspath(stored)):
        raise RecordError(f"{folder}: has runs on other data; choose another folder")
    return folder, (given._core, os.fspath(stored))
