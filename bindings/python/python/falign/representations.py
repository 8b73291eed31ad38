"""Comparisons of representations: what two sets of activities of the same samples have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from falign.data import _matrix
from falign.errors import ConfigError, ShapeError

__all__ = ["cka", "rdm"]


def rdm(activities: ArrayLike, *, metric: str = "correlation") -> NDArray[np.float64]:
    """The representational dissimilarity matrix of activities, (samples, samples).

    Parameters
    ----------
    activities : array_like, (samples, units)
        Such as :meth:`falign.Run.activities` gives.
    metric : str
        ``"correlation"``: 1 - the correlation of two samples over units, NaN where a sample's
        activities are all the same; ``"euclidean"``: the distance.

    Notes
    -----
    Kriegeskorte, Mur and Bandettini, "Representational similarity analysis", Frontiers in Systems
    Neuroscience 2008. Cost: samples^2 times units.

    Examples
    --------
    >>> import falign as fa
    >>> fa.representations.rdm([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [3.0, 2.0, 1.0]]).round(6).tolist()
    [[0.0, 0.0, 2.0], [0.0, 0.0, 2.0], [2.0, 2.0, 0.0]]
    """
    h = _matrix(activities, "activities")
    if metric == "euclidean":
        squares = (h * h).sum(1)
        distances: NDArray[np.float64] = squares[:, None] + squares - 2 * h @ h.T
        np.fill_diagonal(distances, 0)
        return np.asarray(np.sqrt(np.maximum(distances, 0)))
    if metric != "correlation":
        raise ConfigError(f"metric = {metric!r}: expected 'correlation' or 'euclidean'")
    h = h - h.mean(1, keepdims=True)
    norms = np.sqrt((h * h).sum(1, keepdims=True))
    with np.errstate(invalid="ignore", divide="ignore"):
        h = h / norms
    found: NDArray[np.float64] = 1 - np.clip(h @ h.T, -1, 1)
    np.fill_diagonal(found, np.where(norms[:, 0] > 0, 0.0, np.nan))
    return found


def cka(a: ArrayLike, b: ArrayLike) -> float:
    """The linear centred kernel alignment of two sets of activities, from 0 to 1.

    ``|B'A|^2 / (|A'A| |B'B|)`` of activities A, (samples, units), and B, (samples, other units), less their
    means over samples: 1 where one is a rotation, a multiple or a shift of the other; NaN where one
    does not vary.

    Notes
    -----
    Kornblith, Norouzi, Lee and Hinton, "Similarity of Neural Network Representations Revisited",
    ICML 2019, equation (3) with the linear kernel. It is biased upwards where there are no more
    samples than units. Cost: samples times the smaller of units^2 and samples times units.

    Examples
    --------
    >>> import numpy as np, falign as fa
    >>> a = np.random.default_rng(0).standard_normal((20, 3))
    >>> round(fa.representations.cka(a, 5 * a[:, ::-1] + 1), 12)
    1.0
    """
    left, right = _matrix(a, "a"), _matrix(b, "b")
    if len(left) != len(right):
        raise ShapeError(f"a has {len(left)} samples and b {len(right)}, expected the same ones")
    left, right = left - left.mean(0), right - right.mean(0)
    if len(left) < max(left.shape[1], right.shape[1]):
        kernels = left @ left.T, right @ right.T
        cross, sizes = (kernels[0] * kernels[1]).sum(), [np.linalg.norm(kernel) for kernel in kernels]
    else:
        cross = ((right.T @ left) ** 2).sum()
        sizes = [np.linalg.norm(left.T @ left), np.linalg.norm(right.T @ right)]
    size = float(sizes[0] * sizes[1])
    return float(cross / size) if size > 0 else float("nan")
