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
Networks of ``layers`` go both ways too: :func:`to_torch` makes the ``torch.nn.Sequential`` of a
run, and :func:`from_torch` the config of one, which starts from its weights.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from falign import _core
from falign._extras import need
from falign._sequential import ACTIVATIONS, Module, modules
from falign._torch import Imported
from falign.config import Config
from falign.data import whole
from falign.errors import ConfigError, FalignError, ShapeError
from falign.results import Run

__all__ = [
    "activations",
    "from_torch",
    "initial_weights",
    "load",
    "save",
    "state_dict",
    "to_torch",
]

State = dict[str, NDArray[Any]]


def _has_places(run: Run) -> bool:
    """Whether the network has other layers than dense ones."""
    plain = {"dense", "flatten"}
    return any(not plain >= layer.keys() for layer in run.config.layers or ())


def _layers(run: Run, number: int) -> list[tuple[Any, Any, str]]:
    if _has_places(run):
        raise FalignError("interop: a list of layers that are not all dense; use to_torch")
    number, weights = run._last_weights(number)
    return _core.plain(run.config._flat(), run._fitted(number), number, weights)


def state_dict(run: Run, number: int = 0) -> State:
    """The last weights of run ``number`` as a state dict of float64 arrays.

    ``I.weight`` is (units, inputs) and ``I.bias`` (units,), with I = 0, 2, 4, ... from the input
    up; of a network of ``layers`` names are those of the modules of :func:`to_torch`. Raises
    ``ConfigError`` where outputs are centred on those of the start, and ``FalignError`` without
    final weights.
    """
    state: State = {}
    if _has_places(run):
        if run.config.center_outputs is True:
            raise ConfigError("center_outputs = true: outputs minus those of the start are no plain network's")
        for at, module in enumerate(modules(run, number)):
            state.update({f"{at}.{name}": array for name, array in module.arrays.items()})
        return state
    for at, (weights, bias, _) in enumerate(_layers(run, number)):
        state[f"{2 * at}.weight"] = weights
        if bias is not None:
            state[f"{2 * at}.bias"] = bias
    return state


def to_torch(run: Run, number: int = 0) -> Any:
    """The last network of run ``number`` as a ``torch.nn.Sequential`` in float64, with outputs
    equal to :meth:`falign.Run.predict` of inputs as they are stored; of a network of ``layers``
    inputs have the shape of a sample, channels first. It is in ``eval`` mode. Needs torch.

    Convolutions, dense layers, pools, norms, dropout and activations have their modules; the norm
    of an image's numbers is ``GroupNorm(1, channels)``. Raises ``FalignError`` naming the layers
    that have none: ``local`` ones and residual blocks.
    """
    torch = need("torch", "interop.to_torch")
    if _has_places(run):
        plan = modules(run, number)
    else:
        plan = []
        for weights, bias, psi in _layers(run, number):
            arrays = {"weight": weights} if bias is None else {"weight": weights, "bias": bias}
            units, inputs = weights.shape
            sizes = {"in_features": inputs, "out_features": units, "bias": bias is not None}
            plan.append(Module("Linear", sizes, arrays))
            if psi not in ACTIVATIONS and psi != "linear":
                raise FalignError(f"interop: torch.nn has no module of {psi}; use state_dict")
            plan += [Module(*ACTIVATIONS.get(psi, ("Identity", {})))]
        plan.pop()
    made = [getattr(torch.nn, one.kind)(**one.made_with) for one in plan]
    network = torch.nn.Sequential(*made).double()
    state = {
        f"{at}.{name}": torch.from_numpy(np.array(array))
        for at, one in enumerate(plan)
        for name, array in one.arrays.items()
    }
    network.load_state_dict(state)
    return network.eval()


def from_torch(
    module: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    input_shape: Sequence[int] | None = None,
) -> Config:
    """The config of a ``torch.nn.Sequential``: its ``layers``, ``input``, ``activation`` and
    ``biases``; with a ``path`` it starts from the module's weights, which are written there.
    Choose a rule, a step size and data by :meth:`falign.Config.replace`. Needs torch, and
    safetensors for a path.

    Parameters
    ----------
    module : torch.nn.Sequential
        Of ``Linear``, ``Conv1d`` or ``Conv2d``, ``MaxPool``, ``AvgPool``, ``AdaptiveAvgPool(1)``,
        ``BatchNorm``, ``LayerNorm``, ``GroupNorm(1, channels)``, ``Dropout``, ``Flatten``,
        ``ReLU``, ``Tanh``, ``Sigmoid``, ``GELU``, ``SiLU``, ``ELU``, ``LeakyReLU``, ``Softplus``,
        and other ``Sequential``. Its last module is ``Linear``.
    path : path, optional
        Of the ``safetensors`` file of its weights, with running moments. Feedback weights are
        drawn.
    input_shape : sequence of int, optional
        Shape of a sample, channels first. A network that begins with ``Linear`` tells it.

    Raises
    ------
    FalignError
        Listing every module that has no layer here, and why.
    """
    found = Imported(module, input_shape)
    config = Config(
        layers=found.layers,
        input=found.input,
        activation=found.activation,  # type: ignore[arg-type]
        biases=found.biases,
        initialisation="uniform_fan_in",
        scaling="none",
    )
    if path is None:
        return config
    tensors = {name: _in_precision(x) for name, x in found.tensors.items()}
    need("safetensors.numpy", "interop.from_torch").save_file(tensors, os.fspath(path))
    return config.replace(initial_weights=os.fspath(path), initial_feedback="drawn")


