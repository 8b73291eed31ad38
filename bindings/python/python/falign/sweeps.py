"""Finished runs of many settings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from falign import _folders, _html, _tables, data
from falign._extras import need
from falign.config import Config
from falign.results import Floats, Run, Weights

if TYPE_CHECKING:
    import pandas
    import xarray

__all__ = ["Sweep", "concat"]


class Sweep(Sequence[Run]):
    """The settings of a sweep, each a :class:`Run`: a sequence in the order of the program,
    cases outermost, the last key fastest."""

    def __init__(
        self,
        config: Config,
        settings: Sequence[Run],
        *,
        given: data.Reals | data.Labelled | None = None,
        seconds: float = 0.0,
        rule: Any = None,
    ) -> None:
        self.config = config
        """The experiment, with its sweep and cases."""
        self._settings = list(settings)
        self._given = given
        self._seconds = seconds
        self._rule = rule

    def __getstate__(self) -> dict[str, Any]:
        """All but the data, as of a run."""
        return {**self.__dict__, "_given": None}

    def __len__(self) -> int:
        return len(self._settings)

    def __getitem__(self, index: Any) -> Any:
        """A setting at its place, or at its place in the grid, ``sweep[0, 2]``; a slice, or some
        slices of the grid, as a sweep; with a quantity's name, :meth:`array`."""
        if isinstance(index, str):
            return self.array(index)
        if not isinstance(index, tuple):
            return self._part(self._settings[index]) if isinstance(index, slice) else self._settings[index]
        grid = np.arange(len(self)).reshape(self.shape)
        if len(index) > grid.ndim:
            raise IndexError(f"{len(index)} indices: the grid has {grid.ndim} axes, of lengths {self.shape}")
        places = grid[index]
        if np.ndim(places) == 0:
            return self._settings[int(places)]
        return self._part([self._settings[at] for at in np.ravel(places)])

    def _part(self, settings: Sequence[Run]) -> Sweep:
        return Sweep(self.config, settings, given=self._given, seconds=self._seconds, rule=self._rule)

    def sel(self, **values: Any) -> Any:
        """The settings with these values of swept keys, or of ``case``: a :class:`Run` where there
        is one, a sweep of several. A list chooses several values.

        >>> import falign as fa
        >>> found = fa.sweep(fa.Config(width=20, steps=2, runs=1), over={"ridge": [0, 0.1, 0.5]})
        >>> found.sel(ridge=0.1).axes
        {'ridge': '0.1'}

        Raises ``KeyError`` for a key that is not swept, or a value that no setting has.
        """
        known = _tables.axis_values(self)
        found = self._settings
        for key, wanted in values.items():
            of_all = {one.case: one.case for one in self} if key == "case" else known.get(key)
            if not of_all or (key == "case" and not self.cases):
                swept = ", ".join([*(["case"] if self.cases else []), *known]) or "nothing"
                raise KeyError(f"{key!r} is not swept; {swept} is")
            chosen = list(wanted) if isinstance(wanted, (list, tuple, range, np.ndarray)) else [wanted]
            for value in chosen:
                if value not in of_all.values() and str(value) not in of_all:
                    raise KeyError(f"{key} = {value!r}: no setting has it; there are {list(of_all.values())}")
            texts = {text for text, value in of_all.items() if value in chosen or text in map(str, chosen)}
            found = [one for one in found if (one.case if key == "case" else one.axes.get(key)) in texts]
        if not found:
            raise KeyError(f"{values}: no setting has all of them")
        return found[0] if len(found) == 1 else self._part(found)

    def __iter__(self) -> Iterator[Run]:
        return iter(self._settings)

    def __getattr__(self, name: str) -> Floats:
        settings = self.__dict__.get("_settings", [])
        if not name.startswith("_") and settings and name in settings[0].quantities:
            return self.array(name)
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self
        )

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for one in self for name in one.quantities)})

    @property
    def axes(self) -> dict[str, list[Any]]:
        """The swept keys with their values, in order: numbers where all of them are numbers,
        texts as in tables otherwise (``"gamma=3"``)."""
        return {key: list(values.values()) for key, values in _tables.axis_values(self).items()}

    @property
    def cases(self) -> list[str]:
        """Names of the cases, in order; none if the experiment has none."""
        return list(dict.fromkeys(one.case for one in self if one.case))

    @property
    def shape(self) -> tuple[int, ...]:
        """The grid: cases, if there are any, then one length a swept key; or (settings,)
        where cases have sweeps of their own, or settings are missing."""
        lengths = [len(self.cases)] if self.cases else []
        lengths += [len(values) for values in self.axes.values()]
        keys = {tuple(one.axes) for one in self}
        is_grid = len(keys) == 1 and int(np.prod(lengths)) == len(self)
        return tuple(lengths) if is_grid else (len(self),)

    @property
    def steps(self) -> NDArray[Any]:
        """The recorded steps, (recorded steps,), where all settings have the same; else those of
        each, ``(*shape, recorded steps)``, NaN where a setting has fewer."""
        each = [one.steps for one in self]
        rows = max(map(len, each))
        if all(np.array_equal(steps, each[0]) for steps in each):
            return each[0]
        out = np.full((len(self), rows), np.nan)
        for steps, place in zip(each, out, strict=True):
            place[: len(steps)] = steps
        whole = out if np.isnan(out).any() else out.astype(np.int64)
        return whole.reshape(*self.shape, rows)

    @property
    def outcomes(self) -> list[tuple[str, ...]]:
        """:attr:`Run.outcomes` of each setting."""
        return [one.outcomes for one in self]

    def array(self, quantity: str) -> Floats:
        """A quantity of all settings, ``(*shape, runs, recorded steps)``. NaN stands where a
        setting has fewer runs or steps than another, or was not measured."""
        if all(quantity not in one.quantities for one in self):
            raise KeyError(f"{quantity!r} was not measured")
        return self._stacked([one.values.get(quantity) for one in self])

    def _stacked(self, parts: Sequence[NDArray[Any] | None]) -> Floats:
        """An array (runs, recorded steps) of each setting as one, (*shape, runs, recorded steps)."""
        runs, rows = max(one.runs for one in self), max(one.rows for one in self)
        out = np.full((len(self), runs, rows), np.nan)
        for at, (one, part) in enumerate(zip(self, parts, strict=True)):
            if part is not None:
                out[at, : one.runs, : one.rows] = part
        return out.reshape(*self.shape, runs, rows)

    @property
    def weights(self) -> list[list[Weights]]:
        """:attr:`Run.weights` of each setting."""
        return [one.weights for one in self]

    def to_pandas(self) -> pandas.DataFrame:
        """The tables of all settings, one below the other. Needs pandas."""
        module, values = need("pandas", "to_pandas"), _tables.axis_values(self)
        frames = [module.DataFrame(one._columns(values)) for one in self]
        frame: pandas.DataFrame = module.concat(frames, ignore_index=True)
        return frame

    def to_xarray(self) -> xarray.Dataset:
        """Every quantity with the dimensions ``case`` (if there are any), the swept keys,
        ``run`` and ``step``; or ``setting``, ``run`` and ``step`` where settings form no grid.
        Where settings or runs differ in their steps, the last dimension is ``record``, and
        ``step`` a coordinate over it and what it differs by. Attributes are those of
        :meth:`Run.to_xarray`. Needs xarray."""
        coords: dict[str, Any] = {"case": self.cases} if self.cases else {}
        coords.update(self.axes)
        if len(self.shape) != len(coords):
            coords = {"setting": range(len(self))}
        names = dict.fromkeys(name for one in self for name in one.quantities)
        grid = tuple(coords)
        is_one = self.steps.ndim == 1
        is_one_by_run = all((one.run_steps == one.steps).all() for one in self)
        dims = (*grid, "run", "step" if is_one and is_one_by_run else "record")
        arrays: dict[str, tuple[Any, ...]] = {
            name: (dims, self.array(name), _tables.attributes(name)) for name in names
        }
        coords["run"] = range(max(one.runs for one in self))
        if not is_one_by_run:
            coords["step"] = (dims, self._stacked([one.run_steps for one in self]))
        else:
            coords["step"] = self.steps if is_one else ((*grid, "record"), self.steps)
        found: xarray.Dataset = need("xarray", "to_xarray").Dataset(
            arrays, coords=coords, attrs={"config": self.config.to_toml()}
        )
        return found

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write the table of :meth:`to_pandas` as a Parquet file. Needs pyarrow."""
        _tables.to_parquet(self, path)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a run folder as the program does; see :meth:`Run.save`."""
        records = [one._all for one in self]
        given = self._given if len(self) == 0 else self[0]._stored()
        _folders.save(path, self.config, given, records, self._seconds, self._rule)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, rule: Any = None) -> Sweep:
        """Read a run folder of the program or of :meth:`save`. Jobs without a result are left
        out, as runs that were not finished. A ``rule`` of one's own as for :meth:`Run.load`.

        Raises ``FileError`` if there is none, ``RecordError`` if it is damaged.
        """
        config, settings = _folders.load(path, rule)
        return cls(config, [Run._of(config, one, rule=rule) for one in settings], rule=rule)

    def _repr_html_(self) -> str:
        return _html.of_sweep(self)

    def __repr__(self) -> str:
        grid = " x ".join(f"{len(values)} {key}" for key, values in self.axes.items())
        runs = sum(one.runs for one in self)
        return f"<Sweep of {len(self)} settings ({grid or 'cases'}): {runs} runs>"


