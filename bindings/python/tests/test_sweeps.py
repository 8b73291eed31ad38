"""Sweeps as sequences and as grids, and what is made of several."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Arrays

import falign as fa


@pytest.fixture
def found(config: fa.Config, arrays: Arrays) -> fa.Sweep:
    """A grid of two widths and three ridges."""
    config = config.replace(steps=5, runs=2)
    return fa.sweep(config, *arrays, over={"width": range(10, 30, 10), "ridge": (r / 10 for r in range(3))})


def test_grids_are_indexed_like_arrays(found: fa.Sweep) -> None:
    assert found.shape == (2, 3)
    assert found[1, 2] is found[5] and found[-1, 0] is found[3]
    row = found[1]
    assert isinstance(row, fa.Run)
    part = found[:, 1:]
    assert isinstance(part, fa.Sweep)
    assert part.axes == {"width": [10, 20], "ridge": [0.1, 0.2]}
    assert part.loss.tobytes() == found.loss[:, 1:].tobytes()
    assert found[1, :].shape == (1, 3) and len(found[2:4]) == 2
    with pytest.raises(IndexError, match=r"3 indices: the grid has 2 axes, of lengths \(2, 3\)"):
        found[0, 0, 0]


def test_settings_are_chosen_by_their_values(found: fa.Sweep) -> None:
    assert found.sel(width=20, ridge=0.1) is found[1, 1]
    of_width = found.sel(width=10)
    assert of_width.axes == {"width": [10], "ridge": [0.0, 0.1, 0.2]}
    assert len(found.sel(ridge=[0, 0.2])) == 4
    with pytest.raises(KeyError, match="'rule' is not swept; width, ridge is"):
        found.sel(rule="feedback_alignment")
    with pytest.raises(KeyError, match="width = 30: no setting has it; there are"):
        found.sel(width=30)
    cases = fa.sweep(fa.Config(width=9, steps=2, runs=1, cases=[{"name": "a"}, {"name": "b", "width": 8}]))
    assert cases.sel(case="b") is cases[1]


def test_runs_are_put_together(config: fa.Config, arrays: Arrays, found: fa.Sweep) -> None:
    more = fa.train(config.replace(steps=5, runs=2, width=30, ridge=0.1), *arrays)
    both = fa.concat([found, more])
    assert len(both) == 7 and both[6].loss.tobytes() == more.loss.tobytes()
    assert both.axes == {"width": [10, 20, 30], "ridge": [0.0, 0.1, 0.2]}
    assert both.shape == (7,)
    table = both.to_pandas()
    assert set(table["width"]) == {10, 20, 30}
    grown = fa.concat([more, fa.train(config.replace(steps=5, runs=2, width=30, activation="relu"), *arrays)])
    assert grown.axes["activation"] == ["tanh", "relu"]
    assert more.axes == {}, "what was given is as it was"
    with pytest.raises(ValueError, match="parts is empty"):
        fa.concat([])


def test_names_complete_themselves(found: fa.Sweep) -> None:
    assert {"loss", "alignment", "sel"} <= set(dir(found))
    assert {"plot", "sklearn", "interop", "train", "concat"} <= set(dir(fa))
    assert not {"annotations", "importlib", "Any"} & set(dir(fa))
    with pytest.raises(TypeError, match="Config has no key `widht`; did you mean `width`?"):
        fa.Config(widht=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="did you mean `ridge`?"):
        fa.Config().replace(rigde=3)
    assert np.isfinite(found.loss).all()


def test_notebooks_show_small_tables(config: fa.Config, arrays: Arrays, found: fa.Sweep) -> None:
    from html.parser import HTMLParser

    class Balanced(HTMLParser):
        """Counts cells, and closes what it opens."""

        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.cells = 0

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.open.append(tag)
            self.cells += tag == "td"

        def handle_startendtag(self, tag: str, attrs: object) -> None:
            assert tag == "polyline"

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    one = fa.train(config.replace(steps=4, quantities=["loss", "alignment"]), *arrays)
    theory = fa.theory(config, *arrays)
    for shown, cells in ((one, 2 * 4), (found, 6 * (3 + 2 * 4)), (theory, 0), (theory[0], 0)):
        page = Balanced()
        page.feed(shown._repr_html_())
        assert not page.open and page.cells == cells
    text = one._repr_html_()
    assert text.count("<svg") == 2 and f"{one.loss[:, -1].mean():.4g}" in text
    cases = fa.sweep(fa.Config(width=9, steps=2, runs=1, cases=[{"name": "a"}, {"name": "b", "ridge": 0.1}]))
    cases[0].case = "<b>"
    assert "&lt;b&gt;" in cases._repr_html_()
