"""``Config``: an experiment as one flat, frozen value."""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from falign import _core
from falign._keys import Keys
from falign.errors import ConfigError

__all__ = ["Config", "builtin_names"]

# Fields that a flat table of the library calls otherwise.
_TABLE_NAMES = {"cases": "case", "claims": "claim"}
_FIELD_NAMES = {table: name for name, table in _TABLE_NAMES.items()}


def _plain(value: Any) -> Any:
    """A copy that nobody else can change, of plain Python values and paths as strings."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, range, Iterator)):
        return tuple(_plain(item) for item in value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value


@dataclass(frozen=True, kw_only=True, repr=False)
class Config(Keys):
    """A whole experiment: every leaf key of an experiment file as one field.

    Types and ranges are checked when a config is made, contradictions between keys when it is
    run. ``dataclasses.replace`` or :meth:`replace` gives a changed copy. Keys that are left at
    their defaults are not written to files. All keys with their defaults and ranges are in
    ``docs/config.md``; values in theory units are dicts, such as ``ridge={"gamma": 3}`` or
    ``record={"every": 10}``.

    Raises
    ------
    ConfigError
        Naming the key, the value and what is accepted.

    Examples
    --------
    >>> import falign as fa
    >>> config = fa.Config(width=400, activation="tanh", ridge=0.1)
    >>> config.replace(ridge=0.2)
    Config(width=400, activation='tanh', ridge=0.2)
    >>> fa.Config.from_toml(config.to_toml()) == config
    True
    """

    name: str = "experiment"
    """Short name; the program's default folder is ``runs/NAME``."""
    title: str = ""
    """One line."""
    about: str = ""
    """Prose: what the experiment shows and how firmly it is known."""
    source: str = ""
    """Where the claim comes from."""
    expected_time: str = ""
    """Time on a stated machine."""
    default_case: str = ""
    """The case that runs; unset: all."""
    sweep: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Leaf keys with lists of values: the grid of settings, the last key fastest."""
    cases: Sequence[Mapping[str, Any]] = ()
    """Dicts with a ``name``, leaf keys, and perhaps a ``sweep`` of their own."""
    claims: Sequence[Mapping[str, Any]] = ()
    """What must come out; checked by ``falign check``."""
    figure: Mapping[str, Any] | None = None
    """What ``falign plot`` draws."""

    def __new__(cls, *_: Any, **keys: Any) -> Config:
        """The config, once all names are those of keys."""
        known = [one.name for one in fields(cls)] if keys else []
        for name in keys:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean `{near[0]}`?" if near else "docs/config.md lists all keys"
                raise TypeError(f"Config has no key `{name}`; {hint}")
        return super().__new__(cls)

    def __post_init__(self) -> None:
        for one in fields(self):
            value = _plain(getattr(self, one.name))
            if value is None and (usual := _default(one)) is not None:
                raise ConfigError(f"{one.name} = None: leave it out for its default, {usual!r}")
            object.__setattr__(self, one.name, value)
        _core.check(self._flat())

    def _flat(self) -> dict[str, Any]:
        """The table of keys that are not at their defaults, as the library takes it."""
        return {
            _TABLE_NAMES.get(one.name, one.name): value
            for one in fields(self)
            if (value := getattr(self, one.name)) != _default(one) and value is not None
        }

    @classmethod
    def _settable(cls) -> list[str]:
        """Keys that a sweep may have, but for those that say where runs are kept."""
        return [one.name for one in fields(Keys)]

    @property
    def _has_classes(self) -> bool:
        return self.labelled is not None or self.labelled_data is not None

    @classmethod
    def _of_flat(cls, flat: Mapping[str, Any]) -> Config:
        return cls(**{_FIELD_NAMES.get(name, name): value for name, value in flat.items()})

    @classmethod
    def from_toml(cls, text: str, *, folder: str | os.PathLike[str] | None = None) -> Config:
        """The config of an experiment file's text; relative paths become relative to ``folder``.

        Raises ``ConfigError`` for text that is not TOML, unknown keys and bad values.
        """
        return cls._of_flat(_core.flat(text, None if folder is None else os.fspath(folder)))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Config:
        """Read an experiment file. Relative paths in it are relative to its folder.

        Raises ``FileNotFoundError`` and its kin, and what :meth:`from_toml` raises.
        """
        path = Path(path).absolute()
        return cls.from_toml(path.read_text(encoding="utf-8"), folder=path.parent)

    @classmethod
    def builtin(cls, name: str) -> Config:
        """An experiment that comes with falign, such as ``"figure2"``; see
        :func:`builtin_names`."""
        return cls.from_toml(_core.builtin(name)[0])

    def to_toml(self) -> str:
        """The text of an experiment file: ``falign run FILE`` runs it."""
        return _core.sectioned(self._flat())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an experiment file. Relative paths of the config stay as they are typed."""
        Path(path).write_text(self.to_toml(), encoding="utf-8")

    def replace(self, **changes: Any) -> Config:
        """A copy with other values of these keys."""
        return dataclasses.replace(self, **changes)

    def __repr__(self) -> str:
        changed = (
            f"{one.name}={value!r}"
            for one in fields(self)
            if (value := getattr(self, one.name)) != _default(one)
        )
        return f"Config({', '.join(changed)})"

    def __hash__(self) -> int:
        return hash(repr(self))


def _default(one: dataclasses.Field[Any]) -> Any:
    if one.default_factory is not dataclasses.MISSING:
        return one.default_factory()
    return one.default


def builtin_names() -> list[str]:
    """Names of the experiments that come with falign, the quickest first."""
    return _core.builtin(None)
