"""A ``torch.nn.Sequential`` as layers of a config, with its weights as a file has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from falign._extras import need
from falign.errors import FalignError

__all__ = ["Imported"]


class _Refused(Exception):
    """Why there is no such layer."""


def _array(tensor: Any) -> NDArray[Any]:
    return np.asarray(tensor.detach().cpu().numpy())


class Imported:
    """What a module is here: ``layers``, the ``activation`` behind most of them, whether they
    have ``biases``, the ``input`` shape, and ``tensors`` by the names of a weights file.

    Raises ``FalignError`` listing every module that has no layer, and why.
    """

    def __init__(self, module: Any, input_shape: Sequence[int] | None) -> None:
        self._nn = need("torch", "interop.from_torch").nn
        self.layers: list[dict[str, Any]] = []
        self.tensors: dict[str, NDArray[Any]] = {}
        self._psis: list[str | None] = []
        self._is_open = False
        # Place in the list of a Flatten that no Linear has followed yet.
        self._flattened_at: int | None = None
        self._moments: dict[int, dict[str, NDArray[Any]]] = {}
        self._biases: list[tuple[str, bool]] = []
        self._problems: list[str] = []
        listed = list(self._listed(module))
        self.input = self._input(listed, input_shape)
        self._axes = len(self.input)
        for name, one in listed:
            self._name = name
            try:
                self._maker(one)(one)
            except _Refused as why:
                self._problems.append(f"  {name} {type(one).__name__}: {why}")
        self._end()
        if self._problems:
            raise FalignError("from_torch: falign has no\n" + "\n".join(self._problems))
        self.biases = any(has for _, has in self._biases)
        self.activation = self._settle()

    def _listed(self, module: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
        if not isinstance(module, self._nn.Sequential):
            kind = type(module).__name__
            raise FalignError(
                f"from_torch: {prefix or 'module'} is a {kind}, whose forward pass cannot be read; "
                "give a torch.nn.Sequential"
            )
        for name, child in module.named_children():
            if isinstance(child, self._nn.Sequential):
                yield from self._listed(child, f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", child

    def _input(self, listed: list[tuple[str, Any]], shape: Sequence[int] | None) -> list[int]:
        if shape is not None:
            return [int(side) for side in shape]
        weighted = [one for _, one in listed if isinstance(one, (self._nn.Linear, *self._convs()))]
        if weighted and isinstance(weighted[0], self._nn.Linear):
            flattens = any(isinstance(one, self._nn.Flatten) for _, one in listed)
            if not flattens:
                return [int(weighted[0].in_features)]
        raise FalignError(
            "from_torch: input_shape: modules on images do not tell how large those are; give the "
            "shape of a sample, such as input_shape=(1, 28, 28), or (1, 40) of a sequence"
        )

    def _convs(self) -> tuple[type, ...]:
        return self._nn.Conv1d, self._nn.Conv2d

    def _maker(self, one: Any) -> Callable[[Any], None]:
        nn = self._nn
        makers: list[tuple[tuple[type, ...], Callable[[Any], None]]] = [
            ((nn.Linear,), self._linear),
            (self._convs(), self._conv),
            ((nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d), self._pool),
            ((nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d), self._pool_whole),
            ((nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d), self._pool_whole),
            ((nn.BatchNorm1d, nn.BatchNorm2d), self._batch_norm),
            ((nn.LayerNorm, nn.GroupNorm), self._layer_norm),
            ((nn.Flatten,), self._flatten),
            ((nn.Dropout,), self._dropout),
            ((nn.Identity,), lambda _: None),
        ]
        for kinds, maker in makers:
            if type(one) in kinds:
                return maker
        if (name := self._activation(one)) is not None:
            return lambda _: self._psi(name)
        return self._unknown

    def _activation(self, one: Any) -> str | None:
        nn = self._nn
        plain = {nn.ReLU: "relu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid", nn.SiLU: "silu"}
        if type(one) in plain:
            return plain[type(one)]
        exact: dict[type, tuple[str, dict[str, Any]]] = {
            nn.GELU: ("gelu", {"approximate": "none"}),
            nn.ELU: ("elu", {"alpha": 1.0}),
            nn.LeakyReLU: ("leaky_relu", {"negative_slope": 0.01}),
            nn.Softplus: ("softplus", {"beta": 1.0}),
        }
        if type(one) not in exact:
            return None
        name, numbers = exact[type(one)]
        for key, number in numbers.items():
            if getattr(one, key) != number:
                raise _Refused(f"{name} has {key} = {number}, not {getattr(one, key)}")
        return name

    def _unknown(self, one: Any) -> None:
        reasons = {
            "Softmax": "outputs are sums, of which the loss makes probabilities; leave it out",
            "LogSoftmax": "outputs are sums, of which the loss makes probabilities; leave it out",
            "Dropout1d": "whole channels are never dropped; take Dropout",
            "Dropout2d": "whole channels are never dropped; take Dropout",
            "MultiheadAttention": "layers with attention are not there",
        }
        kind = type(one).__name__
        raise _Refused(reasons.get(kind, "no layer computes it"))

    def _put(self, layer: dict[str, Any], psi: str | None) -> None:
        """A layer, and what is behind it unless an activation follows: none where it cannot."""
        self.layers.append(layer)
        self._psis.append(psi)
        self._is_open = psi is not None

    def _psi(self, name: str) -> None:
        if not self._is_open:
            raise _Refused(
                "activations are behind convolutions, linear layers and norms alone; of a pool with "
                "the largest number put it before, where it does the same"
            )
        self._psis[-1] = name
        self._is_open = False

    def _parameters(self, one: Any, has_bias: bool) -> None:
        at = self._layers_with_weights()
        self.tensors[f"layers.{at}.weight"] = _array(one.weight)
        if has_bias:
            self.tensors[f"layers.{at}.bias"] = _array(one.bias)

    def _layers_with_weights(self) -> int:
        return sum(name.endswith(".weight") for name in self.tensors)

    def _linear(self, one: Any) -> None:
        if self._axes > 1:
            raise _Refused("it reads the last axis of an image; put Flatten before it")
        # It flattens what it reads.
        self._flattened_at = None
        self._put({"dense": int(one.out_features)}, "linear")
        self._biases.append((self._name, one.bias is not None))
        self._parameters(one, one.bias is not None)

    def _conv(self, one: Any) -> None:
        sides = len(one.kernel_size)
        if self._axes != sides + 1:
            raise _Refused(f"samples have {self._axes} axes here, and it reads {sides + 1}")
        for key, plain in {"groups": 1, "dilation": (1,) * sides, "padding_mode": "zeros"}.items():
            if getattr(one, key) != plain:
                raise _Refused(f"convolutions have {key} = {plain!r}, not {getattr(one, key)!r}")
        layer = {"conv": int(one.out_channels), "kernel": _sides(one.kernel_size)}
        if any(side != 1 for side in one.stride):
            layer["stride"] = _sides(one.stride)
        padding = one.padding
        if padding == "valid":
            padding = (0,) * sides
        if padding == "same":
            if any(size % 2 == 0 for size in one.kernel_size):
                raise _Refused("as many zeros are put on either side; take an odd kernel")
            padding = tuple(size // 2 for size in one.kernel_size)
        if any(padding):
            layer["padding"] = _sides(padding)
        self._put(layer, "linear")
        self._biases.append((self._name, one.bias is not None))
        self._parameters(one, one.bias is not None)

    def _pool(self, one: Any) -> None:
        self._is_open = False
        for key, plain in {"padding": 0, "dilation": 1, "ceil_mode": False}.items():
            if np.any(np.asarray(getattr(one, key, plain)) != plain):
                raise _Refused(f"pools have {key} = {plain}, not {getattr(one, key)}")
        if getattr(one, "divisor_override", None) is not None:
            raise _Refused("the mean divides by the numbers of a window")
        kind = "max" if type(one).__name__.startswith("Max") else "mean"
        layer: dict[str, Any] = {"pool": kind, "size": _sides(one.kernel_size)}
        if _sides(one.stride) != layer["size"]:
            layer["stride"] = _sides(one.stride)
        self._put(layer, None)

    def _pool_whole(self, one: Any) -> None:
        self._is_open = False
        if np.any(np.asarray(one.output_size) != 1):
            raise _Refused(f"windows are the whole image or of one size; output_size is {one.output_size}")
        self._put({"pool": "max" if "Max" in type(one).__name__ else "mean"}, None)

    def _batch_norm(self, one: Any) -> None:
        if one.running_mean is None:
            raise _Refused("norms over a batch have running moments; set track_running_stats")
        if one.momentum != 0.1:
            raise _Refused(f"running moments move by 0.1 of the difference, not {one.momentum}")
        self._norm("batch", one)
        self._moments[len(self.layers) - 1] = {
            "running_mean": _array(one.running_mean),
            "running_variance": _array(one.running_var),
        }

    def _layer_norm(self, one: Any) -> None:
        if hasattr(one, "num_groups"):
            if one.num_groups != 1:
                raise _Refused(f"norms take all numbers of a sample together, not {one.num_groups} groups")
        elif len(one.normalized_shape) != self._axes:
            raise _Refused(f"norms take all numbers of a sample together, not the last {len(one.normalized_shape)} axes")
        elif self._axes > 1 and one.weight is not None:
            raise _Refused("gains are one a channel, not one a number; take GroupNorm(1, channels)")
        if one.weight is not None and one.bias is None:
            raise _Refused("gains have biases; give it both or neither")
        self._norm("layer", one)

    def _norm(self, kind: str, one: Any) -> None:
        if self._flattened_at is not None:
            self.layers.insert(self._flattened_at, {"flatten": True})
            self._psis.insert(self._flattened_at, None)
            self._flattened_at = None
        layer: dict[str, Any] = {"norm": kind}
        if one.weight is None:
            layer["gain"] = False
        if one.eps != 1e-5:
            layer["epsilon"] = float(one.eps)
        self._put(layer, "linear")
        if one.weight is not None:
            self._parameters(one, has_bias=True)

    def _flatten(self, one: Any) -> None:
        if one.start_dim != 1 or one.end_dim != -1:
            raise _Refused("a sample is flattened whole: start_dim = 1, end_dim = -1")
        if self._axes > 1:
            self._flattened_at = len(self.layers)
        self._axes = 1

    def _dropout(self, one: Any) -> None:
        self._is_open = False
        if not 0 <= one.p < 1:
            raise _Refused(f"numbers are dropped with probability below 1, not {one.p}")
        self._put({"dropout": float(one.p)}, None)

    def _end(self) -> None:
        """What can be told of the whole only."""
        if not self.layers or "dense" not in self.layers[-1]:
            self._problems.append("  last module: a Linear layer gives the outputs; put one behind")
        elif self._psis[-1] != "linear":
            self._problems.append("  last module: outputs are sums; leave its activation out")
        without = [name for name, has in self._biases if not has]
        if without and len(without) < len(self._biases):
            names = ", ".join(without)
            self._problems.append(
                f"  {names}: layers without biases beside others with them (network.biases); give them some"
            )

    def _settle(self) -> str:
        """The activation behind most layers; others have their own."""
        named = [psi for layer, psi in zip(self.layers, self._psis, strict=True) if psi and "norm" not in layer]
        usual = Counter(named[:-1] or ["linear"]).most_common(1)[0][0]
        at = 0
        for index, (layer, psi) in enumerate(zip(self.layers, self._psis, strict=True)):
            # Numbers of maps count all that a sample meets, layers too.
            is_norm = "norm" in layer
            for name, moments in self._moments.get(index, {}).items():
                self.tensors[f"maps.{at}.{name}"] = moments
            expected = "linear" if is_norm or index + 1 == len(self.layers) else usual
            if psi is not None and psi != expected:
                layer["activation"] = psi
            # Gains are a layer behind their norm; without them psi is a map of its own.
            at += is_norm and (layer.get("gain", True) or psi != "linear")
            at += 1
        return usual


def _sides(sides: Any) -> Any:
    """One number where both axes have the same."""
    each = [int(side) for side in np.ravel(sides)]
    return each[0] if len(set(each)) == 1 else each
