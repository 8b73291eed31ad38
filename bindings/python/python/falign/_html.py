"""Small tables for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from falign.results import Run
    from falign.sweeps import Sweep

# A sparkline, in pixels.
_WIDTH, _HEIGHT = 120, 20
# Settings and quantities that are shown.
_ROWS, _COLUMNS = 20, 4


def of_run(run: Run) -> str:
    """A row for each quantity: first and last mean, standard deviation, and its course."""
    rows = []
    for name in run.quantities:
        values = run[name]
        if not values.size:
            continue
        mean = values.mean(0)
        rows.append([escape(name), _number(mean[0]), _last(values), _spark(mean)])
    head = ["", "first", "last", "mean over runs"]
    return _page(run.__repr__(), head, rows)


def of_sweep(sweep: Sweep) -> str:
    """A row for each setting: its values, and the course of the first quantities."""
    axes = list(sweep.axes)
    names = list(dict.fromkeys(name for one in sweep for name in one.quantities))[:_COLUMNS]
    head = [*(["case"] if sweep.cases else []), *axes, "outcomes"]
    for name in names:
        head += [name, ""]
    rows = []
    for one in list(sweep)[:_ROWS]:
        row = [escape(one.case)] if sweep.cases else []
        row += [escape(str(one.axes.get(key, ""))) for key in axes]
        row.append(escape(_outcomes(one.outcomes)))
        for name in names:
            values = one.values.get(name)
            if values is None or not values.size:
                row += ["", ""]
            else:
                row += [_last(values), _spark(values.mean(0))]
        rows.append(row)
    more = f"<p>... and {len(sweep) - _ROWS} settings more</p>" if len(sweep) > _ROWS else ""
    return _page(sweep.__repr__(), head, rows) + more


def of_text(text: str) -> str:
    """A page of fixed columns."""
    return f"<pre>{escape(text)}</pre>"


def _outcomes(outcomes: Sequence[str]) -> str:
    return ", ".join(f"{outcomes.count(name)} {name}" for name in dict.fromkeys(outcomes))


def _page(title: str, head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    top = "".join(f"<th scope='col'>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f"<table><caption>{escape(title)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    )


def _number(value: Any) -> str:
    return "" if not np.isfinite(value) else f"{value:.4g}"


def _last(values: NDArray[np.float64]) -> str:
    """Mean and standard deviation over runs of the last record."""
    last = values[:, -1]
    if not np.isfinite(last).all():
        return _number(np.mean(last))
    spread = f" ± {np.std(last, ddof=1):.2g}" if len(last) > 1 else ""
    return _number(last.mean()) + spread


def _spark(mean: NDArray[np.float64]) -> str:
    """A curve without axes, of what is finite."""
    places = np.flatnonzero(np.isfinite(mean))
    if len(places) < 2:
        return ""
    values = mean[places]
    low, high = values.min(), values.max()
    x = 1 + places / max(len(mean) - 1, 1) * (_WIDTH - 2)
    y = _HEIGHT / 2 + 0 * values
    if high > low:
        y = _HEIGHT - 1 - (values - low) / (high - low) * (_HEIGHT - 2)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    said = f"from {low:.3g} to {high:.3g}"
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="{said}">'
        f'<polyline points="{points}" fill="none" stroke="currentColor"/></svg>'
    )