def activations(run: Run) -> list[str]:
    """Names of the activations between the linear layers, from the input up."""
    return [name for _, _, name in _layers(run, 0)[:-1]]


def save(run: Run, path: str | os.PathLike[str], number: int = 0) -> None:
    """Write :func:`state_dict` as a ``safetensors`` file. Needs safetensors."""
    metadata = {"format": "pt"}
    if not _has_places(run):
        metadata["activations"] = ",".join(activations(run))
    tensors = {name: np.ascontiguousarray(x) for name, x in state_dict(run, number).items()}
    need("safetensors.numpy", "interop.save").save_file(tensors, os.fspath(path), metadata)


def load(path: str | os.PathLike[str]) -> State:
    """Read the arrays of a ``safetensors`` file by name. Needs safetensors."""
    found: State = need("safetensors.numpy", "interop.load").load_file(os.fspath(path))
    return found


def initial_weights(
    state: Mapping[str, Any],
    path: str | os.PathLike[str],
    feedback: Sequence[Any] | None = None,
) -> None:
    """Write a state dict of another library as a file to start from,
    ``Config(initial_weights=path)``.

    The start then has these numbers as its weights: choose an ``initialisation`` whose layers
    have no factor, such as ``"xavier"``, and ``biases=True`` if there are some. Needs
    safetensors.

    Parameters
    ----------
    state : mapping of str to array_like or tensor
        Names that end in ``weight``, each (units, inputs), and ``bias``, (units,), in the order
        of the layers; names that differ in a number only are put in the order of the numbers.
        :attr:`falign.Run.weights` of a network whose layers have no factor is one, with
        its ``feedback.0``, ``feedback.1``, ...
    path : path
        Of the ``safetensors`` file.
    feedback : sequence of array_like, optional
        Feedback weights, one array for each hidden layer from the input up: (units of the layer
        above, units), or (outputs, units) of a direct rule. Without them choose a rule that has
        none, or ``initial_feedback="drawn"``.

    Raises
    ------
    ShapeError
        Where layers do not follow one another, or an array belongs to no layer.
    """
    unread = {name: whole(name, value) for name, value in state.items()}
    weights = [(name, unread.pop(name)) for name in _in_order(unread)]
    tensors: State = {}
    for at, (name, x) in enumerate(weights):
        if x.ndim != 2 or (at > 0 and x.shape[1] != len(weights[at - 1][1])):
            raise ShapeError(f"{name} has shape {x.shape}, which does not follow the layer below")
        tensors[f"layers.{at}.weight"] = x
        bias_name = name.removesuffix("weight") + "bias"
        if (bias := unread.pop(bias_name, None)) is not None:
            if bias.shape != (len(x),):
                raise ShapeError(f"{bias_name} has shape {bias.shape}, expected ({len(x)},)")
            tensors[f"layers.{at}.bias"] = bias
    named = [name for name in unread if name.startswith("feedback.")]
    if feedback is not None and named:
        raise ShapeError(f"feedback: {', '.join(named)} in the state give it too; keep one")
    if named:
        feedback = [unread.pop(f"feedback.{at}", None) for at in range(len(named))]
    if unread or (feedback is not None and any(x is None for x in feedback)):
        names = ", ".join(unread)
        raise ShapeError(f"{names}: weight, bias or feedback weights of no layer; leave them out")
    for at, x in enumerate(_feedback([x for _, x in weights], feedback)):
        tensors[f"feedback.{at}"] = x
    tensors = {name: _in_precision(x) for name, x in tensors.items()}
    need("safetensors.numpy", "interop.initial_weights").save_file(tensors, os.fspath(path))


def _in_order(names: Iterable[str]) -> list[str]:
    """The names of weights. Files have them in the order of the alphabet, in which 10 comes
    before 2."""
    found = [name for name in names if name.endswith("weight")]
    numbers = [re.findall(r"\d+", name) for name in found]
    if len({re.sub(r"\d+", "", name) for name in found}) == 1:
        order = sorted(range(len(found)), key=lambda at: [int(n) for n in numbers[at]])
        found = [found[at] for at in order]
    return found


def _feedback(weights: Sequence[Any], feedback: Sequence[Any] | None) -> list[NDArray[Any]]:
    """Feedback weights that fit these layers."""
    if feedback is None:
        return []
    hidden = weights[:-1]
    if len(feedback) != len(hidden):
        found = f"{len(feedback)} arrays"
        raise ShapeError(f"feedback has {found}, expected one for each of {len(hidden)} hidden layers")
    arrays = [whole("feedback", x) for x in feedback]
    for at, x in enumerate(arrays):
        units, above, outputs = len(hidden[at]), len(weights[at + 1]), len(weights[-1])
        if x.shape not in ((above, units), (outputs, units)):
            expected = f"({above}, {units}), or ({outputs}, {units}) of a direct rule"
            raise ShapeError(f"feedback[{at}] has shape {x.shape}, expected {expected}")
    return arrays


def _in_precision(x: NDArray[Any]) -> NDArray[Any]:
    """As weights files hold numbers."""
    return np.ascontiguousarray(x, dtype=np.float32 if x.dtype == np.float32 else np.float64)
