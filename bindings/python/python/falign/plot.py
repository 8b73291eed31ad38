"""Figures with matplotlib: Axes in, Axes out.

Every function draws on ``ax`` where one is given, on a new figure otherwise, and returns the
Axes (or their array). Needs matplotlib.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from falign import _core
from falign._extras import need
from falign._sequential import sample_shape
from falign.errors import ConfigError, FalignError
from falign.results import Run
from falign.sweeps import Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "curves",
    "figure",
    "figure2",
    "figure3",
    "kernel",
    "panels",
    "predictions",
    "receptive_fields",
]

_BANDS = ("std", "sem", "quantiles", "runs")
_NAMES = {"alignment": "alignment cos(b, β)", "loss": "loss", "test_accuracy": "test accuracy"}


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    pyplot = need("matplotlib.pyplot", "falign.plot")
    return pyplot.subplots(layout="constrained")[1]  # type: ignore[no-any-return]


def curves(
    found: Run | Sweep | Sequence[Run],
    y: str = "loss",
    *,
    x: str = "step",
    band: str | None = "std",
    log: bool | None = None,
    ax: Axes | None = None,
    label: str | None = None,
    **line: Any,
) -> Axes:
    """The mean over runs of one quantity against another.

    A curve ends where the first of its runs has diverged, or grown beyond all curves that have
    not, and the legend says how many did.

    Parameters
    ----------
    found : Run, or several
        One line a setting; several are labelled by their cases and swept keys.
    y : str
        A measured quantity.
    x : str
        ``"step"``, or a quantity such as ``"epoch"`` or ``"tau"``, whose mean over runs is taken.
    band : {"std", "sem", "quantiles", "runs"}, optional
        What is shaded: a standard deviation (ddof 1) or standard error to both sides, the range
        from the 10 % to the 90 % quantile, or nothing, with every run as a thin line.
    log : bool, optional
        Whether the y axis is logarithmic, by default as it is. There means and standard
        deviations are geometric.
    ax, label, line
        Axes, the legend's text, and arguments of ``Axes.plot``.
    """
    if band is not None and band not in _BANDS:
        raise ConfigError(f"band = {band!r}: expected one of {', '.join(_BANDS)}, or None")
    ax = _axes(ax)
    if log is not None:
        ax.set_yscale("log" if log else "linear")
    is_log = ax.get_yscale() == "log"
    settings = _settings(found)
    bound = _bound(settings, y)
    for one in settings:
        parts = [label] if label is not None else [one._label()] if len(settings) > 1 else []
        if lost := one.outcomes.count("diverged"):
            parts.append(f"{lost} of {one.runs} diverged")
        text = ", ".join(part for part in parts if part) or None
        values = _living(one, y, bound)
        _curve(one, values, x, band, ax, is_log, {"label": text, **line})
    ax.set_xlabel(x.replace("_", " "))
    ax.set_ylabel(_NAMES.get(y, y.replace("_", " ")))
    if ax.get_legend_handles_labels()[1]:
        ax.legend()
    return ax


def _bound(settings: Sequence[Run], y: str) -> float:
    """The largest size that a curve of a setting with diverged runs is drawn to: that of the others, or ten times
    its own start where there are none."""
    sound = [one for one in settings if "diverged" not in one.outcomes]
    values = [one[y] for one in sound] or [10 * one[y][:, :1] for one in settings]
    sizes = np.abs(np.concatenate([np.ravel(value) for value in values]))
    return float(np.max(sizes, initial=0.0, where=np.isfinite(sizes)))


def _living(one: Run, y: str, bound: float) -> NDArray[np.float64]:
    """The values, (runs, recorded steps), NaN from where the first of the runs is lost on."""
    values = one[y]
    if "diverged" not in one.outcomes:
        return values
    ends = [end for name, end in zip(one.outcomes, one.outcome_steps, strict=True) if name == "diverged"]
    is_lost = (one.steps >= min(end or 0 for end in ends)) | (~(np.abs(values) <= bound)).any(0)
    return np.where(np.logical_or.accumulate(is_lost), np.nan, values)


def _curve(
    one: Run,
    values: NDArray[np.float64],
    x: str,
    band: str | None,
    ax: Axes,
    is_log: bool,
    line: dict[str, Any],
) -> None:
    along = one.steps if x == "step" else one[x].mean(0)
    is_log = is_log and not (values <= 0).any()
    scaled = np.log(values) if is_log else values

    def back(level: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.exp(level) if is_log else level

    (drawn,) = ax.plot(along, back(scaled.mean(0)), **line)
    colour = drawn.get_color()
    if band == "runs":
        ax.plot(along, values.T, color=colour, alpha=0.3, linewidth=0.6)
    elif band is not None and one.runs > 1:
        low, high = _range(scaled, band)
        ax.fill_between(along, back(low), back(high), color=colour, alpha=0.2, linewidth=0)


def _range(
    values: NDArray[np.float64], band: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if band == "quantiles":
        low, high = np.quantile(values, [0.1, 0.9], axis=0)
        return low, high
    mean, width = values.mean(0), values.std(0, ddof=1)
    if band == "sem":
        width = width / np.sqrt(len(values))
    return mean - width, mean + width


def panels(
    found: Sweep,
    y: str = "alignment",
    *,
    panel: str = "activation",
    axes: Any = None,
    **options: Any,
) -> NDArray[Any]:
    """One panel for each value of a key, with the curves of the other keys in each.

    ``panel`` is a leaf key or ``"case"``; ``axes`` an array of as many Axes; ``options`` those
    of :func:`curves`. Returns the array of Axes.
    """
    groups: dict[Any, list[Run]] = {}
    for one in found:
        value = one.case if panel == "case" else getattr(one.config, panel)
        groups.setdefault(value, []).append(one)
    if axes is None:
        pyplot = need("matplotlib.pyplot", "falign.plot")
        size = (3.6 * len(groups), 3.2)
        _, axes = pyplot.subplots(
            1, len(groups), figsize=size, sharey=True, squeeze=False, layout="constrained"
        )
    flat: NDArray[Any] = np.asarray(axes).ravel()
    if len(flat) != len(groups):
        raise ConfigError(f"axes = {len(flat)}: expected {len(groups)}, one for each {panel}")
    for ax, (value, settings) in zip(flat, groups.items(), strict=True):
        for one in settings:
            others = {key: text for key, text in one.axes.items() if key != panel}
            text = ", ".join(f"{key} = {text}" for key, text in others.items())
            curves(one, y, ax=ax, label=text, **options)
        ax.set_title(str(value))
    for ax in flat[1:]:
        ax.set_ylabel("")
    return flat


def figure(found: Run | Sweep, *, axes: Any = None) -> NDArray[Any]:
    """The picture that a config's ``figure`` asks for, from the points that ``falign plot`` draws.

    ``figure(Sweep.load("runs/figure3"))`` is Figure 3 of Song, Xu and Lafferty (NeurIPS 2021), and
    so with every built-in experiment. ``axes`` is an array of as many Axes as there are panels.

    Raises ``ConfigError`` where the config asks for no picture, or for settings that are not there.
    """
    spec = found.config.figure
    if spec is None:
        raise ConfigError("figure = None: this config asks for no picture; see curves and panels")
    return _draw(_settings(found), spec, axes)


def figure2(found: Run | Sweep, *, axes: Any = None) -> NDArray[Any]:
    """Figure 2 of Song, Xu and Lafferty (NeurIPS 2021) of one's own settings.

    Above, alignment after the last step against width (against the step where there is one width);
    below, loss against the step at the largest width, on a log axis. One column for each
    activation, one colour for each ridge, one line style for each rule; means over runs with
    standard deviations, geometric for the loss.
    """
    widths = {one.config.width for one in _settings(found)}
    above = {"x": "step", "y": "alignment"}
    if len(widths) > 1:
        above.update(x="width", x_scale="log", style="points")
    below = {"x": "step", "y": "loss", "y_scale": "log", "where": {"width": max(widths)}}
    return _paper(found, "activation", [above, below], axes)


def figure3(found: Run | Sweep, *, axes: Any = None) -> NDArray[Any]:
    """Figure 3 of Song, Xu and Lafferty (NeurIPS 2021) of one's own settings, with classes.

    Above, alignment against the epoch; below, test accuracy. One column for each case (for each
    activation where there are no cases), one colour for each ridge, one line style for each rule.
    """
    column = "case" if isinstance(found, Sweep) and found.cases else "activation"
    rows = [{"x": "epoch", "y": "alignment"}, {"x": "epoch", "y": "test_accuracy"}]
    return _paper(found, column, rows, axes)


def _paper(
    found: Run | Sweep, column: str, rows: Sequence[dict[str, Any]], axes: Any
) -> NDArray[Any]:
    """One row of panels for each of ``rows``, one column for each value of a key."""
    settings = _settings(found)
    values = dict.fromkeys(one.case if column == "case" else getattr(one.config, column) for one in settings)
    panels = [
        {
            "series": "ridge",
            "dash": "rule",
            **row,
            "title": str(value),
            "where": {**row.get("where", {}), column: value},
        }
        for row in rows
        for value in values
    ]
    return _draw(settings, {"columns": len(values), "panel": panels}, axes)


def _draw(settings: Sequence[Run], spec: Mapping[str, Any], axes: Any) -> NDArray[Any]:
    """All panels of a figure, on ``axes`` where they are given."""
    need("matplotlib.pyplot", "falign.plot")
    from falign import _redraw

    described, points = _core.figure(dict(spec), [_finished(one) for one in settings if one.runs])
    asked = json.loads(described)
    flat = None if axes is None else list(np.asarray(axes).ravel())
    count = len(asked["panels"])
    if flat is not None and len(flat) != count:
        raise ConfigError(f"axes = {len(flat)}: expected {count}, one for each panel")
    drawn = _redraw.draw(asked, _redraw.read(points.splitlines()), flat)
    return np.array(drawn, dtype=object)


def _finished(one: Run) -> Any:
    """A setting as the library wants it: keys, data, labels, finished runs."""
    return one.config._flat(), one._fitted(one._first()), one.case, list(one.axes.items()), [tuple(r) for r in one._records]


def _settings(found: Run | Sweep | Sequence[Run]) -> list[Run]:
    return [found] if isinstance(found, Run) else list(found)


def kernel(matrix: ArrayLike, *, ax: Axes | None = None, **image: Any) -> Axes:
    """A kernel, (samples, samples), as an image whose colours are symmetric around zero."""
    ax = _axes(ax)
    matrix = np.asarray(matrix)
    limit = float(np.abs(matrix).max())
    options = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit, **image}
    drawn = ax.imshow(matrix, **options)
    if ax.figure is not None:
        ax.figure.colorbar(drawn, ax=ax)
    ax.set_xlabel("sample")
    ax.set_ylabel("sample")
    return ax


def receptive_fields(
    found: Run,
    *,
    run: int = 0,
    which: str = "final",
    most: int = 32,
    axes: Any = None,
    **image: Any,
) -> NDArray[Any]:
    """The first layer's weights as images, positive ones red, each scaled by its largest.

    Of a convolution an image is a kernel over one channel below, of a local layer that of the place
    in the middle, of a dense layer the weights of a unit from one channel of the sample.

    Parameters
    ----------
    found : Run
        With weights (``save_weights``).
    run : int
        Which run.
    which : str
        ``"final"`` or ``"initial"``.
    most : int
        Images at most, the first ones.
    axes : array of Axes, optional
        One for each image; a new figure by default.
    **image
        Of ``imshow``.

    Returns
    -------
    ndarray
        The Axes.

    Raises
    ------
    ConfigError
        If ``which`` is neither of the two.
    FalignError
        If there are no such weights, or the numbers of a sample are no image.
    """
    if which not in ("initial", "final"):
        raise ConfigError(f"which = {which!r}: expected 'initial' or 'final'")
    one = found._all[run := found._number(run)]
    weights = None if one is None else one.weights[which == "final"]
    if weights is None:
        raise FalignError(f'receptive_fields: no {which} weights of run {run}; train with save_weights="both"')
    images = _images(found, np.asarray(weights.get("hidden_weights", weights.get("layers.0.weight"))))[:most]
    if axes is None:
        pyplot = need("matplotlib.pyplot", "falign.plot")
        across = min(len(images), 8)
        down = -(-len(images) // across)
        axes = pyplot.subplots(down, across, squeeze=False, layout="constrained")[1]
    drawn: NDArray[Any] = np.asarray(axes)
    for ax in drawn.flat:
        ax.set_axis_off()
    for ax, weight in zip(drawn.flat, images, strict=False):
        limit = float(np.abs(weight).max()) or 1.0
        ax.imshow(weight, **{"cmap": "RdBu_r", "vmin": -limit, "vmax": limit, **image})
    return drawn


def _images(found: Run, weights: NDArray[Any]) -> NDArray[Any]:
    """Images, (images, rows, columns), of a first layer's weights."""
    sample = sample_shape(found)
    if weights.ndim == 2:
        if len(sample) == 1:
            side = math.isqrt(weights.shape[1])
            if side * side != weights.shape[1]:
                raise FalignError(
                    f"receptive_fields: {weights.shape[1]} numbers are no square image; "
                    "give input=(channels, height, width)"
                )
            sample = (1, side, side)
        rows, columns = sample[1:] if len(sample) == 3 else (1, sample[1])
        return weights.reshape(-1, rows, columns)
    sides = len(sample) - 1
    if weights.ndim == 2 + 2 * sides:
        # Of a local layer (out, in, places, kernel).
        weights = weights[(slice(None), slice(None), *(n // 2 for n in weights.shape[2 : 2 + sides]))]
    rows, columns = weights.shape[2:] if sides == 2 else (1, weights.shape[2])
    return weights.reshape(-1, rows, columns)


def predictions(
    found: Run,
    X: ArrayLike,
    y: ArrayLike,
    *,
    run: int = 0,
    output: int = 0,
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """What a network says over what is so: against the one input where there is one, the targets
    otherwise. Needs final weights (``save_weights="final"``)."""
    ax = _axes(ax)
    X, y = np.asarray(X), np.asarray(y)
    said = found.predict(X, run=run)[:, output]
    truth = y.reshape(len(y), -1)[:, output]
    if X.shape[1] == 1:
        order = np.argsort(X[:, 0])
        ax.plot(X[:, 0], truth, **{"ls": "", "marker": "o", "ms": 3, "label": "targets", **points})
        ax.plot(X[order, 0], said[order], color="C1", label="network")
        ax.set_xlabel("input")
        ax.set_ylabel("output")
        ax.legend()
        return ax
    ax.plot(truth, said, **{"ls": "", "marker": "o", "ms": 3, **points})
    ends = [min(truth.min(), said.min()), max(truth.max(), said.max())]
    ax.plot(ends, ends, color="0.7", linewidth=0.8, zorder=0)
    ax.set_xlabel("target")
    ax.set_ylabel("output")
    return ax
