"""Kernels of two-layer networks: of infinitely wide ones, and of given weights.

The infinite ones are expectations over w ~ N(0, I), in closed form to about 3e-14 or by quadrature.
Rows of ``X1`` and ``X2`` are samples; without ``X2`` a kernel is of ``X1`` with itself. Symbols are those
of Song, Xu and Lafferty (NeurIPS 2021).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from falign import _core
from falign.data import _matrix, _targets

__all__ = ["feature", "feature_of", "feedback", "feedback_of", "slope", "tangent"]

Kernel = NDArray[np.float64]


def _infinite(name: str, activation: str, X1: ArrayLike, X2: ArrayLike | None) -> Kernel:
    other = None if X2 is None else _matrix(X2, "X2")
    return _core.infinite_kernel(name, activation, _matrix(X1, "X1"), other)


def feature(X1: ArrayLike, X2: ArrayLike | None = None, *, activation: str) -> Kernel:
    """The feature kernel Gbar, E psi(w.x) psi(w.z): what the output weights learn with.

    Source: Song, Xu and Lafferty (2021), Assumption 3.1. Cost: samples^2 (input_dim + 1), or the
    nodes of a quadrature for each pair of activations without a closed form.

    >>> import numpy as np, falign as fa
    >>> fa.kernels.feature(np.eye(2), activation="relu").round(6).tolist()
    [[0.5, 0.159155], [0.159155, 0.5]]
    """
    return _infinite("feature", activation, X1, X2)


def slope(X1: ArrayLike, X2: ArrayLike | None = None, *, activation: str) -> Kernel:
    """The kernel of the slopes Gdot, E psi'(w.x) psi'(w.z)."""
    return _infinite("slope", activation, X1, X2)


def feedback(X1: ArrayLike, X2: ArrayLike | None = None, *, activation: str) -> Kernel:
    """x.z Gdot: what the hidden weights learn with by backpropagation; times rho, the correlation of
    b and beta, the limit of the feedback kernel H(0)."""
    return _infinite("feedback", activation, X1, X2)


def tangent(X1: ArrayLike, X2: ArrayLike | None = None, *, activation: str) -> Kernel:
    """The neural tangent kernel, Gbar + x.z Gdot (Jacot, Gabriel and Hongler, NeurIPS 2018)."""
    return _infinite("tangent", activation, X1, X2)


def feature_of(
    hidden_weights: ArrayLike, X1: ArrayLike, X2: ArrayLike | None = None, *, activation: str
) -> Kernel:
    """The feature kernel G of given weights, 1/p sum_r psi(w_r.x) psi(w_r.z).

    ``hidden_weights`` is W, (width, input_dim), as ``run.weights[0]["hidden_weights"]``.
    Raises ``ShapeError`` where columns do not fit. Cost: samples width (samples + input_dim).
    """
    other = None if X2 is None else _matrix(X2, "X2")
    w = _matrix(hidden_weights, "hidden_weights")
    return _core.finite_kernel((w, None), activation, _matrix(X1, "X1"), other)


def feedback_of(
    hidden_weights: ArrayLike,
    output_weights: ArrayLike,
    feedback_weights: ArrayLike,
    X1: ArrayLike,
    X2: ArrayLike | None = None,
    *,
    activation: str,
) -> Kernel:
    """The feedback kernel H of given weights, x.z/p sum_r beta_r b_r psi'(w_r.x) psi'(w_r.z).

    ``output_weights`` beta and ``feedback_weights`` b are (width,) or (width, outputs); with k outputs
    the result is (samples k, samples k), output a of sample i at i k + a. It is not positive
    semidefinite in general. Source: Song, Xu and Lafferty (2021), Section 3.
    """
    other = None if X2 is None else _matrix(X2, "X2")
    w = _matrix(hidden_weights, "hidden_weights")
    above = (_targets(output_weights), _targets(feedback_weights))
    return _core.finite_kernel((w, above), activation, _matrix(X1, "X1"), other)
