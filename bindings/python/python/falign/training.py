"""``train``, ``sweep`` and ``iterate``."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from numpy.typing import ArrayLike

from falign import _core, _folders, data
from falign.config import Config
from falign.errors import ConfigError, DivergenceWarning, Interrupted
from falign.results import Run, Weights
from falign.rule import LearningRule, own
from falign.sweeps import Sweep

__all__ = ["Look", "iterate", "limit_memory", "sweep", "train"]

Data = data.Reals | data.Labelled


def limit_memory(memory: str | int | None) -> None:
    """Let trainings of this process use so much memory; what needs more is a ``ConfigError``.

    Without a limit of one's own it is what the machine has free, or what is left of a container's
    or batch job's limit.

    Parameters
    ----------
    memory : str, int or None
        Bytes: a number, or one with a unit such as ``"64G"`` or ``"8GiB"``; None: no limit of
        one's own.

    Raises
    ------
    ConfigError
        If it is no number of bytes.

    Examples
    --------
    >>> import falign as fa
    >>> fa.limit_memory("64G")
    >>> fa.limit_memory(None)
    """
    _core.limit_memory(None if memory is None else str(memory))


def train(
    config: Config,
    X: ArrayLike | Data | None = None,
    y: ArrayLike | None = None,
    *,
    held_out: tuple[ArrayLike, ArrayLike] | None = None,
    rule: LearningRule | None = None,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    n_jobs: int | None = -1,
    progress: bool | None = None,
) -> Run:
    """Train all runs of one setting.

    The interpreter lock is released meanwhile. Ctrl-C stops within 0.2 s, at the next step of the
    network; where one step takes longer, it ends by itself while the call is over already.

    Parameters
    ----------
    config : Config
        Without ``sweep`` and ``cases``: those are for :func:`sweep`.
    X : array_like (samples, input_dim), Reals or Labelled, optional
        What to train on, in the place of the config's data. A float64 array in C order is used
        where it lies: do not write to it meanwhile (see :class:`Reals`); others are copied once.
    y : array_like (samples,) or (samples, outputs), optional
        Real targets. For classes see :class:`Labelled`.
    held_out : pair of X and y, optional
        What two-layer networks measure as ``held_out_loss``, mini-batch ones as ``test_loss``.
    rule : LearningRule, optional
        A rule of one's own, which runs on the mini-batch engine in the place of the config's.
    out : path, optional
        A run folder, as ``falign run --out`` writes it, in which finished runs are kept while others
        are made: nothing is lost where the process ends. Arrays are stored in it, ``data.npz``.
    resume : bool
        Goes on with the runs that are in ``out`` already; they have the same bits.
    n_jobs : int or None
        Threads, as joblib counts them: -1 all cores, -2 all but one, None one. All is the
        environment's ``FALIGN_NUM_THREADS`` where that is set. Results do not depend on it, bit
        for bit.
    progress : bool, optional
        Whether a bar is shown after half a second. By default: where tqdm is installed.

    Returns
    -------
    Run
        With arrays (runs, recorded steps).

    Raises
    ------
    ConfigError, ShapeError, DataError, FileError
        With the message of the program.
    Interrupted
        A ``KeyboardInterrupt`` whose ``partial`` is a ``Run`` of what was finished.

    Warns
    -----
    DataWarning
        Where targets look like classes but are fitted as real numbers, labels begin at 1, or the
        data alone select the mini-batch engine.
    DivergenceWarning
        Where runs diverged: how many, the first at which step, and why.

    Notes
    -----
    Two-layer engines: the network and Algorithm 1 of Song, Xu and Lafferty, "Convergence and
    Alignment of Gradient Descent with Random Backpropagation Weights", NeurIPS 2021.

    Examples
    --------
    >>> import numpy as np, falign as fa
    >>> X = np.random.default_rng(0).standard_normal((30, 60))
    >>> run = fa.train(fa.Config(width=50, step_size=0.002, steps=20, runs=3), X, X[:, 0])
    >>> run.loss.shape
    (3, 21)
    """
    if config.sweep or config.cases:
        several = config.sweep or [case.get("name") for case in config.cases]
        raise ConfigError(f"sweep = {several}: more than one setting; use falign.sweep")
    given = data.given(X, y, held_out)
    if out is not None:
        (only,) = kept = _run_in(out, config, given, rule, n_jobs, progress, resume=resume)
        _tell_divergence(kept)
        return only
    found, stopped = _run(config, given, rule, n_jobs, progress)
    run: Run = _finished(found[0], found[0].runs, stopped)
    _tell_divergence([run])
    return run


def sweep(
    config: Config,
    X: ArrayLike | Data | None = None,
    y: ArrayLike | None = None,
    *,
    over: Mapping[str, Sequence[Any]] | None = None,
    held_out: tuple[ArrayLike, ArrayLike] | None = None,
    rule: LearningRule | None = None,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    n_jobs: int | None = -1,
    progress: bool | None = None,
) -> Sweep:
    """Train every setting of a grid: the config's ``sweep`` and ``cases``, and ``over``.

    ``over`` maps leaf keys to lists of values, ``{"ridge": [0, 0.1], "width": [100, 400]}``;
    a key that the config sweeps already gets these values instead. All settings and runs share
    the threads. Settings that differ only in ridge share all their randomness. The other
    parameters and the errors are those of :func:`train`.

    Returns
    -------
    Sweep
        A sequence of :class:`Run`, the last key fastest; arrays have the shape
        ``(*grid, runs, recorded steps)``.
    """
    if over:
        config = config.replace(sweep={**config.sweep, **over})
    given = data.given(X, y, held_out)
    if out is not None:
        kept = _run_in(out, config, given, rule, n_jobs, progress, resume=resume)
        _tell_divergence(kept)
        return kept
    found, stopped = _run(config, given, rule, n_jobs, progress)
    found = _finished(found, sum(one.runs for one in found), stopped)
    _tell_divergence(found)
    return found


def _tell_divergence(settings: Sequence[Run]) -> None:
    if (said := divergence(settings)) is not None:
        # Past this function, and ``train`` or ``sweep``.
        warnings.warn(said, DivergenceWarning, stacklevel=3)


def divergence(settings: Sequence[Run]) -> str | None:
    """How many runs diverged, where, and why; ``None`` if none did."""
    lost = [(one, count) for one in settings if (count := one.outcomes.count("diverged"))]
    if not lost:
        return None
    count, runs = sum(count for _, count in lost), sum(one.runs for one in settings)
    ends = [zip(one.outcomes, one.outcome_steps, strict=True) for one, _ in lost]
    first = min(step or 0 for pairs in ends for name, step in pairs if name == "diverged")
    among = "" if len(settings) == 1 else f" in {len(lost)} of {len(settings)} settings"
    text = f"{count} of {runs} runs diverged{among}, the first at step {first}"
    whole = next((one for one, count in lost if count == one.runs), None)
    if whole is None:
        return f"{text}; lower step_size"
    label = whole._label()
    where = f" (of {label})" if label and len(settings) > 1 else ""
    core = None if whole._given is None else whole._given._core
    bound = _core.step_bound(whole.config._flat(), core)
    if bound is None:
        return f"{text}; lower step_size"
    is_beyond, why = bound
    if is_beyond:
        return f"{text}: {why}{where}; lower step_size, or set it to \"auto\""
    return f"{text}: {why}{where}, and so within it: what is trained with has grown; lower step_size"


Found = TypeVar("Found", Run, Sweep)


def _finished(found: Found, runs: int, stopped: BaseException | None) -> Found:
    """What was found, unless something stopped the call."""
    if isinstance(stopped, KeyboardInterrupt):
        message = f"stopped; {runs} finished runs are in this exception's `partial`"
        raise Interrupted(message, found) from None
    if stopped is not None:
        raise stopped
    return found


def _run(
    config: Config,
    given: Data | None,
    rule: Any,
    n_jobs: int | None,
    progress: bool | None,
    *,
    notes: bool = True,
) -> tuple[Sweep, BaseException | None]:
    if rule is not None:
        config = config.replace(engine="mini_batch")
    threads = _threads(n_jobs)
    start = time.perf_counter()
    bar = _Bar(progress)
    settings, interruption = _core.train(
        config._flat(),
        None if given is None else given._core,
        own(rule, config.seed),
        threads,
        bar.show if bar.is_wanted else None,
        notes,
    )
    bar.close(is_done=interruption is None)
    seconds = time.perf_counter() - start
    runs = [Run._of(config, one, given, seconds, rule) for one in settings]
    found = Sweep(config, runs, given=given, seconds=seconds, rule=rule)
    return found, interruption


def _run_in(
    out: str | os.PathLike[str],
    config: Config,
    given: Data | None,
    rule: Any,
    n_jobs: int | None,
    progress: bool | None,
    *,
    resume: bool,
) -> Sweep:
    """All runs, kept in a folder while they are made."""
    if rule is not None:
        config = config.replace(engine="mini_batch")
    start = time.perf_counter()
    threads = _threads(n_jobs)
    folder, held = _folders.hold(out, given)
    bar = _Bar(progress)
    stopped = _core.train_in_folder(
        config._flat(),
        held,
        own(rule, config.seed),
        (os.fspath(folder), resume),
        threads,
        bar.show if bar.is_wanted else None,
    )
    bar.close(is_done=stopped is None)
    seconds = time.perf_counter() - start
    settings = _folders.load(folder, rule)[1]
    runs = [Run._of(config, one, given, seconds, rule) for one in settings]
    found = Sweep(config, runs, given=given, seconds=seconds, rule=rule)
    return _finished(found, sum(one.runs for one in found), stopped)


def _threads(n_jobs: int | None) -> int | None:
    """Threads for the library, to which ``None`` is all."""
    if n_jobs is None:
        return 1
    if n_jobs == -1:
        return None
    if n_jobs < 0:
        all_ = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return max(1, (all_ or 1) + 1 + n_jobs)
    if n_jobs == 0:
        raise ConfigError("n_jobs = 0: expected threads from 1, -1 for all cores, or None for one")
    return n_jobs


class _Bar:
    """A tqdm bar that appears with the first report."""

    def __init__(self, is_wanted: bool | None) -> None:
        self.is_wanted = is_wanted is not False
        self._must = is_wanted is True
        self._bar: Any = None
        self._start = time.perf_counter()

    def show(self, share: float, runs: int) -> None:
        if self._bar is None:
            if time.perf_counter() - self._start < 0.5:
                return
            try:
                from tqdm.auto import tqdm
            except ModuleNotFoundError:
                if self._must:
                    raise ModuleNotFoundError(
                        "progress=True needs tqdm: pip install 'falign[progress]'", name="tqdm"
                    ) from None
                return
            self._bar = tqdm(total=100, unit="%", bar_format="{l_bar}{bar}| {elapsed}<{remaining}")
        self._bar.update(round(100 * share, 1) - self._bar.n)

    def close(self, *, is_done: bool) -> None:
        if self._bar is not None:
            if is_done:
                self._bar.update(100 - self._bar.n)
            self._bar.close()


class Look:
    """A run at one step; see :func:`iterate`. It unpacks as step, values, weights."""

    __slots__ = ("_see", "step", "values", "weights")

    step: int
    """Steps done."""
    values: dict[str, float]
    """Every quantity by name; NaN where it has no meaning."""
    weights: Weights | None
    """The weights at this step, by the names of :attr:`Run.weights`; ``None`` where they were
    not asked for, or the engine has no single units."""

    def __init__(
        self, step: int, values: dict[str, float], weights: Weights | None, see: Callable[..., Any] | None = None
    ) -> None:
        self.step, self.values, self.weights, self._see = step, values, weights, see

    def __iter__(self) -> Iterator[Any]:
        return iter((self.step, self.values, self.weights))

    def activities(self, X: ArrayLike, *, layer: int | None = None) -> Any:
        """Activities of hidden layers on X at this step, as :meth:`Run.activities` gives them.

        Raises ``ConfigError`` where the iteration has no ``weights=True``.
        """
        if self.weights is None or self._see is None:
            raise ConfigError("weights = False: activities are those of weights; iterate with weights=True")
        return self._see(X, layer, self.weights)

    def __repr__(self) -> str:
        return f"Look(step={self.step}, values={self.values})"


def iterate(
    config: Config,
    X: ArrayLike | Data | None = None,
    y: ArrayLike | None = None,
    *,
    every: int | None = None,
    run: int = 0,
    weights: bool = False,
    held_out: tuple[ArrayLike, ArrayLike] | None = None,
    rule: LearningRule | None = None,
) -> Iterator[Look]:
    """Look inside one run while it runs.

    Parameters
    ----------
    config, X, y, held_out, rule
        As for :func:`train`.
    every : int, optional
        A look each so many steps, at step 0, and after the last; without it at the steps that
        the config's ``record`` names.
    run : int
        Which run, from 0, or back from the last by -1, -2, ...: the same numbers as that run of
        :func:`train`.
    weights : bool
        Whether each look has the weights, copied.

    Yields
    ------
    Look
        The run is at most two looks ahead of the caller. Leaving the loop ends it.

    Examples
    --------
    >>> import falign as fa
    >>> config = fa.Config(width=50, steps=20, runs=1)
    >>> [look.step for look in fa.iterate(config, every=10)]
    [0, 10, 20]
    """
    changes: dict[str, Any] = {} if every is None else {"record": {"every": every}}
    if weights:
        changes["save_weights"] = "final"
    given = data.given(X, y, held_out)
    if rule is not None:
        changes["engine"] = "mini_batch"
    if not -config.runs <= run < config.runs:
        raise IndexError(f"run = {run}: there are {config.runs} runs, 0 to {config.runs - 1}")
    run %= config.runs
    config = config.replace(**changes)
    looks = _core.Iteration(
        config._flat(),
        None if given is None else given._core,
        run,
        weights,
        own(rule, config.seed),
    )
    whose = Run(config, (), [None] * config.runs, given=given) if weights else None
    return _looks(looks, whose, run)


def _looks(looks: _core.Iteration, whose: Run | None, run: int) -> Iterator[Look]:
    names = looks.quantities

    def see(X: ArrayLike, layer: int | None, weights: Weights) -> Any:
        return None if whose is None else whose._activities(X, layer, run, weights)

    try:
        for step, values, found in looks:
            yield Look(step, dict(zip(names, values.tolist(), strict=True)), found, see)
    finally:
        looks.close()