def concat(parts: Sequence[Run | Sweep]) -> Sweep:
    """Several runs and sweeps as one sweep: their settings, one after the other.

    Settings that differ in a key that none of them swept are told apart by it from then on, so
    that tables have its column. They are no grid, unless they happen to fill one.

    >>> import falign as fa
    >>> config = fa.Config(width=20, steps=2, runs=1)
    >>> both = fa.concat([fa.train(config), fa.train(config.replace(width=40))])
    >>> both.axes
    {'width': [20, 40]}

    Raises ``ValueError`` if there are none.
    """
    settings = [one for part in parts for one in ([part] if isinstance(part, Run) else part)]
    if not settings:
        raise ValueError("parts is empty: give at least one run")
    swept = dict.fromkeys(key for one in settings for key in one.axes)
    names = [name for name in settings[0].config._settable() if name not in swept]
    values = {name: [getattr(one.config, name) for one in settings] for name in names}
    differing = [name for name, of in values.items() if any(value != of[0] for value in of)]
    marked = []
    for one in settings:
        axes = {key: one.axes.get(key, _text(getattr(one.config, key))) for key in (*swept, *differing)}
        marked.append(one._with_axes(axes))
    rules = {one._rule for one in settings if one._rule is not None}
    return Sweep(settings[0].config, marked, rule=next(iter(rules), None))


def _text(value: Any) -> str:
    """A value as tables show it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(f"{key}={_text(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return "-".join(map(_text, value))
    return str(value)
