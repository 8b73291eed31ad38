"""Tables and figures of runs."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from conftest import Arrays

import falign as fa
from falign.errors import ConfigError, FalignError

mpl.use("Agg")


@pytest.fixture
def found(config: fa.Config, arrays: Arrays) -> fa.Sweep:
    over = {"activation": ["tanh", "relu"], "ridge": [0, 0.5]}
    return fa.sweep(config, *arrays, over=over)


def test_pandas_has_a_row_for_each_run_and_step(found: fa.Sweep) -> None:
    frame = found.to_pandas()
    assert len(frame) == 4 * 3 * 41
    assert list(frame.columns[:4]) == ["activation", "ridge", "run", "step"]
    one = frame.query("activation == 'relu' and ridge == 0.5 and run == 2")
    assert one["loss"].to_numpy().tobytes() == found[3].loss[2].tobytes()


def test_xarray_has_the_grid(found: fa.Sweep) -> None:
    data = found.to_xarray()
    assert data.sizes == {"activation": 2, "ridge": 2, "run": 3, "step": 41}
    one = data["loss"].sel(activation="relu", ridge=0.5)
    assert (one.to_numpy() == found[3].loss).all()
    assert fa.Config.from_toml(data.attrs["config"]) == found.config
    alone = found[0].to_xarray()
    assert alone["alignment"].dims == ("run", "step")
    for one in (data, alone):
        assert one["alignment"].attrs["units"] == "cosine"
        assert one["loss"].attrs["long_name"].startswith("1/2 sum of e^2")


def test_runs_of_different_lengths_end_side_by_side(config: fa.Config) -> None:
    config = config.replace(dataset="per_run", step_size="auto", steps={"tau": 3.0})
    config = config.replace(record={"every": 7})
    run = fa.train(config)
    ends = np.ceil(3 * np.sqrt(20) / run.resolved["step_size"])
    assert len(set(ends)) > 1
    assert run.run_steps[:, -1].tolist() == ends.tolist()
    assert run.to_pandas().groupby("run")["step"].max().tolist() == ends.tolist()
    alone = run.to_xarray()
    assert alone["loss"].dims == ("run", "record")
    assert (alone["step"].to_numpy() == run.run_steps).all()
    both = fa.sweep(config, over={"width": [20, 80]}).to_xarray()
    own = both["step"].sel(width=20).to_numpy()[:, : run.rows]
    assert (own == run.run_steps).all()


def test_settings_of_different_lengths_keep_their_own_steps(config: fa.Config, arrays: Arrays) -> None:
    config = config.replace(steps={"tau": 2.0}, record={"count": 6})
    found = fa.sweep(config, *arrays, over={"width": [20, 320], "ridge": [0.1, 0.2]})
    assert found.steps.shape == (2, 2, 7)
    for at, width in enumerate((20, 320)):
        for ridge, steps in enumerate(found.steps[at]):
            assert steps.tolist() == found[2 * at + ridge].steps.tolist()
            assert steps[-1] == np.ceil(2 * np.sqrt(width) / 0.05)
    data = found.to_xarray()
    assert data["loss"].dims == ("width", "ridge", "run", "record")
    assert (data["step"].sel(width=320, ridge=0.2) == found[3].steps).all()
    shorter = fa.sweep(config.replace(steps=6, record={"every": 1}), *arrays, over={"width": [20, 40]})
    assert shorter.steps.tolist() == list(range(7))
    assert shorter.to_xarray()["loss"].dims == ("width", "run", "step")


def test_curves_end_where_runs_diverge(config: fa.Config, arrays: Arrays) -> None:
    config = config.replace(activation="linear", ridge=0.0)
    with pytest.warns(fa.errors.DivergenceWarning):
        both = fa.sweep(config, *arrays, over={"step_size": [0.05, 100]})
    ax = fa.plot.curves(both, "loss", log=True)
    low, high = (line.get_ydata() for line in ax.get_lines())
    assert np.isfinite(low).all() and np.isfinite(high[:1]).all() and np.isnan(high[5:]).all()
    assert np.nanmax(high) <= both[0].loss.max() < ax.get_ylim()[1] < 1e4
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["step_size = 0.05", "step_size = 100, 3 of 3 diverged"]
    alone = fa.plot.curves(both[1])
    assert alone.get_legend().get_texts()[0].get_text() == "3 of 3 diverged"
    assert alone.get_ylim()[1] < 1e5
    alone.figure.canvas.draw()


def test_bands_are_geometric_where_the_axis_is(found: fa.Sweep) -> None:
    ax = fa.plot.curves(found[0], "loss", log=True)
    logs = np.log(found[0].loss)
    assert ax.get_lines()[0].get_ydata() == pytest.approx(np.exp(logs.mean(0)))
    corners = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert corners.min() == pytest.approx(np.exp((logs.mean(0) - logs.std(0, ddof=1)).min()))
    assert (corners > 0).all()
    fa.plot.curves(found[0], "loss", ax=ax)
    assert ax.get_lines()[1].get_ydata() == pytest.approx(ax.get_lines()[0].get_ydata())


def test_parquet_is_the_table(found: fa.Sweep, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    found.to_parquet(tmp_path / "a.parquet")
    table = parquet.read_table(tmp_path / "a.parquet")
    assert (table["loss"].to_numpy() == found.to_pandas()["loss"].to_numpy()).all()


def test_a_swept_key_has_one_type(config: fa.Config, arrays: Arrays, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    for over, values in [
        ({"ridge": [0, {"gamma": 1}]}, ["0", "gamma=1"]),
        ({"ridge": [0, 0.5]}, [0.0, 0.5]),
        ({"ridge_table": [[0.1], [0.2, 0.1]]}, ["0.1", "0.2 0.1"]),
        ({"center_outputs": [True, False]}, [True, False]),
    ]:
        found = fa.sweep(config, *arrays, over=over)
        (key,) = over
        assert found.axes == {key: values}
        assert {type(value) for value in found.axes[key]} == {type(values[0])}
        found.to_parquet(tmp_path / "a.parquet")
        column = parquet.read_table(tmp_path / "a.parquet")[key]
        assert column.unique().to_pylist() == values == found.to_pandas()[key].unique().tolist()


def test_curves_draw_mean_and_band(found: fa.Sweep) -> None:
    ax = fa.plot.curves(found[0], y="alignment", band="std")
    (line,) = ax.get_lines()
    assert (line.get_ydata() == found[0].alignment.mean(0)).all()
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    mean, std = found[0].alignment.mean(0), found[0].alignment.std(0, ddof=1)
    assert band.min() == pytest.approx((mean - std).min())
    assert fa.plot.curves(found, y="loss", ax=ax) is ax
    assert "activation = relu, ridge = 0.5" in [t.get_text() for t in ax.get_legend().texts]
    for band_name in ("sem", "quantiles", "runs", None):
        fa.plot.curves(found[0], x="tau", band=band_name)
    with pytest.raises(ConfigError, match="band = 'sd'"):
        fa.plot.curves(found[0], band="sd")
    mpl.pyplot.close("all")


def test_figure_2_is_alignment_over_width_and_loss(config: fa.Config, arrays: Arrays) -> None:
    rules = ["feedback_alignment", "backpropagation"]
    over = {"activation": ["tanh", "relu"], "rule": rules, "ridge": [0, 0.5], "width": [10, 20]}
    found = fa.sweep(config.replace(quantities=["loss", "alignment"]), *arrays, over=over)
    axes = fa.plot.figure2(found)
    assert [ax.get_title() for ax in axes] == ["tanh", "relu"] * 2
    assert len(axes[0].figure.legends[0].texts) == 4
    above, below = axes[0].get_lines()[0], axes[3].get_lines()[0]
    assert above.get_xdata().tolist() == [10, 20]
    assert above.get_ydata() == pytest.approx(found.alignment[0, 0, 0, :, :, -1].mean(-1))
    loss = found.loss[1, 0, 0, 1]
    assert below.get_ydata() == pytest.approx(10 ** np.log10(loss).mean(0))
    given = mpl.pyplot.subplots(2, 2)[1]
    assert fa.plot.figure2(found, axes=given)[2] is given[1, 0]
    mpl.pyplot.close("all")


def test_a_configs_own_figure_is_drawn(config: fa.Config, arrays: Arrays) -> None:
    panel = {"x": "width", "y": "alignment", "series": "ridge", "where": {"step": "last"}}
    only = {**panel, "where": {"ridge": [0.5], "step": 20}, "spread": "none", "title": "one"}
    asked = {"columns": 2, "panel": [panel, only]}
    config = config.replace(figure=asked)
    found = fa.sweep(config, *arrays, over={"ridge": [0, 0.5], "width": [10, 20]})
    left, right = fa.plot.figure(found)
    assert [len(ax.get_lines()) for ax in (left, right)] == [2, 1]
    (line,) = right.get_lines()
    assert line.get_ydata() == pytest.approx(found.alignment[1, :, :, 20].mean(-1))
    bad = {**panel, "where": {"ridge": 7}}
    plain = {key: value for key, value in panel.items() if key != "series"}
    for change, message in [
        ({"panel": [bad]}, r"no row has ridge = 7; .* have 0, 0.5"),
        ({"panel": [plain]}, "ridge = 0 and 0.5"),
        (None, "asks for no picture"),
    ]:
        found.config = config.replace(figure=change)
        with pytest.raises(ConfigError, match=message):
            fa.plot.figure(found)
    mpl.pyplot.close("all")


def test_a_panel_without_points_says_so(config: fa.Config, arrays: Arrays) -> None:
    # A contraction needs a step before.
    panel = {"x": "step", "y": "contraction"}
    config = config.replace(steps=0, quantities=["contraction"], figure={"panel": [panel]})
    (ax,) = fa.plot.figure(fa.sweep(config, *arrays, over={"ridge": [0.1]}))
    assert [text.get_text() for text in ax.texts] == ["no points"]
    mpl.pyplot.close("all")


def test_a_map_has_a_cell_for_each_pair(config: fa.Config, arrays: Arrays) -> None:
    panel = {"x": "width", "series": "ridge", "y": "alignment", "style": "map", "y_min": 0.0}
    config = config.replace(figure={"panel": [panel]})
    found = fa.sweep(config, *arrays, over={"ridge": [0.5, 0], "width": [10, 20, 30]})
    (ax,) = fa.plot.figure(found)
    cells = np.asarray(ax.get_images()[0].get_array())
    assert cells == pytest.approx(found.alignment[::-1, :, :, -1].mean(-1))
    assert [text.get_text() for text in ax.get_yticklabels()] == ["0", "0.5"]
    assert ax.texts[0].get_text() == f"{cells[0, 0]:.2g}"
    mpl.pyplot.close("all")


def test_the_figure_of_a_built_in_experiment_is_drawn() -> None:
    # Its settings made tiny: what is drawn is the choice of rows.
    config = fa.Config.builtin("figure2").replace(steps=2, runs=1, claims=(), record={"every": 1})
    small = {**config.sweep, "width": [16, 3200]}
    found = fa.sweep(config.replace(sweep=small, samples=4, input_dim=6), progress=False)
    axes = fa.plot.figure(found)
    assert [ax.get_title() for ax in axes] == ["linear", "ReLU", "tanh"] * 2
    assert all(ax.get_lines() for ax in axes)
    mpl.pyplot.close("all")


def test_a_folder_and_python_draw_the_same_points(
    tmp_path: Path, program: Callable[..., str]
) -> None:
    panel = {"x": "step", "y": "loss", "y_scale": "log", "series": "ridge", "dash": "rule"}
    last = {"x": "width", "y": "alignment", "series": "ridge", "style": "points"}
    rules = ["feedback_alignment", "backpropagation"]
    config = fa.Config(
        name="small", samples=5, input_dim=4, step_size="auto", steps=6, runs=3,
        sweep={"ridge": [0.0, {"gamma": 2.0}], "rule": rules, "width": [6, 12]},
        figure={"panel": [{**panel, "where": {"width": 12}}, {**last, "where": {"rule": rules[0]}}]},
    )
    config.save(tmp_path / "small.toml")
    run = tmp_path / "run"
    program("run", tmp_path / "small.toml", "--out", run, "--quiet")
    with open(run / "figure.csv", newline="", encoding="utf-8") as file:
        points = [float(row["center"]) for row in csv.DictReader(file)]
    axes = fa.plot.figure(fa.Sweep.load(run))
    drawn = [y for ax in axes for line in ax.get_lines() for y in line.get_ydata()]
    # Lines are drawn in the order of the legend, points written in that of the table.
    assert sorted(drawn) == sorted(points) and len(points) == 4 * 7 + 4
    assert axes[0].get_ylabel() == "loss ½|$e$|²"
    script = [sys.executable, "-W", "error", str(run / "figure.py")]
    subprocess.run(script, check=True, env={**os.environ, "MPLBACKEND": "Agg"})
    assert (run / "figure-matplotlib.pdf").stat().st_size > 1000
    mpl.pyplot.close("all")


def test_figure_3_has_accuracies(images: fa.Labelled) -> None:
    config = fa.Config(width=8, activation="relu", batch=8, step_size=0.1, epochs=2, runs=2)
    found = fa.sweep(config, images, over={"ridge": [0, 0.1]})
    above, below = fa.plot.figure3(found)
    assert below.get_ylabel() == "test accuracy"
    assert above.get_lines()[1].get_ydata() == pytest.approx(found.alignment[1].mean(0))
    mpl.pyplot.close("all")


def test_predictions_lie_over_the_targets(config: fa.Config, arrays: Arrays) -> None:
    X, y = arrays
    run = fa.train(config.replace(save_weights="final"), X, y)
    ax = fa.plot.predictions(run, X, y)
    assert (ax.get_lines()[0].get_ydata() == run.predict(X)[:, 0]).all()
    run = fa.train(config.replace(save_weights="final"), X[:, :1], y)
    assert len(fa.plot.predictions(run, X[:, :1], y).get_lines()) == 2
    assert fa.plot.kernel(np.eye(3)).images


def test_receptive_fields_are_the_first_weights_as_images(images: fa.Labelled) -> None:
    config = fa.Config(activation="tanh", runs=1, step_size=0.05, epochs=1, batch=10, save_weights="final")

    def drawn(layers: list[Any]) -> tuple[Any, list[Any]]:
        run = fa.train(config.replace(layers=layers), images)
        axes = fa.plot.receptive_fields(run)
        found = [np.asarray(ax.images[0].get_array()) for ax in axes.flat if ax.images]
        return run.weights[0]["layers.0.weight"], found

    weight, found = drawn([fa.Conv(3, 2), fa.Conv(9, 2), fa.Dense(2)])
    assert weight.shape == (3, 1, 2, 2) and (np.array(found) == weight[:, 0]).all()
    weight, found = drawn([fa.Local(3, 2), fa.Dense(2)])
    middle = [n // 2 for n in weight.shape[2:4]]
    assert (np.array(found) == weight[:, 0, middle[0], middle[1]]).all()
    weight, found = drawn([fa.Dense(40), fa.Dense(2)])
    assert len(found) == 32 and (found[5].ravel() == weight[5]).all()
    run = fa.train(config, images)
    with pytest.raises(FalignError, match='save_weights="both"'):
        fa.plot.receptive_fields(run, which="initial")
    with pytest.raises(ConfigError, match="'initial' or 'final'"):
        fa.plot.receptive_fields(run, which="last")
    mpl.pyplot.close("all")
