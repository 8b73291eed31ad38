"""Figures as experiments ask for them: the ``[figure]`` of a config, drawn from its runs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from falign._extras import need
from falign.errors import ConfigError
from falign.results import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
Panel = Mapping[str, Any]

# Solid lines are for the rule under study: backpropagation, the yardstick, comes last.
_YARDSTICK = "backpropagation"
_DASHES = ("-", "--", ":", "-.")


class Line(NamedTuple):
    """Points of one colour and line style."""

    x: Floats
    middle: Floats
    low: Floats
    high: Floats


def draw(settings: Sequence[Run], spec: Mapping[str, Any], axes: Any) -> NDArray[Any]:
    """All panels of a figure, on ``axes`` where they are given."""
    panels: Sequence[Panel] = spec.get("panel", ())
    columns = int(spec.get("columns", 3))
    grid = _grid(axes, len(panels), columns)
    first: dict[Any, Axes] = {}
    for at, (ax, panel) in enumerate(zip(grid, panels, strict=True)):
        if not spec.get("own_y_ranges") and panel.get("style") != "map":
            # Panels of a row that show one quantity share their range, so that heights compare.
            shared = first.setdefault((at // columns, panel["y"]), ax)
            if shared is not ax:
                ax.sharey(shared)
        _draw_panel(ax, panel, settings)
    if spec.get("title") and axes is None and len(grid):
        grid[0].figure.suptitle(spec["title"])
    return grid


def _grid(axes: Any, count: int, columns: int) -> NDArray[Any]:
    if axes is not None:
        flat: NDArray[Any] = np.asarray(axes).ravel()
        if len(flat) != count:
            raise ConfigError(f"axes = {len(flat)}: expected {count}, one for each panel")
        return flat
    pyplot = need("matplotlib.pyplot", "falign.plot")
    columns = max(1, min(columns, count))
    rows = max(1, -(-count // columns))
    size = (3.2 * columns, 2.8 * rows)
    made = pyplot.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")[1]
    flat = np.asarray(made).ravel()
    for ax in flat[count:]:
        ax.remove()
    return flat[:count]


def _draw_panel(ax: Axes, panel: Panel, settings: Sequence[Run]) -> None:
    shown = _chosen(settings, panel.get("where", {}))
    ax.set_title(panel.get("title", ""))
    if panel.get("style") == "map":
        _draw_map(ax, panel, shown)
        return
    ax.set_xscale(panel.get("x_scale", "linear"))
    ax.set_yscale(panel.get("y_scale", "linear"))
    series, dashes = _values(shown, panel.get("series")), _values(shown, panel.get("dash"))
    dashes.sort(key=lambda text: text == _YARDSTICK)
    for (at, colour), (style, dash) in itertools.product(enumerate(series), enumerate(dashes)):
        group = [
            one
            for one in shown
            if _text(one, panel.get("series")) == colour and _text(one, panel.get("dash")) == dash
        ]
        if not group:
            continue
        names = (
            _entry(panel.get("series"), colour) if len(series) > 1 else "",
            _entry(panel.get("dash"), dash) if len(dashes) > 1 else "",
        )
        look = {"color": f"C{at % 10}", "linestyle": _DASHES[style % len(_DASHES)]}
        _draw_line(ax, panel, _line(panel, panel["y"], group), look, ", ".join(filter(None, names)))
        if prediction := panel.get("prediction"):
            theory = _line(panel, prediction, group)
            ax.plot(theory.x, theory.middle, color=look["color"], linestyle="--", linewidth=1)
    if not any(np.isfinite(line.get_ydata()).any() for line in ax.get_lines()):
        # An empty frame looks like a picture that failed.
        ax.text(0.5, 0.5, "no points", transform=ax.transAxes, ha="center", va="center")
    if "y_min" in panel or "y_max" in panel:
        ax.set_ylim(panel.get("y_min"), panel.get("y_max"))
    ax.set_xlabel(panel.get("x_label") or panel["x"].replace("_", " "))
    ax.set_ylabel(panel.get("y_label") or panel["y"].replace("_", " "))
    if ax.get_legend_handles_labels()[1]:
        ax.legend(fontsize="small")


def _draw_line(ax: Axes, panel: Panel, line: Line, look: Mapping[str, Any], label: str) -> None:
    is_points = panel.get("style", "curve") == "points"
    more: dict[str, Any] = {"marker": "o", "markersize": 3, "linewidth": 0.8} if is_points else {}
    ax.plot(line.x, line.middle, label=label or None, **look, **more)
    if is_points:
        ax.vlines(line.x, line.low, line.high, color=look["color"], linewidth=1)
        if len(line.x) <= 8:
            ax.set_xticks(line.x, [f"{x:g}" for x in line.x])
            ax.set_xticks([], minor=True)
    else:
        ax.fill_between(
            line.x, line.low, line.high, color=look["color"], alpha=0.2, linewidth=0
        )


def _draw_map(ax: Axes, panel: Panel, shown: Sequence[Run]) -> None:
    """A cell for each pair of values of ``x`` (across) and ``series`` (up), with its number."""
    across, up = (_sorted(_values(shown, panel[key])) for key in ("x", "series"))
    cells = np.full((len(up), len(across)), np.nan)
    words = {}
    for one in shown:
        row, column = up.index(_text(one, panel["series"])), across.index(_text(one, panel["x"]))
        if (row, column) in words:
            raise ConfigError(f"figure.panel: two settings in one cell of {panel['y']}")
        at = _rows(one, panel.get("where", {}).get("step"), is_place=False)
        names = filter(None, (panel["y"], panel.get("prediction")))
        numbers = [float(_band(one[name][:, at], panel, log=False)[0][0]) for name in names]
        cells[row, column] = numbers[0]
        words[row, column] = "\n".join(f"{x:.2g}" for x in numbers)
    limits: dict[str, Any] = {"vmin": panel.get("y_min"), "vmax": panel.get("y_max")}
    drawn = ax.imshow(cells, origin="lower", aspect="auto", **limits)
    for (row, column), text in words.items():
        ax.text(column, row, text, ha="center", va="center", fontsize="small")
    ax.set_xticks(range(len(across)), across)
    ax.set_yticks(range(len(up)), up)
    ax.set_xlabel(panel.get("x_label") or panel["x"].replace("_", " "))
    ax.set_ylabel(panel.get("y_label") or panel["series"].replace("_", " "))
    if ax.figure is not None:
        ax.figure.colorbar(drawn, ax=ax, label=panel["y"].replace("_", " "))


def _sorted(texts: Sequence[str]) -> list[str]:
    """Numbers by size; all else as it comes."""
    try:
        return sorted(texts, key=float)
    except ValueError:
        return list(texts)


def _chosen(settings: Sequence[Run], where: Mapping[str, Any]) -> list[Run]:
    """The settings that a panel shows; its ``step`` chooses among rows, not among settings."""
    shown = list(settings)
    for key, wanted in where.items():
        if key == "step":
            continue
        values = wanted if isinstance(wanted, (list, tuple)) else [wanted]
        texts = {_plain(value) for value in values}
        left = [one for one in shown if _text(one, key) in texts]
        if not left:
            there = ", ".join(_values(shown, key))
            raise ConfigError(f"where.{key} = {wanted!r}: no setting has it; there are {there}")
        shown = left
    return shown


def _line(panel: Panel, quantity: str, group: Sequence[Run]) -> Line:
    """One line through one setting's rows, or through one row of each setting."""
    x, log = panel["x"], panel.get("y_scale", "linear") == "log"
    is_place = x == "step" or all(x in one.quantities for one in group)
    parts = []
    for one in group:
        rows = _rows(one, panel.get("where", {}).get("step"), is_place)
        along = one.steps if x == "step" else one[x].mean(0) if is_place else None
        at = float(getattr(one.config, x)) if along is None else along[rows]
        band = _band(one[quantity][:, rows], panel, log)
        parts.append((np.broadcast_to(np.asarray(at, float), band[0].shape), *band))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    places = columns[0][order]
    if (np.diff(places) == 0).any():
        raise ConfigError(
            f"figure.panel: two settings would be one point of {quantity} at the same {x}; "
            "choose one under `where`, or make what differs `series` or `dash`"
        )
    return Line(*(column[order] for column in columns))


