"""Kinds of layers for ``Config.layers``. Made by ``generate.py``: do not edit.

>>> import falign as fa
>>> layers = [fa.Conv(6, 5), fa.Pool("max", 2), fa.Dense(10)]
>>> config = fa.Config(layers=layers, input=[1, 28, 28])
>>> config == fa.Config(
...     layers=[{"conv": 6, "kernel": 5}, {"pool": "max", "size": 2}, {"dense": 10}],
...     input=[1, 28, 28],
... )
True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from falign._listed import LayerOfList

__all__ = [
    "Conv",
    "Dense",
    "Dropout",
    "Flatten",
    "Local",
    "Norm",
    "Pool",
    "Residual",
]


@dataclass(frozen=True, eq=False, repr=False)
class Dense(LayerOfList):
    """Every number to every unit.

    A sample of any shape becomes (units,).

    Parameters
    ----------
    dense : int
        Units, each of which reads all numbers below.
        Accepted: a whole number from 1 to 10^9.
    activation : one of ["linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu", "gelu", "silu", "elu", "identity"], optional
        Psi behind it; unset: `network.activation`, and none behind the last layer.
        Accepted: "linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu",
        "gelu", "silu", "elu" or "identity".

    Examples
    --------
    >>> import falign as fa
    >>> fa.Dense(3)
    Dense(3)
    """

    dense: int
    activation: Literal["linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu", "gelu", "silu", "elu", "identity"] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Conv(LayerOfList):
    """Kernels that all places share.

    (channels below, rows, columns) becomes (channels, rows of windows, columns of windows),
    a sequence (channels below, length) becomes (channels, windows).

    Parameters
    ----------
    conv : int
        Channels, each with a kernel that all places share.
        Accepted: a whole number from 1 to 10^9.
    kernel : int or Sequence[int]
        Places that a kernel covers, on each axis or [down, along].
        Accepted: a whole number from 1 to 10^9 or a list of whole numbers from 1 to 10^9,
        not empty.
    stride : int or Sequence[int], optional
        Places from one window to the next.
        Accepted: a whole number from 1 to 10^9 or a list of whole numbers from 1 to 10^9,
        not empty.
    padding : int or Sequence[int], optional
        Zeros around the image, fewer than `kernel`.
        Accepted: a whole number from 0 to 10^9 or a list of whole numbers from 0 to 10^9,
        not empty.
    activation : one of ["linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu", "gelu", "silu", "elu", "identity"], optional
        Psi behind it; unset: `network.activation`.
        Accepted: "linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu",
        "gelu", "silu", "elu" or "identity".

    Examples
    --------
    >>> import falign as fa
    >>> fa.Conv(3, 3)
    Conv(3, 3)
    """

    conv: int
    kernel: int | Sequence[int]
    stride: int | Sequence[int] = 1
    padding: int | Sequence[int] = 0
    activation: Literal["linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu", "gelu", "silu", "elu", "identity"] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Local(LayerOfList):
    """A kernel of its own at every place, with shapes as those of a convolution.

    Parameters
    ----------
    local : int
        Channels, each with a separate kernel and bias at every place.
        Accepted: a whole number from 1 to 10^9.
    kernel : int or Sequence[int]
        Places that a kernel covers, on each axis or [down, along].
        Accepted: a whole number from 1 to 10^9 or a list of whole numbers from 1 to 10^9,
        not empty.
    stride : int or Sequence[int], optional
        Places from one window to the next.
        Accepted: a whole number from 1 to 10^9 or a list of whole numbers from 1 to 10^9,
        not empty.
    padding : int or Sequence[int], optional
        Zeros around the image, fewer than `kernel`.
        Accepted: a whole number from 0 to 10^9 or a list of whole numbers from 0 to 10^9,
        not empty.
    activation : one of ["linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu", "gelu", "silu", "elu", "identity"], optional
        Psi behind it; unset: `network.activation`.
        Accepted: "linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu",
        "gelu", "silu", "elu" or "identity".

    Examples
    --------
    >>> import falign as fa
    >>> fa.Local(3, 3)
    Local(3, 3)
    """

    local: int
    kernel: int | Sequence[int]
    stride: int | Sequence[int] = 1
    padding: int | Sequence[int] = 0
    activation: Literal["linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu", "gelu", "silu", "elu", "identity"] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Pool(LayerOfList):
    """One number of each window and channel.

    (channels, rows, columns) becomes (channels, rows of windows, columns of windows), with
    one place where a window is the whole image.

    Parameters
    ----------
    pool : one of ["max", "mean"]
        What is taken of each window: its largest number, or its mean.
        Accepted: "max" or "mean".
    size : int or Sequence[int], optional
        Places that a window covers; unset: one window over the whole image.
        Accepted: a whole number from 1 to 10^9 or a list of whole numbers from 1 to 10^9,
        not empty.
    stride : int or Sequence[int], optional
        Places from one window to the next; unset: `size`.
        Accepted: a whole number from 1 to 10^9 or a list of whole numbers from 1 to 10^9,
        not empty.

    Examples
    --------
    >>> import falign as fa
    >>> fa.Pool("max")
    Pool('max')
    """

    pool: Literal["max", "mean"]
    size: int | Sequence[int] | None = None
    stride: int | Sequence[int] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Norm(LayerOfList):
    """Numbers at mean 0 and variance 1, in the shape below.

    Parameters
    ----------
    norm : one of ["layer", "batch"]
        Layer: all numbers of a sample together; batch: each channel over the batch and its
        places, with running moments where nothing is trained.
        Accepted: "layer" or "batch".
    gain : bool, optional
        Whether each channel has a gain and a bias behind it, which are trained; every rule
        sends signals back through them as they are.
        Accepted: true or false.
    epsilon : float, optional
        Added to the variance.
        Accepted: a number above 0.
    activation : one of ["linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu", "gelu", "silu", "elu", "identity"], optional
        Psi behind it; unset: none.
        Accepted: "linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu",
        "gelu", "silu", "elu" or "identity".

    Examples
    --------
    >>> import falign as fa
    >>> fa.Norm("layer")
    Norm('layer')
    """

    norm: Literal["layer", "batch"]
    gain: bool = True
    epsilon: float = 1e-05
    activation: Literal["linear", "relu", "tanh", "sigmoid", "erf", "softplus", "leaky_relu", "gelu", "silu", "elu", "identity"] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Residual(LayerOfList):
    """Layers whose sum with what is below them goes on, in the shape below.

    Parameters
    ----------
    residual : Sequence[Mapping[str, object]]
        Layers of a block, whose numbers are added to those below it; both have one shape.
        Accepted: a list of layers, such as [{ conv = 6, kernel = 5 }, { dense = 10 }].

    Examples
    --------
    >>> import falign as fa
    >>> fa.Residual([fa.Dense(4)])
    Residual((Dense(4),))
    """

    residual: Sequence[Mapping[str, object]]


@dataclass(frozen=True, eq=False, repr=False)
class Flatten(LayerOfList):
    """An image as plain numbers.

    (channels, rows, columns) becomes (numbers,). Dense layers flatten what they read
    without it.

    Parameters
    ----------
    flatten : bool
        An image as plain numbers, in the order of channels, rows, columns; dense layers
        flatten what they read without it.
        Accepted: true or false.

    Examples
    --------
    >>> import falign as fa
    >>> fa.Flatten()
    Flatten()
    """

    flatten: bool = True


@dataclass(frozen=True, eq=False, repr=False)
class Dropout(LayerOfList):
    """Numbers that are silent at random while a network trains, in the shape below.

    Parameters
    ----------
    dropout : float
        Probability that a number below it is dropped, per step and sample;
        `learning.dropout` is that of all hidden layers.
        Accepted: a number of at least 0 and below 1.

    Examples
    --------
    >>> import falign as fa
    >>> fa.Dropout(0.25)
    Dropout(0.25)
    """

    dropout: float
