"""Finished runs of one setting."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from falign import _core, _folders, _html, _tables, data
from falign._extras import need
from falign.config import Config
from falign.errors import ConfigError, FalignError, RecordError

if TYPE_CHECKING:
    import pandas
    import xarray

__all__ = ["Run"]

Floats = NDArray[np.float64]
Weights = dict[str, NDArray[Any]]


class _Record(NamedTuple):
    """One finished run, as the library gives it and takes it back."""

    steps: NDArray[np.int64]
    values: Floats
    outcome: str
    outcome_step: int | None
    resolved: tuple[float, float, float, float]
    weights: tuple[Weights | None, Weights | None]


class Run:
    """All finished runs of one setting: what :func:`falign.train` returns.

    Every measured quantity is an attribute, ``run.loss``, ``run.alignment``, and an item,
    ``run["loss"]``: an array (runs, recorded steps), float64, NaN where there is no value. The
    names are ``run.quantities``; the config's ``quantities`` chooses them.

    Bits are those of the program ``falign run`` for the same config on the same machine.
    """

    def __init__(
        self,
        config: Config,
        quantities: Sequence[str],
        records: Sequence[_Record | None],
        *,
        source: Config | None = None,
        given: data.Reals | data.Labelled | None = None,
        case: str = "",
        axes: Mapping[str, str] | None = None,
        seconds: float = 0.0,
        rule: Any = None,
    ) -> None:
        self.config = config
        """The setting, with what ``auto`` stood for."""
        self.quantities = tuple(quantities)
        """Names of what was measured."""
        self.case = case
        """Its case; empty if there are none."""
        self.axes = dict(axes or {})
        """The swept keys and this setting's values, as tables show them."""
        self._all = [None if one is None else _Record(*one) for one in records]
        self._records = [one for one in self._all if one is not None]
        self._source = source or config
        self._given = given
        self._is_on_arrays = given is not None
        # Facts of the data by run: what is predicted does not change when the arrays do.
        self._facts: dict[int, _core.Fitted] = {}
        self._seconds = seconds
        self._rule = rule
        if given is not None and any(one.weights[1] is not None for one in self._records):
            self._keep_facts()

    def _keep_facts(self) -> None:
        runs = [at for at, one in enumerate(self._all) if one is not None] or list(range(len(self._all)))
        # A validation set is drawn for each run, and inputs are scaled by the rest.
        of_runs = runs if self.config.validation else runs[:1]
        if self._given is None or not runs:
            return
        found = _core.fitted(self.config._flat(), self._given._core, of_runs)
        self._facts = dict(zip(runs, found if self.config.validation else found * len(runs), strict=True))

    def _fitted(self, run: int) -> _core.Fitted | None:
        """Facts of the data that were given as arrays; ``None`` for the config's own data."""
        if self._is_on_arrays and not self._facts:
            self._keep_facts()
        return self._facts.get(run)

    def __getstate__(self) -> dict[str, Any]:
        """All but the data: what they were is told by their facts."""
        if self._is_on_arrays and not self._facts:
            self._keep_facts()
        return {**self.__dict__, "_given": None}

    def _with_axes(self, axes: Mapping[str, str]) -> Run:
        """The same runs, told from others by these keys."""
        other = copy.copy(self)
        # `copy` goes by the pickled state, which leaves the data out.
        other._given = self._given
        other.axes = dict(axes)
        return other

    @property
    def runs(self) -> int:
        """Number of finished runs."""
        return len(self._records)

    @property
    def rows(self) -> int:
        """Number of recorded steps; the smallest, where runs differ."""
        return min((len(one.steps) for one in self._records), default=0)

    def _aligned(self, records: NDArray[Any]) -> NDArray[Any]:
        """The first records of a run, and its last, as many as every run has."""
        return np.concatenate([records[: self.rows - 1], records[-1:]]) if self.rows else records[:0]

    @cached_property
    def run_steps(self) -> NDArray[np.int64]:
        """The recorded steps of each run, (runs, recorded steps). Where runs differ in their
        number of records, the last of each is in the last column."""
        steps = [self._aligned(one.steps) for one in self._records]
        return np.array(steps, dtype=np.int64).reshape(self.runs, self.rows)

    @cached_property
    def steps(self) -> NDArray[np.int64]:
        """The recorded steps, (recorded steps,). They differ between runs only where a horizon
        in theory units depends on each run's data: then these are their means, rounded."""
        if self.runs == 0:
            return np.zeros(0, dtype=np.int64)
        return np.asarray((self.run_steps.sum(0) + self.runs // 2) // self.runs)

    @cached_property
    def values(self) -> dict[str, Floats]:
        """Every quantity, (runs, recorded steps), by name."""
        all_ = [self._aligned(one.values) for one in self._records]
        shape = (self.runs, self.rows, len(self.quantities))
        stacked = np.array(all_, dtype=np.float64).reshape(shape).transpose(2, 0, 1).copy()
        return dict(zip(self.quantities, stacked, strict=True))

    def __getitem__(self, quantity: str) -> Floats:
        try:
            return self.values[quantity]
        except KeyError:
            known = ", ".join(self.quantities)
            message = f"{quantity!r} was not measured; there are {known}"
            raise KeyError(message) from None

    def __getattr__(self, name: str) -> Floats:
        if not name.startswith("_") and name in self.__dict__.get("quantities", ()):
            return self.values[name]
        message = f"{type(self).__name__!r} object has no attribute {name!r}"
        if name in _core.quantities():
            message += f": it was not measured; name it in the config's quantities ({name!r})"
        raise AttributeError(message, name=name, obj=self)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.quantities})

    @property
    def outcomes(self) -> tuple[str, ...]:
        """How each run ended: ``finished``, ``converged``, ``stalled`` or ``diverged``."""
        return tuple(one.outcome for one in self._records)

    @property
    def outcome_steps(self) -> tuple[int | None, ...]:
        """When: the step of convergence or divergence, or since which the run stalled."""
        return tuple(one.outcome_step for one in self._records)

    @property
    def resolved(self) -> dict[str, Floats]:
        """What theory units became, each (runs,): ``step_size``, ``ridge`` (at step 0),
        ``gamma`` and ``kernel_max`` (least non-zero and largest eigenvalue of the
        infinite-width kernel; NaN where no unit asked for them)."""
        names = ("step_size", "ridge", "gamma", "kernel_max")
        columns = np.array([one.resolved for one in self._records]).reshape(-1, 4).T
        return dict(zip(names, columns, strict=True))

    @property
    def weights(self) -> list[Weights]:
        """The last weights of each run by name, where the config's ``save_weights`` is
        ``"final"`` or ``"both"``; empty otherwise.

        Two-layer engines: ``hidden_weights`` (width, input_dim), ``output_weights`` and
        ``feedback_weights`` (width, outputs). Mini-batch engine: ``layers.L.weight``
        (units, inputs), ``layers.L.bias`` (units,), ``feedback.L``, from ``L = 0`` at the input.
        """
        return [found for one in self._records if (found := one.weights[1]) is not None]

    @property
    def initial_weights(self) -> list[Weights]:
        """The weights of each run at its start, where ``save_weights`` is ``"initial"`` or
        ``"both"``."""
        return [found for one in self._records if (found := one.weights[0]) is not None]

    def predict(self, X: ArrayLike, *, run: int = 0) -> Floats:
        """Outputs of a trained network, (samples, outputs); logits where the loss is a
        cross-entropy. Inputs are scaled as in training. ``run`` counts from 0; -1 is the last.
        The training data are not needed, and may have changed.

        Raises ``ConfigError`` without final weights (``save_weights="final"``), ``ShapeError``
        where X does not fit. Warns (``DataWarning``) where inputs are far outside the range that
        they have in training data of one's own.
        """
        run, weights = self._last_weights(run)
        fitted = self._fitted(run)
        is_labelled = self.config._has_classes if fitted is None else fitted.has_classes
        inputs = data._samples(X)[0] if is_labelled else data._matrix(X)
        return _core.predict(self.config._flat(), fitted, run, weights, inputs)

    def activities(
        self, X: ArrayLike, *, layer: int | None = None, run: int = 0, which: str = "final"
    ) -> Any:
        """Activities of hidden layers on X, (samples, units), scaled as in training, without dropout.

        Parameters
        ----------
        X : array_like, (samples, ...)
            As for :meth:`predict`.
        layer : int, optional
            Which hidden layer, from 1 at the input, as in ``alignment_layer_1``; -1 is the last.
            Without it a list of all. Units of a layer on images are its numbers, channels first.
        run : int
            Which run, from 0, or -1 for the last.
        which : str
            ``"final"``, or ``"initial"`` for the network at its start (``save_weights``).

        Raises
        ------
        FalignError
            If there are no such weights.
        IndexError
            If there is no such layer.
        """
        if which not in ("initial", "final"):
            raise ConfigError(f"which = {which!r}: expected 'initial' or 'final'")
        if which == "initial":
            one = self._all[run := self._number(run)]
            weights = None if one is None else one.weights[0]
            if weights is None:
                raise FalignError('no weights of the start are kept: train with save_weights="both"')
        else:
            run, weights = self._last_weights(run)
        return self._activities(X, layer, run, weights)

    def _activities(self, X: ArrayLike, layer: int | None, run: int, weights: Weights) -> Any:
        fitted = self._fitted(run)
        is_labelled = self.config._has_classes if fitted is None else fitted.has_classes
        inputs = data._samples(X)[0] if is_labelled else data._matrix(X)
        found = _core.activities(self.config._flat(), fitted, run, weights, inputs)
        if layer is None:
            return found
        if layer == 0 or not -len(found) <= layer <= len(found):
            raise IndexError(f"layer = {layer}: there are hidden layers 1 to {len(found)}")
        return found[layer - 1 if layer > 0 else layer]

    def _first(self) -> int:
        """The number of the first run that was finished."""
        return next(at for at, one in enumerate(self._all) if one is not None)

    def _number(self, run: int) -> int:
        """The number of a run, counted from 0, or back from the last by -1, -2, ..."""
        count = len(self._all)
        if not -count <= run < count:
            raise IndexError(f"run = {run}: there are {count} runs, 0 to {count - 1}")
        return run % count

    def _last_weights(self, run: int) -> tuple[int, Weights]:
        """The number of a run, and its last weights."""
        run = self._number(run)
        one = self._all[run]
        if one is None:
            raise FalignError(f"run {run} was not finished; choose another")
        if one.weights[1] is None:
            raise _missing_weights()
        return run, one.weights[1]

    def to_pandas(self) -> pandas.DataFrame:
        """One row for each run and recorded step: ``run``, ``step``, how the run ended
        (``outcome``), every quantity, and the swept keys. Needs pandas."""
        columns = self._columns(_tables.axis_values([self]))
        frame: pandas.DataFrame = need("pandas", "to_pandas").DataFrame(columns)
        return frame

    def _columns(self, values: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """The table; ``values`` has what the texts of swept keys stand for."""
        size = self.runs * self.rows
        columns: dict[str, Any] = {"case": [self.case] * size} if self.case else {}
        columns.update({name: [values[name][text]] * size for name, text in self.axes.items()})
        numbers = [at for at, one in enumerate(self._all) if one is not None]
        columns["run"] = np.repeat(np.array(numbers, dtype=np.int64), self.rows)
        columns["step"] = self.run_steps.ravel()
        columns["outcome"] = np.repeat(np.array(self.outcomes, dtype=object), self.rows)
        columns.update({name: array.ravel() for name, array in self.values.items()})
        return columns

    def to_xarray(self) -> xarray.Dataset:
        """Every quantity with the dimensions ``run`` and ``step``, its unit and its meaning as its
        attributes ``units`` and ``long_name``; the config as an attribute of the whole.
        Where runs differ in their steps, the second dimension is ``record``, and ``step`` a
        coordinate over both. Needs xarray."""
        is_one = bool((self.run_steps == self.steps).all())
        dims = ("run", "step" if is_one else "record")
        arrays: dict[str, tuple[Any, ...]] = {
            name: (dims, array, _tables.attributes(name)) for name, array in self.values.items()
        }
        numbers = [at for at, one in enumerate(self._all) if one is not None]
        found: xarray.Dataset = need("xarray", "to_xarray").Dataset(
            arrays,
            coords={"run": numbers, "step": self.steps if is_one else (dims, self.run_steps)},
            attrs={"config": self.config.to_toml()},
        )
        return found

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write the table of :meth:`to_pandas` as a Parquet file. Needs pyarrow."""
        _tables.to_parquet([self], path)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a run folder as the program does (without the picture: ``falign plot`` draws
        it). Data that were given as arrays are stored in it, ``data.npz``.

        Raises ``RecordError`` if the folder is one already.
        """
        _folders.save(path, self._source, self._stored(), [self._all], self._seconds, self._rule)

    def _stored(self) -> data.Reals | data.Labelled | None:
        """The data, which are to be stored with the runs."""
        if self._is_on_arrays and self._given is None:
            raise RecordError(
                "runs that were pickled come without their data, and a run folder has them; save before pickling"
            )
        return self._given

    @property
    def rule(self) -> Any:
        """The rule of one's own that taught it; None where the config's did."""
        return self._rule

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, rule: Any = None) -> Run:
        """Read a run folder with one setting; :meth:`Sweep.load` reads those with many. Runs of a
        rule of one's own need that ``rule``, of the same name and version.

        Raises ``FileError`` if there is none, ``RecordError`` if it is damaged.
        """
        config, settings = _folders.load(path, rule)
        if len(settings) != 1:
            raise RecordError(f"{os.fspath(path)}: has {len(settings)} settings; use Sweep.load")
        return cls._of(config, settings[0], rule=rule)

    @classmethod
    def _of(
        cls,
        config: Config,
        setting: Any,
        given: data.Reals | data.Labelled | None = None,
        seconds: float = 0.0,
        rule: Any = None,
    ) -> Run:
        """One of the library's settings of an experiment."""
        case, axes, flat, quantities, records = setting
        if rule is not None:
            flat.pop("rule", None)
        if given is not None:
            for key in ("train_data", "held_out_data", "labelled_data"):
                flat.pop(key, None)
        names = ("name", "title", "about", "source", "expected_time")
        labels = {name: value for name in names if (value := getattr(config, name))}
        return cls(
            Config._of_flat({**labels, **flat}),
            quantities,
            records,
            given=given,
            case=case,
            axes=dict(axes),
            seconds=seconds,
            rule=rule,
        )

    def _label(self) -> str:
        """What tells the setting from others: its case and swept keys."""
        parts = [self.case] if self.case else []
        parts += [f"{key} = {text}" for key, text in self.axes.items()]
        return ", ".join(parts)

    def _repr_html_(self) -> str:
        return _html.of_run(self)

    def __repr__(self) -> str:
        ended = ", ".join(
            f"{self.outcomes.count(name)} {name}" for name in dict.fromkeys(self.outcomes)
        )
        label = "".join(f", {key}={text}" for key, text in self.axes.items())
        case = f" case {self.case!r}" if self.case else ""
        return f"<Run{case}{label}: {self.runs} runs ({ended}), {self.rows} recorded steps>"


def _missing_weights() -> Exception:
    return FalignError('run.save_weights = "none": set save_weights="final" to keep weights')