def _rows(one: Run, step: Any, is_place: bool) -> Any:
    if step == "last" or (step is None and not is_place):
        return slice(-1, None)
    return slice(None) if step is None else one.steps == step


def _band(values: Floats, panel: Panel, log: bool) -> tuple[Floats, Floats, Floats]:
    """Middle, low and high over runs: geometric on a log axis."""
    center, spread = panel.get("center", "auto"), panel.get("spread", "std")
    is_geometric = center == "auto" and log
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.log10(values) if is_geometric else values
    middle = np.median(known, 0) if center == "median" else known.mean(0)
    low, high = middle, middle
    if spread == "quantiles":
        low, high = np.quantile(known, [0.1, 0.9], axis=0)
    elif spread != "none" and len(known) > 1:
        width = known.std(0, ddof=1) / (np.sqrt(len(known)) if spread == "sem" else 1.0)
        low, high = middle - width, middle + width
    if is_geometric:
        return 10**middle, 10**low, 10**high
    return middle, low, high


def _plain(value: Any) -> str:
    """A value as tables show it: 3200 and 3200.0 are one."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{float(value):.12g}"
    return str(value)


def _text(one: Run, key: str | None) -> str:
    if key is None:
        return ""
    if key == "case":
        return one.case
    if key in one.axes and not isinstance(getattr(one.config, key), (int, float)):
        return one.axes[key]
    return _plain(getattr(one.config, key))


def _values(settings: Sequence[Run], key: str | None) -> list[str]:
    return list(dict.fromkeys(_text(one, key) for one in settings))


def _entry(key: str | None, text: str) -> str:
    """A legend's words."""
    if key is None:
        return ""
    return text.replace("_", " ") if key in ("rule", "activation", "case") else f"{key} {text}"
