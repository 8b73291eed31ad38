"""Weights for PyTorch and other libraries, and back.

A network trained here is, for others, a stack of linear layers: :func:`state_dict` names them as
``torch.nn.Sequential(Linear, activation, Linear, ...)`` does, ``0.weight``, ``0.bias``,
``2.weight``, ... All factors of falign's layers, such as 1/sqrt(width), and the scaling of the
inputs are folded into the weights, so that the other network takes inputs as they are stored.

>>> import numpy as np, falign as fa
>>> config = fa.Config(width=8, activation="tanh", steps=5, runs=1, save_weights="final")
>>> X = np.random.default_rng(0).standard_normal((6, 3))
>>> run = fa.train(config, X, X[:, 0])
>>> state = fa.interop.state_dict(run)
>>> {name: array.shape for name, array in state.items()}
{'0.weight': (8, 3), '2.weight': (1, 8)}
>>> bool(np.allclose(np.tanh(X @ state["0.weight"].T) @ state["2.weight"].T, run.predict(X)))
True

There, ``model.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()})`` opens it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from falign import _core
from falign._extras import need
from falign.errors import FalignError, ShapeError
from falign.results import Run, _missing_weights

__all__ = ["activations", "initial_weights", "load", "save", "state_dict"]

State = dict[str, NDArray[np.float64]]


def _layers(run: Run, number: int) -> list[tuple[Any, Any, str]]:
    if run._rule is not None:
        raise FalignError("interop: a network with a rule of one's own; use its weights")
    one = run._all[number]
    if one is None or one.weights[1] is None:
        raise _missing_weights()
    core = None if run._given is None else run._given._core
    return _core.plain(run.config._flat(), core, number, one.weights[1])


def state_dict(run: Run, number: int = 0) -> State:
    """The last weights of run ``number`` as a state dict of float64 arrays.

    ``I.weight`` is (units, inputs) and ``I.bias`` (units,), with I = 0, 2, 4, ... from the input
    up. Raises ``ConfigError`` where outputs are centred on those of the start, and
    ``FalignError`` without final weights.
    """
    state: State = {}
    for at, (weights, bias, _) in enumerate(_layers(run, number)):
        state[f"{2 * at}.weight"] = weights
        if bias is not None:
            state[f"{2 * at}.bias"] = bias
    return state


def activations(run: Run) -> list[str]:
    """Names of the activations between the linear layers, from the input up."""
    return [name for _, _, name in _layers(run, 0)[:-1]]


def save(run: Run, path: str | os.PathLike[str], number: int = 0) -> None:
    """Write :func:`state_dict` as a ``safetensors`` file. Needs safetensors."""
    names = ",".join(activations(run))
    metadata = {"format": "pt", "activations": names}
    tensors = {name: np.ascontiguousarray(x) for name, x in state_dict(run, number).items()}
    need("safetensors.numpy", "interop.save").save_file(tensors, os.fspath(path), metadata)


def load(path: str | os.PathLike[str]) -> State:
    """Read the arrays of a ``safetensors`` file by name. Needs safetensors."""
    found: State = need("safetensors.numpy", "interop.load").load_file(os.fspath(path))
    return found


def initial_weights(state: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Write a state dict of another library as a file to start from,
    ``Config(initial_weights=path)``.

    ``state`` maps names that end in ``weight`` and ``bias`` to arrays or tensors, in the order
    of the layers. The start then has these numbers as its weights: choose an ``initialisation``
    whose layers have no factor, such as ``"xavier"``, and ``biases=True`` if there are some.
    Needs safetensors. Raises ``ShapeError`` where layers do not follow one another.
    """
    arrays = {name: np.asarray(value) for name, value in state.items()}
    weights = [(name, x) for name, x in arrays.items() if name.endswith("weight")]
    tensors: dict[str, NDArray[Any]] = {}
    for at, (name, x) in enumerate(weights):
        if x.ndim != 2 or (at > 0 and x.shape[1] != len(weights[at - 1][1])):
            raise ShapeError(f"{name} has shape {x.shape}, which does not follow the layer below")
        tensors[f"layers.{at}.weight"] = np.ascontiguousarray(x)
        bias = arrays.get(name.removesuffix("weight") + "bias")
        if bias is not None:
            tensors[f"layers.{at}.bias"] = np.ascontiguousarray(bias)
    need("safetensors.numpy", "interop.initial_weights").save_file(tensors, os.fspath(path))
