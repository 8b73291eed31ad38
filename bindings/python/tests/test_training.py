"""Training: arrays in, arrays out, and the numbers of the program."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Arrays

import falign as fa
from falign.errors import ConfigError, DataWarning, RecordError, ShapeError


def test_the_first_cell(capsys: pytest.CaptureFixture[str]) -> None:
    X = np.random.default_rng(0).standard_normal((30, 60))
    y = X[:, 0]
    config = fa.Config(
        rule="feedback_alignment",
        activation="tanh",
        width=400,
        ridge=0.1,
        step_size=1e-2,
        steps=300,
        runs=20,
        seed=1,
    )
    run = fa.train(config, X, y)
    assert run.loss.shape == run.alignment.shape == (20, 101)
    assert run.loss.mean(0)[-1] < 0.02 * run.loss.mean(0)[0]
    assert run.alignment.std(0, ddof=1).shape == (101,)
    fa.plot.curves(run, y="alignment", band="std")
    page = str(fa.theory(config, X, y))
    assert "feedback_alignment: 60-400-1 tanh network, 30 samples" in page
    assert "theorems" in page


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "results").iterdir()}


def test_bits_are_those_of_the_program(
    arrays: Arrays, tmp_path: Path, program: Callable[..., str]
) -> None:
    config = fa.Config(
        activation="tanh",
        width=30,
        step_size="auto",
        steps=30,
        runs=7,
        save_weights="both",
        sweep={"ridge": [0.0, {"gamma": 2.0}], "activation": ["tanh", "relu"]},
    )
    ours = fa.sweep(config, *arrays)
    ours.save(tmp_path / "ours")
    file = tmp_path / "ours" / "experiment.toml"
    program("run", file, "--out", tmp_path / "theirs", "--quiet", "--threads", 1)
    assert results(tmp_path / "theirs") == results(tmp_path / "ours")
    assert len(results(tmp_path / "ours")) == 4 * 2
    theirs = fa.Sweep.load(tmp_path / "theirs")
    for mine, other in zip(ours, theirs, strict=True):
        for name in mine.quantities:
            assert mine[name].tobytes() == other[name].tobytes()
        for one, two in zip(mine.weights, other.weights, strict=True):
            assert all(one[name].tobytes() == two[name].tobytes() for name in one)
    assert ours.steps.tolist() == theirs.steps.tolist()


def test_a_deep_sweep_has_the_bits_of_the_program(
    images: fa.Labelled, tmp_path: Path, program: Callable[..., str]
) -> None:
    config = fa.Config(
        hidden_widths=[12, 10],
        initialisation="xavier",
        activation="tanh",
        batch=8,
        step_size=0.1,
        epochs=10,
        runs=2,
        precision="f32",
        save_weights="final",
    )
    rules = ["direct_feedback_alignment", "backpropagation"]
    ours = fa.sweep(config, images, over={"rule": rules})
    assert ours.test_accuracy.shape == (2, 2, 11)
    assert ours.test_accuracy[..., -1].min() > 0.8
    assert ours[0].weights[0]["layers.0.weight"].dtype == np.float32
    ours.save(tmp_path / "ours")
    file = tmp_path / "ours" / "experiment.toml"
    program("run", file, "--out", tmp_path / "theirs", "--quiet")
    assert results(tmp_path / "theirs") == results(tmp_path / "ours")


def test_the_program_goes_on_with_a_folder_of_ours(
    config: fa.Config, arrays: Arrays, tmp_path: Path, program: Callable[..., str]
) -> None:
    fa.train(config, *arrays).save(tmp_path / "a")
    file = tmp_path / "a" / "experiment.toml"
    said = program("run", file, "--out", tmp_path / "a", "--resume", "--quiet", "--json")
    assert '"jobs_kept": 1' in said
    assert "alignment" in program("show", tmp_path / "a")


def test_results_do_not_depend_on_threads(config: fa.Config, arrays: Arrays) -> None:
    one, four = (fa.train(config, *arrays, n_jobs=n) for n in (1, 4))
    assert one.loss.tobytes() == four.loss.tobytes()


def test_a_folder_comes_back_whole(config: fa.Config, arrays: Arrays, tmp_path: Path) -> None:
    run = fa.train(config.replace(save_weights="final"), *arrays)
    run.save(tmp_path / "a")
    again = fa.Run.load(tmp_path / "a")
    assert again.loss.tobytes() == run.loss.tobytes()
    assert again.outcomes == run.outcomes == ("finished",) * 3
    assert again.config.train_data == str(tmp_path / "a" / "data.npz")
    for one in (run, again, pickle.loads(pickle.dumps(run))):
        said = one.predict(arrays[0], run=2)[:, 0]
        loss = 0.5 * ((said - arrays[1]) ** 2).sum()
        assert loss == pytest.approx(run.loss[2, -1], rel=1e-10)
    with pytest.raises(RecordError, match="is a run folder already"):
        run.save(tmp_path / "a")


def test_a_network_with_classes_predicts(images: fa.Labelled) -> None:
    config = fa.Config(width=8, activation="tanh", batch=8, step_size=0.1, epochs=4, runs=1)
    run = fa.train(config.replace(save_weights="final"), images)
    X, y = images.test
    said = run.predict(X).argmax(1)
    assert (said == y).mean() == pytest.approx(run.test_accuracy[0, -1])
    again = pickle.loads(pickle.dumps(images))
    assert (again.test[0] == X).all() and again.shape == (40, 16, 2)


def test_sweeps_are_grids(config: fa.Config, arrays: Arrays) -> None:
    found = fa.sweep(config, *arrays, over={"ridge": [0, 0.5], "width": [5, 10, 15]})
    assert found.shape == (2, 3)
    assert found.loss.shape == (2, 3, 3, 41)
    assert (found.loss[1, 2] == found[5].loss).all()
    assert found.axes == {"ridge": [0, 0.5], "width": [5, 10, 15]}
    alone = fa.train(config.replace(ridge=0.5, width=15), *arrays)
    assert alone.loss.tobytes() == found[5].loss.tobytes()
    cases = config.replace(cases=[{"name": "a"}, {"name": "b", "activation": "relu"}])
    assert fa.sweep(cases, *arrays).shape == (2,)
    with pytest.raises(ConfigError, match=r"use falign\.sweep"):
        fa.train(cases, *arrays)


def test_looking_inside_changes_nothing(config: fa.Config, arrays: Arrays) -> None:
    run = fa.train(config.replace(save_weights="both", record={"every": 20}), *arrays)
    looks = list(fa.iterate(config, *arrays, every=20, run=1, weights=True))
    assert [look.step for look in looks] == [0, 20, 40]
    assert [look.values["loss"] for look in looks] == run.loss[1].tolist()
    for look, weights in ((looks[0], run.initial_weights[1]), (looks[-1], run.weights[1])):
        assert look.weights is not None
        assert all((look.weights[name] == weights[name]).all() for name in weights)
    first = next(iter(fa.iterate(config.replace(steps=10**6), *arrays, every=1)))
    assert first.step == 0 and first.weights is None


def test_runs_that_diverge_are_no_errors(config: fa.Config, arrays: Arrays) -> None:
    config = config.replace(step_size=100, activation="linear")
    with pytest.warns(fa.errors.DivergenceWarning, match="3 of 3 runs diverged, the first at step") as caught:
        run = fa.train(config, *arrays)
    assert caught[0].filename == __file__
    assert "times the bound 2/M" in str(caught[0].message)
    assert run.outcomes == ("diverged",) * 3
    assert np.isnan(run.loss[:, -1]).all()
    assert all(isinstance(step, int) for step in run.outcome_steps)
    assert "3 diverged" in repr(run)
    assert run.to_pandas().groupby("run")["outcome"].first().tolist() == ["diverged"] * 3
    with pytest.warns(fa.errors.DivergenceWarning, match="3 of 6 runs diverged in 1 of 2 settings"):
        both = fa.sweep(config, *arrays, over={"step_size": [0.01, 100]})
    assert both.outcomes == [("finished",) * 3, ("diverged",) * 3]


def test_what_was_not_measured_is_named(config: fa.Config, arrays: Arrays) -> None:
    run = fa.train(config.replace(quantities=["loss"]), *arrays)
    with pytest.raises(AttributeError, match="name it in the config's quantities"):
        run.alignment  # noqa: B018
    with pytest.raises(KeyError, match="'tau' was not measured; there are loss"):
        run["tau"]
    assert not hasattr(run, "nonsense")
    assert "loss" in dir(run)


def test_arrays_that_do_not_fit_are_named(config: fa.Config, arrays: Arrays) -> None:
    X, y = arrays
    for bad, message in [
        ((X, y[:3]), "targets has shape (3, 1), expected 12 rows"),
        ((X[:, 0], y), "X has shape (12,), expected (samples, input_dim)"),
        ((X, None), "give both"),
        ((np.where(X == X[3, 2], np.nan, X), y), "NaN at row 3, column 2"),
        ((X.astype(complex), y), "expected real numbers"),
        ((X.astype("datetime64[s]"), y), "expected real numbers"),
        ((np.ma.masked_greater(X, 1), y), "X has a mask over"),
        ((X, np.ma.masked_greater(y, 0)), "y has a mask over"),
        ((np.where(X == X[3, 2], None, X), y), "NaN at row 3, column 2"),
        ((X.astype(str), y), "X has dtype <U32, expected real numbers"),
        ((X, y.astype(bytes)), "y has dtype |S32, expected real numbers"),
        ((np.where(X == X[3, 2], "0.5", X.astype(object)), y), "X has the text '0.5' at row 3, column 2"),
    ]:
        with pytest.raises(ShapeError) as caught:
            fa.train(config, *bad)
        assert message in str(caught.value)


def test_what_would_be_left_out_is_refused(config: fa.Config, arrays: Arrays) -> None:
    X, y = arrays
    masked, labels = np.ma.masked_greater(X, 1), (y > 0).astype(int)
    for refused in [
        lambda: fa.Labelled(masked, labels),
        lambda: fa.Labelled(X, np.ma.masked_equal(labels, 1)),
        lambda: fa.Labelled(X, labels, test=(masked, labels)),
        lambda: fa.Reals(X, y, held_out=(masked, y)),
        lambda: fa.theory(config, masked, y),
        lambda: fa.train(config.replace(save_weights="final"), X, y).predict(masked),
    ]:
        with pytest.raises(ShapeError, match="has a mask over"):
            refused()
    # A mask over nothing hides nothing.
    whole = fa.train(config, np.ma.masked_greater(X, 100), y)
    assert whole.loss.tobytes() == fa.train(config, X, y).loss.tobytes()


def test_sparse_and_missing_values_are_named(config: fa.Config, arrays: Arrays) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    X, y = arrays
    for matrix in (sparse.csr_matrix(X), sparse.coo_array(X)):
        with pytest.raises(ShapeError, match=r"X is a sparse .*; use X\.toarray\(\)"):
            fa.train(config, matrix, y)
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X).astype("Float64")
    assert fa.train(config, frame, y).loss.tobytes() == fa.train(config, X, y).loss.tobytes()
    frame.iloc[3, 2] = pandas.NA
    with pytest.raises(ShapeError, match="X has <NA> at row 3, column 2"):
        fa.train(config, frame, y)


def test_real_inputs_of_classes_keep_their_precision(tmp_path: Path) -> None:
    X = 1 + 1e-12 * np.arange(12.0).reshape(6, 2)
    y = np.array([0, 1] * 3)
    config = fa.Config(width=4, step_size=0.1, steps=3, batch=3, runs=1, save_weights="final")
    config = config.replace(scaling="unit")
    run = fa.train(config, fa.Labelled(X, y))
    # Rounded to single precision these are all equal, which no scaling can take.
    with pytest.raises(ShapeError, match="all equal"):
        fa.train(config, fa.Labelled(X.astype(np.float32), y))
    run.save(tmp_path / "a")
    again = fa.Run.load(tmp_path / "a")
    assert again.predict(X).tobytes() == run.predict(X).tobytes()
    for dtype, kept in [("f8", "f8"), ("f4", "f4"), ("i2", "f4"), ("i8", "f8"), ("u1", "u1")]:
        assert fa.Labelled(y.reshape(-1, 1).astype(dtype), y).train[0].dtype == np.dtype(kept)


def test_data_that_may_be_something_else_are_said_once(
    config: fa.Config, arrays: Arrays, images: fa.Labelled
) -> None:
    X, _ = arrays
    labels = np.arange(12) % 3
    with pytest.warns(DataWarning, match="the whole numbers 0 to 2, as labels") as caught:
        fa.sweep(config, X, labels, over={"ridge": [0, 1]})
    assert len(caught) == 1 and caught[0].filename == __file__
    with pytest.warns(DataWarning, match="labels begin at 1"):
        fa.train(config.replace(batch=4), fa.Labelled(X, labels + 1))
    with pytest.warns(DataWarning, match="trained by the mini-batch engine"):
        fa.train(config, fa.Labelled(X, labels))
    run = fa.train(config.replace(save_weights="final"), *arrays)
    run.predict(1.2 * X)
    with pytest.warns(DataWarning, match="5 of 5 inputs are far outside") as caught:
        run.predict(100 * X)
    assert caught[0].filename == __file__
    deep = config.replace(batch=8, save_weights="final", ridge=0.0)
    pixels, _ = images.test
    with pytest.warns(DataWarning, match="trained on pixels from 0 to 255"):
        fa.train(deep, images).predict(pixels / 255)


def test_layout_and_dtype_do_not_matter(config: fa.Config, arrays: Arrays) -> None:
    X, y = arrays
    run = fa.train(config, X, y)
    for other in (np.asfortranarray(X), X[::-1][::-1], X.astype(">f8"), X.tolist()):
        assert fa.train(config, other, y).loss.tobytes() == run.loss.tobytes()
    single = fa.train(config, X.astype(np.float32), y)
    same = fa.train(config, X.astype(np.float32).astype(float), y)
    assert single.loss.tobytes() == same.loss.tobytes()


def test_held_out_data_are_measured(config: fa.Config, arrays: Arrays, tmp_path: Path) -> None:
    X, y = arrays
    run = fa.train(config, X, y, held_out=(X[:4], y[:4]))
    assert run.quantities[-1] == "held_out_loss" and "alignment" in run.quantities
    assert run.held_out_loss.shape == (3, 41)
    said = fa.train(config.replace(save_weights="final"), X, y, held_out=(X[:4], y[:4]))
    expected = 0.5 * ((said.predict(X[:4])[:, 0] - y[:4]) ** 2).sum()
    assert run.held_out_loss[0, -1] == pytest.approx(expected)
    deep = fa.train(config.replace(hidden_widths=[5], batch=4), X, y, held_out=(X[:4], y[:4]))
    assert "test_loss" in deep.quantities and "held_out_loss" not in deep.quantities
    assert fa.train(config.replace(quantities=["loss"]), X, y, held_out=(X[:4], y[:4])).quantities == ("loss",)
    run.save(tmp_path / "a")
    assert fa.Run.load(tmp_path / "a").held_out_loss.tobytes() == run.held_out_loss.tobytes()


def test_theory_has_numbers(config: fa.Config, arrays: Arrays) -> None:
    found = fa.theory(config, *arrays)
    table = found[0].to_pandas()
    assert table.set_index("key")["value"]["gamma"] == found["gamma"]
    assert set(table["key"]) == set(found[0].keys())
    assert fa.theory(fa.train(config, *arrays))["gamma"] == found["gamma"]
    over = config.replace(sweep={"ridge": [0.1, 0.2], "width": [20, 40]})
    each = fa.theory(over, *arrays, every_setting=True).to_pandas()
    assert sorted(zip(each["width"], each["ridge"], strict=True)) == [(20, 0.1), (20, 0.2), (40, 0.1), (40, 0.2)]
    assert each["gamma"].to_numpy() == pytest.approx(found["gamma"])
    assert found["gamma"] > 0
    assert found[0].verdict("theorem_3_2") == "conditions_not_met"
    assert "beta(0)" in found[0].entries["summary"]
    with pytest.raises(KeyError, match="is no number of this certificate"):
        found["gama"]
    linear = fa.Config(activation="linear", width=20, steps=40, sweep={"ridge": [0.1, 2.0]})
    every = fa.theory(linear, *arrays, every_setting=True, alignment=0.1)
    assert [one["initial_decay"] for one in every] == sorted(one["initial_decay"] for one in every)
    assert len(every) == 2 and every[1]["predicted_alignment_error"] > 0
    with pytest.raises(ConfigError, match="between 0 and 1"):
        fa.theory(linear, *arrays, alignment=1.5)
    with pytest.raises(ConfigError, match="mini_batch"):
        fa.theory(config.replace(engine="mini_batch"), *arrays)


def test_mnist_is_loaded() -> None:
    folder = os.environ.get("FALIGN_TEST_DATA")
    if not folder:
        pytest.skip("FALIGN_TEST_DATA names no folder with the four files of MNIST")
    mnist = fa.load("mnist", data_dir=folder)
    X, y = mnist.train
    assert X.shape == (60_000, 28, 28) and X.dtype == np.uint8
    assert mnist.test[1][:3].tolist() == [7, 2, 1] and np.bincount(y).sum() == 60_000
    config = fa.Config(hidden_widths=[30], activation="tanh", batch=50, step_size=0.05, epochs=1)
    config = config.replace(initialisation="xavier", train_limit=5000, test_limit=1000, runs=1)
    assert fa.train(config, mnist).test_accuracy[0, -1] > 0.7
