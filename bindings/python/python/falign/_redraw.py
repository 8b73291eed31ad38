"""Draws a figure with matplotlib from its points.

In a run folder this is ``figure.py``, and says below what to draw: ``python figure.py`` reads
``figure.csv`` beside it and writes ``figure-matplotlib.pdf``. In the package it is what
``falign.plot.figure`` draws with.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.colors import LogNorm, Normalize

# Title, panels to a row, looks of lines, panels. Looks are lists of lines, of which panels share one.
FIGURE: dict[str, Any] = {}

Rows = Sequence[Mapping[str, str]]

# More places than this across get round ticks instead of a tick each.
FEW = 8


def read(lines: Iterable[str]) -> Rows:
    """Points, as rows of their CSV."""
    return list(csv.DictReader(lines))


def draw(figure: Mapping[str, Any], rows: Rows, axes: Sequence[Any] | None = None) -> list[Any]:
    """The Axes of all panels: ``axes``, one for each, or those of a new figure."""
    panels = figure["panels"]
    grid = list(axes) if axes is not None else _grid(len(panels), figure["columns"])
    for ax, panel in zip(grid, panels):
        mine = [row for row in rows if row["panel"] == panel["letter"]]
        ax.set(xlabel=panel["x"], ylabel=panel["y"], title=panel["title"])
        if len(panels) > 1:
            ax.set_title(panel["letter"], loc="left", fontweight="bold")
        if panel["style"] == "map":
            _map(ax, panel, mine)
        else:
            _lines(ax, panel, figure["looks"][panel["looks"]], mine)
    _legends(grid, panels, is_own=axes is None)
    if axes is None and figure["title"]:
        grid[0].figure.suptitle(figure["title"])
    return grid


def _grid(count: int, columns: int) -> list[Any]:
    rows = -(-count // columns)
    size = (2.6 * columns, 2.3 * rows + 0.4)
    made = plt.subplots(rows, columns, squeeze=False, layout="constrained", figsize=size)[1]
    for ax in made.flat[count:]:
        ax.remove()
    return list(made.flat[:count])


def _number(cell: str) -> float:
    return float(cell) if cell else float("nan")


def _lines(ax: Any, panel: Mapping[str, Any], looks: Sequence[Any], rows: Rows) -> None:
    ax.set(xscale=panel["x_scale"], yscale=panel["y_scale"], ylim=panel["y_range"])
    places: set[float] = set()
    anchor: tuple[float, float] | None = None
    for ends in panel["x_range"]:
        ax.set_xlim(ends)
    dotted: dict[str, Any] = {"color": "#6e6e6e", "linestyle": ":", "linewidth": 0.9}
    for height in panel["reference"]:
        ax.axhline(height, **dotted)
    for look in looks:
        mine = [row for row in rows if (row["series"], row["dash"]) == (look["series"], look["dash"])]
        if not mine:
            continue
        x, y, low, high = ([_number(row[cell]) for row in mine] for cell in ("x", "center", "low", "high"))
        style = (0, tuple(look["dashes"])) if look["dashes"] else "-"
        is_points = panel["style"] == "points" and look["dash"] != "theory"
        more: dict[str, Any] = {"marker": "o", "ms": 3, "linewidth": 0.8} if is_points else {}
        ax.plot(x, y, color=look["colour"], linestyle=style, label=look["label"] or None, **more)
        spread = [ends for ends in zip(x, low, high) if ends[1] == ends[1]]
        if is_points and spread:
            ax.vlines(*zip(*spread), color=look["colour"], linewidth=1)
        elif spread:
            ax.fill_between(x, low, high, color=look["colour"], alpha=0.2, linewidth=0)
        places.update(x)
        anchor = anchor or next((at for at in zip(x, y) if at[0] > 0 and at[1] == at[1]), None)
    for slope in panel["slope"]:
        if anchor is not None:
            low, high = (max(end, anchor[0] * 1e-9) for end in ax.get_xlim())
            along = [low * (high / low) ** (part / 60) for part in range(61)]
            ax.plot(along, [anchor[1] * (x / anchor[0]) ** slope for x in along], **dotted)
            ax.set_xlim(low, high)
    if panel["style"] == "points" and len(places) <= FEW:
        ticks = sorted(places)
        # More labels than this would overprint.
        every = -(-len(ticks) // 4)
        ax.set_xticks(ticks, ["" if place % every else f"{x:g}" for place, x in enumerate(ticks)])
        ax.set_xticks([], minor=True)
    if all(not row["center"] for row in rows):
        # An empty frame looks like a picture that failed.
        ax.text(0.5, 0.5, "no points", transform=ax.transAxes, ha="center", va="center")


def _map(ax: Any, panel: Mapping[str, Any], rows: Rows) -> None:
    """A cell for each pair of values, with its number, and below it that of theory."""
    across, up = (list(dict.fromkeys(row[key] for row in rows)) for key in ("x", "series"))
    cells = [[float("nan")] * len(across) for _ in up]
    words: dict[tuple[int, int], list[str]] = {}
    for row in rows:
        at = up.index(row["series"]), across.index(row["x"])
        if row["dash"] != "theory":
            cells[at[0]][at[1]] = _number(row["center"])
        words.setdefault(at, []).append(f"{float(row['center']):.2g}" if row["center"] else "")
    norm = {"linear": Normalize, "log": LogNorm}[panel["y_scale"]](*panel["y_range"])
    image = ax.imshow(cells, origin="lower", aspect="auto", norm=norm)
    for (line, column), text in words.items():
        ax.text(column, line, "\n".join(text), ha="center", va="center", fontsize="small")
    ax.set_xticks(range(len(across)), across)
    ax.set_yticks(range(len(up)), up)
    ax.figure.colorbar(image, ax=ax, label=panel["value"])


def _legends(grid: Sequence[Any], panels: Sequence[Mapping[str, Any]], is_own: bool) -> None:
    """One legend for all panels where these share their looks, else one in each that adds some."""
    if is_own and len(panels) > 1 and len({panel["looks"] for panel in panels}) == 1:
        handles = {
            label: handle
            for ax in grid
            for handle, label in zip(*ax.get_legend_handles_labels())
        }
        if len(handles) > 1:
            # Above the panels a legend would lie on the figure's title.
            place = "outside lower center"
            grid[0].figure.legend(handles.values(), handles.keys(), loc=place, ncols=4)
        return
    explained: set[tuple[str, Any, Any]] = set()
    for ax in grid:
        handles, labels = ax.get_legend_handles_labels()
        entries = {
            (label, line.get_color(), line.get_linestyle()) for line, label in zip(handles, labels)
        }
        if len(entries) > 1 and not entries <= explained:
            ax.legend(fontsize="small")
        explained |= entries


def main() -> None:
    """Redraw the figure of the folder where this file lies."""
    here = Path(__file__)
    with open(here.with_suffix(".csv"), newline="", encoding="utf-8") as file:
        drawn = draw(FIGURE, read(file))
    drawn[0].figure.savefig(here.with_name(f"{here.stem}-matplotlib.pdf"))


if __name__ == "__main__":
    main()
