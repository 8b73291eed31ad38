"""Finished runs of many settings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from falign import _folders, _tables, data
from falign._extras import need
from falign.config import Config
from falign.results import Floats, Run, Weights

if TYPE_CHECKING:
    import pandas
    import xarray

__all__ = ["Sweep"]


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
        """The setting at an index; with a quantity's name, as :meth:`array`."""
        if isinstance(index, str):
            return self.array(index)
        return self._settings[index]

    def __iter__(self) -> Iterator[Run]:
        return iter(self._settings)

    def __getattr__(self, name: str) -> Floats:
        settings = self.__dict__.get("_settings", [])
        if not name.startswith("_") and settings and name in settings[0].quantities:
            return self.array(name)
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self
        )

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
        each, (*shape, recorded steps), NaN where a setting has fewer."""
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

    def __repr__(self) -> str:
        grid = " x ".join(f"{len(values)} {key}" for key, values in self.axes.items())
        runs = sum(one.runs for one in self)
        return f"<Sweep of {len(self)} settings ({grid or 'cases'}): {runs} runs>"
