"""What all typed layers are: mappings that say what a file would say of a layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from falign import _core
from falign.config import _plain

__all__ = ["LayerOfList"]


@dataclass(frozen=True, eq=False, repr=False)
class LayerOfList(Mapping[str, object]):
    """A layer of ``Config.layers``: read only, equal to the dict that says the same, without
    what is at its default.

    Raises
    ------
    ConfigError
        When it is made, naming the key, the value and what is accepted. Whether it fits what is
        below it is known with the whole list.
    """

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, (list, tuple)):
                value = tuple(item if isinstance(item, LayerOfList) else _plain(item) for item in value)
            elif not isinstance(value, LayerOfList):
                value = _plain(value)
            object.__setattr__(self, one.name, value)
        _core.check({"layers": [_plain(self)]})

    def _said(self) -> dict[str, Any]:
        values = {one.name: (getattr(self, one.name), one) for one in fields(self)}
        kind = next(iter(values))
        return {
            name: value
            for name, (value, one) in values.items()
            if name == kind or one.default is MISSING or value != one.default
        }

    def __getitem__(self, key: str) -> Any:
        return self._said()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._said())

    def __len__(self) -> int:
        return len(self._said())

    def __hash__(self) -> int:
        return hash(repr(_plain(self)))

    def __repr__(self) -> str:
        needed = {one.name for one in fields(self) if one.default is MISSING}
        words = (
            repr(value) if name in needed else f"{name}={value!r}"
            for name, value in self._said().items()
            if name in needed or value != getattr(type(self), name, None)
        )
        return f"{type(self).__name__}({', '.join(words)})"
