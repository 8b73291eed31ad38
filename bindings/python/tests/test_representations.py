"""Activities of trained networks, and comparisons of them."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Arrays

import falign as fa
from falign.errors import ConfigError, FalignError, ShapeError


def test_activities_make_the_outputs(config: fa.Config, arrays: Arrays) -> None:
    X, y = arrays
    new = 0.9 * X[4:11]
    two = fa.train(config.replace(save_weights="both", output_scale=2.0), X, y)
    (hidden,) = two.activities(new, run=1)
    assert hidden.shape == (7, 20)
    start = two.activities(new, run=1, which="initial", layer=1)
    weights, first = two.weights[1], two.initial_weights[1]
    assert hidden == pytest.approx(np.tanh(new @ weights["hidden_weights"].T))
    change = hidden @ weights["output_weights"] - start @ first["output_weights"]
    assert two.predict(new, run=1) == pytest.approx(2 / np.sqrt(20) * change)
    deep = config.replace(hidden_widths=[7, 6], batch=4, save_weights="final", initialisation="xavier", scaling="standardise")
    run = fa.train(deep, X, y)
    last = run.activities(new, layer=-1)
    assert last.shape == (7, 6) and (run.activities(new, layer=2) == last).all()
    assert last @ run.weights[0]["layers.2.weight"].T == pytest.approx(run.predict(new))
    for wrong in (0, 3, -3):
        with pytest.raises(IndexError, match=f"layer = {wrong}: there are hidden layers 1 to 2"):
            run.activities(new, layer=wrong)
    with pytest.raises(FalignError, match='save_weights="both"'):
        run.activities(new, which="initial")


def test_images_have_their_channels_first(images: fa.Labelled) -> None:
    layers = [fa.Conv(3, 2), fa.Pool("mean", 3), fa.Dense(2)]
    config = fa.Config(layers=layers, activation="tanh", runs=1, batch=8, step_size=0.1, epochs=2)
    run = fa.train(config.replace(scaling="unit", save_weights="final"), images)
    X = images.test[0]
    (found,) = run.activities(X)
    kernel = run.weights[0]["layers.0.weight"]
    sums = np.zeros((20, 3, 3, 3))
    for down in range(2):
        for along in range(2):
            part = X[:, None, down : down + 3, along : along + 3] / 255
            sums += kernel[:, 0, down, along][:, None, None] * part
    assert found.reshape(20, 3, 3, 3) == pytest.approx(np.tanh(sums))


def test_activities_are_seen_on_the_way(config: fa.Config, arrays: Arrays) -> None:
    X, y = arrays
    run = fa.train(config.replace(save_weights="both"), X, y)
    looks = list(fa.iterate(config, X, y, every=20, weights=True, run=1))
    assert (looks[0].activities(X, layer=1) == run.activities(X, layer=1, run=1, which="initial")).all()
    assert (looks[-1].activities(X)[0] == run.activities(X, layer=1, run=1)).all()
    step, values, weights = looks[1]
    assert step == 20 and weights is not None and "loss" in values
    with pytest.raises(ConfigError, match="iterate with weights=True"):
        next(iter(fa.iterate(config, X, y))).activities(X)


def test_dissimilarities_and_alignments_are_their_formulas() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((9, 4)), rng.standard_normal((9, 13))
    found = fa.representations.rdm(b)
    assert found == pytest.approx(1 - np.corrcoef(b), abs=1e-14) and (np.diag(found) == 0).all()
    distances = np.sqrt(((b[:, None] - b) ** 2).sum(-1))
    assert fa.representations.rdm(b, metric="euclidean") == pytest.approx(distances, abs=1e-7)
    centre = np.eye(9) - 1 / 9
    kernels = [centre @ x @ x.T @ centre for x in (a, b)]
    cosine = (kernels[0] * kernels[1]).sum() / np.prod([np.linalg.norm(kernel) for kernel in kernels])
    assert fa.representations.cka(a, b) == pytest.approx(cosine, rel=1e-13)
    turned = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    assert fa.representations.cka(a, 3 * a @ turned - 2) == pytest.approx(1)
    # By samples or by units, whichever are fewer.
    assert fa.representations.cka(a, a[:, :2]) == pytest.approx(fa.representations.cka(a[:, :2], a))
    assert np.isnan(fa.representations.cka(a, np.ones((9, 2))))
    assert np.isnan(np.diag(fa.representations.rdm(np.ones((2, 3))))).all()
    with pytest.raises(ShapeError, match="a has 9 samples and b 8"):
        fa.representations.cka(a, b[:8])
    with pytest.raises(ConfigError, match="'correlation' or 'euclidean'"):
        fa.representations.rdm(a, metric="cosine")
