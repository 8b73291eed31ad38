"""A learning rule of one's own, written in Python: for exploring, and slow.

Each step copies the network's arrays to NumPy and waits for the interpreter lock, so runs do
not share threads: expect a hundred times the time of a built-in rule on small networks. A rule
worth keeping is one small type in Rust (the library's example ``private_rule``).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from falign.errors import ConfigError

__all__ = ["Layer", "LearningRule", "Trace"]

Array = NDArray[Any]


class Layer(NamedTuple):
    """One layer: z = factor * a @ weights.T + bias, and activation(z) above."""

    weights: Array
    """(units, inputs)."""
    bias: Array | None
    """(units,), where the layer has biases."""
    factor: float
    """What multiplies the weighted sum."""
    activation: str
    """Its name; the last layer's is ``linear``."""


class Trace(NamedTuple):
    """One batch on its way through the network, samples in rows."""

    activities: list[Array]
    """Of each hidden layer, (batch, units), with dropout."""
    derivatives: list[Array]
    """Of each hidden layer's activation, (batch, units), with dropout."""
    outputs: Array
    """(batch, outputs); logits where the loss is a cross-entropy."""
    residual: Array
    """Derivative of the (reduced) loss by the outputs, (batch, outputs)."""
    targets: Array
    """(batch, outputs), one-hot for classes; reduced as the residual is."""


class LearningRule(Protocol):
    """What a rule has: one method. A copy of the rule teaches each run.

    Optional attributes: ``feedback``, a list of one matrix for each hidden layer, which
    measurements and the audit then see, (units above, units) on the layerwise path, (outputs,
    units) on the direct one; ``path``, ``"layerwise"`` (the default) or ``"direct"``; and a
    method ``start(layers, rng)``, called once for each run with the layers at the start and a
    NumPy generator of that run's own, to draw the feedback weights.

    Examples
    --------
    >>> class DirectFeedback:
    ...     path = "direct"
    ...     def start(self, layers, rng):
    ...         k = len(layers[-1].weights)
    ...         self.feedback = [rng.standard_normal((k, len(h.weights))) for h in layers[:-1]]
    ...     def teach(self, layers, trace):
    ...         factor = layers[-1].factor
    ...         return [factor * trace.residual @ b for b in self.feedback]
    """

    def teach(self, layers: Sequence[Layer], trace: Trace) -> Sequence[Array]:
        """The teaching signal of each hidden layer, (batch, units): what stands in the place of
        the derivative of the loss by that layer's activity. The engine multiplies it by psi'
        and makes the step."""


class _Adapter:
    """One run's rule, as the library asks it; converts to the engine's precision."""

    def __init__(self, rule: Any, seed: int, run: int, layers: Sequence[Any]) -> None:
        self._rule = copy.deepcopy(rule)
        self._dtype = layers[0][0].dtype
        self.path = getattr(self._rule, "path", "layerwise")
        if self.path not in ("layerwise", "direct"):
            raise ConfigError(f"rule.path = {self.path!r}: expected 'layerwise' or 'direct'")
        if hasattr(self._rule, "start"):
            rng = np.random.default_rng([seed, run])
            self._rule.start([Layer(*one) for one in layers], rng)

    @property
    def feedback(self) -> list[Array] | None:
        found = getattr(self._rule, "feedback", None)
        return None if found is None else [np.asarray(b, self._dtype) for b in found]

    @feedback.setter
    def feedback(self, found: list[Array]) -> None:
        self._rule.feedback = found

    def teach(self, layers: Sequence[Any], trace: Sequence[Any]) -> list[Array]:
        answer = self._rule.teach([Layer(*one) for one in layers], Trace(*trace))
        return [np.asarray(signal, self._dtype) for signal in answer]


def maker(rule: Any, seed: int) -> Callable[[int, Sequence[Any]], _Adapter] | None:
    """What the library calls to make the rule of a run."""
    if rule is None:
        return None
    if not callable(getattr(rule, "teach", None)):
        kind = type(rule).__name__
        raise ConfigError(f"rule = {kind}: expected an object with a method teach(layers, trace)")
    return lambda run, layers: _Adapter(rule, seed, run, layers)


