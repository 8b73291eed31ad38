"""A trained list of layers as ``torch.nn.Sequential`` has it: its modules and their arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from falign import _core
from falign.data import load
from falign.errors import FalignError
from falign.results import Run

__all__ = ["Module", "modules", "sample_shape"]

# Activations as modules of torch.nn; the identity is none.
ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("ReLU", {}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
    "softplus": ("Softplus", {}),
    "leaky_relu": ("LeakyReLU", {"negative_slope": 0.01}),
    "gelu": ("GELU", {}),
    "silu": ("SiLU", {}),
    "elu": ("ELU", {}),
}

_REASONS = {
    "local": "torch.nn has no module with a kernel for each place",
    "residual": "a Sequential has no sum of two ways",
}

_KINDS = {keys[0][0] for _, _, keys in _core.layer_kinds()}


@dataclass
class Module:
    """A module: its class in ``torch.nn``, what it is made with, and its arrays by name."""

    kind: str
    made_with: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


def modules(run: Run, number: int) -> list[Module]:
    """The modules of run ``number`` for inputs as they are stored, from the input up.

    Raises ``FalignError`` naming the layers that no module is.
    """
    number, weights = run._last_weights(number)
    walk = _Walk(run, dict(weights))
    _fold(run, number, walk.found)
    return walk.found


class _Walk:
    """Modules of the layers, one after the other."""

    def __init__(self, run: Run, weights: dict[str, NDArray[Any]]) -> None:
        self.psi = run.config.activation
        self.weights = weights
        self.law = run.config.initialisation
        # Names of moments count all that a sample meets, layers too.
        self.layer = self.map = 0
        self.channels, *self.sides = sample_shape(run)
        self.found: list[Module] = []
        layers = run.config.layers or ()
        kinds = [next(iter(_KINDS & layer.keys())) for layer in layers]
        problems = [
            f"layer {at}, {kind}: {_REASONS.get(kind, 'torch.nn has no such module')}"
            for at, kind in enumerate(kinds)
            if not hasattr(self, f"_{kind}")
        ]
        if problems:
            problem = "; ".join(problems)
            raise FalignError(f"interop: torch.nn.Sequential has not all of it, take the weights: {problem}")
        for at, (kind, layer) in enumerate(zip(kinds, layers, strict=True)):
            self.above = kinds[at + 1 :]
            getattr(self, f"_{kind}")(dict(layer))

    @property
    def axes(self) -> int:
        """Axes of a sample."""
        return 1 + len(self.sides)

    def _flatten(self, layer: dict[str, Any]) -> None:
        readers = [kind for kind in self.above if kind not in {"flatten", "dropout"}]
        # A dense layer flattens what it reads, and nothing is there before it.
        self.map += readers[0] != "dense"
        if self.sides:
            self.channels, self.sides = self.channels * math.prod(self.sides), []
            self.found.append(Module("Flatten"))

    def _windows(self, size: Any, stride: Any, padding: Any = 0) -> None:
        def each(of: Any) -> Any:
            return np.broadcast_to(of, len(self.sides)).tolist()

        windows = zip(self.sides, each(size), each(stride), each(padding), strict=True)
        self.sides = [(n + 2 * padding - size) // stride + 1 for n, size, stride, padding in windows]

    def _array(self, name: str) -> NDArray[Any]:
        return np.asarray(self.weights[f"layers.{self.layer}.{name}"], dtype=np.float64)

    def _parameters(self, is_gain: bool = False) -> dict[str, NDArray[Any]]:
        names = [n for n in ("weight", "bias") if f"layers.{self.layer}.{n}" in self.weights]
        arrays = {name: self._array(name) for name in names}
        has_factor = self.law == "ntk" or (self.law == "paper" and self.layer > 0)
        if has_factor and not is_gain:
            arrays["weight"] = arrays["weight"] / math.sqrt(math.prod(arrays["weight"].shape[1:]))
        self.layer += 1
        self.map += 1
        return arrays

    def _psi(self, name: str) -> None:
        if name == "linear":
            return
        if name not in ACTIVATIONS:
            raise FalignError(f"torch.nn has no module of {name}; take its weights")
        self.found.append(Module(*ACTIVATIONS[name]))

    def _dense(self, layer: dict[str, Any]) -> None:
        if self.sides:
            self.sides = []
            self.found.append(Module("Flatten"))
        arrays = self._parameters()
        self.channels, below = arrays["weight"].shape
        sizes = {"in_features": below, "out_features": self.channels, "bias": "bias" in arrays}
        self.found.append(Module("Linear", sizes, arrays))
        if self.above:
            self._psi(layer.get("activation", self.psi))

    def _conv(self, layer: dict[str, Any]) -> None:
        arrays = self._parameters()
        self.channels, below = arrays["weight"].shape[:2]
        made_with = {
            "in_channels": below,
            "out_channels": self.channels,
            "kernel_size": arrays["weight"].shape[2:],
            "stride": layer.get("stride", 1),
            "padding": layer.get("padding", 0),
            "bias": "bias" in arrays,
        }
        self.found.append(Module(f"Conv{self.axes - 1}d", made_with, arrays))
        self._windows(made_with["kernel_size"], made_with["stride"], made_with["padding"])
        self._psi(layer.get("activation", self.psi))

    def _pool(self, layer: dict[str, Any]) -> None:
        self.map += 1
        name = {"max": "Max", "mean": "Avg"}[layer["pool"]]
        if layer.get("size") is None:
            module = Module(f"Adaptive{name}Pool{self.axes - 1}d", {"output_size": 1})
            self.sides = [1] * len(self.sides)
        else:
            stride = layer.get("stride") or layer["size"]
            sizes = {"kernel_size": layer["size"], "stride": stride}
            module = Module(f"{name}Pool{self.axes - 1}d", sizes)
            self._windows(layer["size"], stride)
        self.found.append(module)

    def _norm(self, layer: dict[str, Any]) -> None:
        gain, eps = layer.get("gain", True), layer.get("epsilon", 1e-5)
        state = f"maps.{self.map}."
        self.map += 1
        psi = layer.get("activation", "linear")
        # Without gains psi is a map of its own.
        self.map += int(not gain and psi != "linear")
        moments = {}
        if layer["norm"] == "batch":
            moments = {
                "running_mean": np.asarray(self.weights[f"{state}running_mean"], np.float64),
                "running_var": np.asarray(self.weights[f"{state}running_variance"], np.float64),
                "num_batches_tracked": np.asarray(0),
            }
        arrays = self._parameters(is_gain=True) if gain else {}
        if moments:
            made_with = {"num_features": self.channels, "eps": eps, "affine": gain}
            kind = f"BatchNorm{max(1, self.axes - 1)}d"
        elif self.axes > 1:
            # One group: all numbers of a sample, with a gain for each channel.
            made_with = {"num_groups": 1, "num_channels": self.channels, "eps": eps, "affine": gain}
            kind = "GroupNorm"
        else:
            size = self.channels
            made_with = {"normalized_shape": size, "eps": eps, "elementwise_affine": gain}
            kind = "LayerNorm"
        self.found.append(Module(kind, made_with, {**arrays, **moments}))
        self._psi(psi)

    def _dropout(self, layer: dict[str, Any]) -> None:
        self.map += 1
        self.found.append(Module("Dropout", {"p": layer["dropout"]}))


def sample_shape(run: Run) -> tuple[int, ...]:
    """Shape of a sample of a run, channels first."""
    config = run.config
    shape: tuple[int, ...] = tuple(config.input or ())
    if not shape and config.labelled == "mnist1d":
        shape = (config.input_dim,)
        return (1, *shape)
    if not shape and config.labelled == "generated_images":
        shape = (math.isqrt(config.input_dim),) * 2
    if not shape:
        fitted = run._fitted(run._first())
        stored = None if fitted is None else fitted.sample_shape
        if stored is None and config.labelled is not None:
            stored = load(config.labelled, config.data_dir)._core.sample_shape
        shape = tuple(stored or (config.input_dim,))
    return (1, *shape) if len(shape) == 2 and not config.input else shape


def _fold(run: Run, number: int, found: list[Module]) -> None:
    """Put the scaling of the inputs into the first layer."""
    numbers = math.prod(sample_shape(run))
    zero, one = _core.scaling(run.config._flat(), run._fitted(number), number, numbers)
    if not zero.any() and (one == 1).all():
        return
    first = found[1] if found[0].kind == "Flatten" else found[0]
    arrays = first.arrays
    if first.kind == "Linear":
        moved = arrays["weight"] @ zero
        arrays["weight"] = arrays["weight"] * one
    elif first.kind.startswith("Conv") and (zero == zero[0]).all() and (one == one[0]).all():
        if zero[0] != 0 and np.any(first.made_with["padding"]):
            raise FalignError(
                "interop: zeros around a convolution are scaled ones here, and stored ones there; "
                'train with scaling="unit" or "none", or without padding of the first layer'
            )
        moved = arrays["weight"].sum(axis=tuple(range(1, arrays["weight"].ndim))) * zero[0]
        arrays["weight"] = arrays["weight"] * one[0]
    else:
        raise FalignError(
            f"interop: the scaling of inputs is no part of the first layer, {first.kind}; "
            'train with scaling="none"'
        )
    if moved.any():
        arrays["bias"] = arrays.get("bias", 0) + moved
        first.made_with["bias"] = True
