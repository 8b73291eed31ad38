"""A learning rule of one's own, written in Python.

Each step copies the network's arrays to NumPy and waits for the interpreter lock, so runs do
not share threads. On networks of some hundred units a run takes 1.4 to 3.4 times as long as with a
built-in rule; where a step takes microseconds, the calls do. A rule worth keeping is one small
type in Rust (the library's example ``private_rule``).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from falign.errors import ConfigError

__all__ = ["Layer", "LearningRule", "Step", "Trace"]

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
    inputs: Array | None = None
    """(batch, input_dim), as the first layer reads them; in ``update`` alone."""


class Step(NamedTuple):
    """The step that a rule makes."""

    number: int
    """Steps done before it."""
    step_size: float
    """eta."""
    loss: float
    """The reduced loss of the batch."""


class LearningRule(Protocol):
    """What a rule has: one of two methods. A copy of the rule teaches each run.

    ``teach`` sends a signal to each hidden layer, and the engine makes the step: products with the
    inputs, optimiser, ridge. ``update`` makes the changes of all weights itself, with whatever state
    it keeps in its attributes: Hebbian, three-factor, predictive and local rules. A rule with both
    changes weights by ``update``; the signals of ``teach`` are what ``alignment`` measures.

    Optional attributes: ``name``, the class's name in small letters by default, and ``version``, a
    text, which enter the ids of its runs; ``feedback``: ``feedback``, a list of one matrix for each hidden layer, which
    measurements and the audit then see, (units above, units) on the layerwise path, (outputs,
    units) on the direct one; ``path``, ``"layerwise"`` (the default) or ``"direct"``; and a
    method ``start(layers, rng)``, called once for each run with the layers at the start and a
    NumPy generator of that run's own, to draw the feedback weights.

    Examples
    --------
    >>> class ThreeFactor:
    ...     version = "1"
    ...     def update(self, layers, trace, step):
    ...         below = [trace.inputs, *trace.activities]
    ...         reward = -(trace.residual**2).sum(1, keepdims=True)  # one number a sample
    ...         above = [reward * slope for slope in trace.derivatives] + [-trace.residual]
    ...         return [step.step_size * a.T @ b for a, b in zip(above, below)]
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

    def update(
        self, layers: Sequence[Layer], trace: Trace, step: Step
    ) -> Sequence[Array | tuple[Array | None, Array | None] | None]:
        """The changes of each layer, from the input up, the output layer last: of its weights,
        (units, inputs), or a pair with that of its biases, (units,); None changes nothing. They
        are added as they are, after ridge has shrunk the weights; no optimiser sees them."""


class _Adapter:
    """One run's rule, as the library asks it; converts to the engine's precision."""

    def __init__(self, rule: Any, seed: int, run: int, layers: Sequence[Any]) -> None:
        self._rule = copy.deepcopy(rule)
        self._dtype = layers[0][0].dtype
        self.teaches = callable(getattr(rule, "teach", None))
        self.updates = callable(getattr(rule, "update", None))
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


    def update(
        self, layers: Sequence[Any], trace: Sequence[Any], step: Sequence[Any]
    ) -> list[tuple[Array | None, Array | None]]:
        answer = self._rule.update([Layer(*one) for one in layers], Trace(*trace), Step(*step))
        pairs = [one if isinstance(one, tuple) else (one, None) for one in answer]

        def converted(part: Any) -> Array | None:
            return None if part is None else np.asarray(part, self._dtype)

        return [(converted(weights), converted(biases)) for weights, biases in pairs]


# What makes the rule of a run, for the library.
Maker = Callable[[int, Sequence[Any]], _Adapter]
# Name, version.
Named = tuple[str, str | None]


def maker(rule: Any, seed: int) -> Maker | None:
    """What the library calls to make the rule of a run."""
    if rule is None:
        return None
    if not any(callable(getattr(rule, method, None)) for method in ("teach", "update")):
        kind = type(rule).__name__
        raise ConfigError(
            f"rule = {kind}: expected an object with a method teach(layers, trace) or "
            "update(layers, trace, step)"
        )
    return lambda run, layers: _Adapter(rule, seed, run, layers)


def named(rule: Any) -> Named | None:
    """The name and the version that enter ids."""
    if rule is None:
        return None
    kind = rule if isinstance(rule, type) else type(rule)
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__).lower().strip("_")
    version = getattr(rule, "version", None)
    return str(getattr(rule, "name", None) or snake), None if version is None else str(version)


def own(rule: Any, seed: int) -> tuple[Maker, Named] | None:
    """A rule of one's own as the library takes it."""
    made, name = maker(rule, seed), named(rule)
    return None if made is None or name is None else (made, name)
