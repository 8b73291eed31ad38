"""Kernel matrices of arrays."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Arrays

import falign as fa
from falign.errors import ConfigError, ShapeError


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "linear"])
def test_infinite_kernels_are_expectations(arrays: Arrays, activation: str) -> None:
    X, Z = arrays[0][:4], 0.5 * arrays[0][4:7]
    rng = np.random.default_rng(1)
    w = rng.standard_normal((400_000, 5))
    for kernel in (fa.kernels.feature, fa.kernels.slope, fa.kernels.feedback, fa.kernels.tangent):
        whole = kernel(np.vstack([X, Z]), activation=activation)
        assert whole == pytest.approx(whole.T)
        assert kernel(X, Z, activation=activation) == pytest.approx(whole[:4, 4:], rel=1e-11, abs=1e-12)
    sampled = fa.kernels.feature_of(w, X, Z, activation=activation)
    assert fa.kernels.feature(X, Z, activation=activation) == pytest.approx(sampled, abs=0.03)
    tangent = fa.kernels.feature(X, Z, activation=activation) + fa.kernels.feedback(X, Z, activation=activation)
    assert fa.kernels.tangent(X, Z, activation=activation) == pytest.approx(tangent)
    products = X @ Z.T * fa.kernels.slope(X, Z, activation=activation)
    assert fa.kernels.feedback(X, Z, activation=activation) == pytest.approx(products, rel=1e-11, abs=1e-12)


def test_kernels_of_weights_are_sums_over_units(config: fa.Config, arrays: Arrays) -> None:
    X, y = arrays
    run = fa.train(config.replace(save_weights="final", ridge={"gamma": 0.1}), X, y)
    weights = run.weights[0]
    w, beta, b = (weights[name] for name in ("hidden_weights", "output_weights", "feedback_weights"))
    psi, slopes = np.tanh(X @ w.T), 1 - np.tanh(X @ w.T) ** 2
    assert fa.kernels.feature_of(w, X, activation="tanh") == pytest.approx(psi @ psi.T / 20)
    expected = X @ X.T * ((slopes * (beta * b)[:, 0]) @ slopes.T) / 20
    assert fa.kernels.feedback_of(w, beta, b[:, 0], X, activation="tanh") == pytest.approx(expected)
    part = fa.kernels.feedback_of(w, beta, b, X[:3], X[3:], activation="tanh")
    assert part == pytest.approx(expected[:3, 3:])
    least = np.linalg.eigvalsh(fa.kernels.feature(X, activation="tanh")).min()
    assert run.resolved["gamma"][0] == pytest.approx(least, rel=1e-9)


def test_what_is_no_kernel_is_refused(arrays: Arrays) -> None:
    X = arrays[0]
    with pytest.raises(ConfigError, match='activation = "softmax": expected one of'):
        fa.kernels.feature(X, activation="softmax")
    with pytest.raises(ShapeError, match="right"):
        fa.kernels.tangent(X, X[:, :3], activation="relu")
    with pytest.raises(ShapeError, match="inputs has shape"):
        fa.kernels.feature_of(np.ones((3, 4)), X, activation="relu")
