"""Is a rule the rule it is called?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from falign import _core, _html, data
from falign.config import Config
from falign.rule import LearningRule, maker

__all__ = ["Audit", "Check", "UpdatedPart", "UpdatesAudit", "audit", "audit_updates"]


@dataclass(frozen=True)
class Check:
    """One check of an audit."""

    name: str
    """As in the table of ``docs/guide.md``: ``gradient``, ``definition``, ``locality``, ..."""
    meaning: str
    """What must hold, in a sentence."""
    verdict: str
    """``passed``, ``failed`` or ``not_applicable``."""
    found: float | None
    """The number that decided, where one did."""
    allowed: float | None
    """The largest number that passes, where there is one."""
    note: str
    """What was compared where it failed, or why it does not apply."""


@dataclass(frozen=True)
class Audit:
    """All checks of one rule."""

    case: str
    """Case of its setting; empty if there are none."""
    rule: str
    """What the rule claims to be."""
    sizes: tuple[int, ...]
    """Units of the audited network, from the inputs to the outputs."""
    samples: int
    """Samples of the batch."""
    step_size: float
    """That of the audit's steps: the config's, or the largest half of it at which the loss does
    not explode."""
    checks: tuple[Check, ...]
    """In a fixed order."""
    verdict: str
    """The result in words, without its subject: ``is feedback alignment: all 10 checks pass``."""

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(check.verdict != "failed" for check in self.checks)

    def _repr_html_(self) -> str:
        return _html.of_text(str(self))

    def __str__(self) -> str:
        head = f"{self.rule}: {'-'.join(map(str, self.sizes))} network, {self.samples} samples"
        lines = [
            f"  {one.name:<18} {one.verdict:<14} {_number(one.found):>8} {_number(one.allowed):>8}"
            f"  {one.note}".rstrip()
            for one in self.checks
            if one.verdict != "not_applicable"
        ]
        return "\n".join([head, *lines, f"  {self.verdict}"])


def _number(x: float | None) -> str:
    return "" if x is None else f"{x:.1e}"


def audit(
    config: Config,
    X: ArrayLike | data.Reals | data.Labelled | None = None,
    y: ArrayLike | None = None,
    *,
    rule: LearningRule | None = None,
    width: int = 100,
    samples: int = 50,
) -> list[Audit]:
    """Prove that every rule of a config is the rule it is called, on a network of its setting.

    Every number that a rule delivers in a few steps is compared with the definition, written
    out as plain loops that share no code with the engines.

    Parameters
    ----------
    config, X, y
        As for :func:`falign.train`; sweeps and cases are audited one rule a case.
    rule : LearningRule, optional
        A rule of one's own, held to what the config's ``rule`` claims. It must show its
        feedback weights (attribute ``feedback``) if it claims to have some.
    width, samples : int
        Hidden layers and the batch are cut to these; of a list of layers the batch alone.

    Returns
    -------
    list of Audit
        Print one to read it.
    """
    if rule is not None:
        config = config.replace(engine="mini_batch")
    given = data.given(X, y)
    core = None if given is None else given._core
    found = _core.audit(config._flat(), core, maker(rule, config.seed), width, samples)
    return [_audit(one) for one in found]


def _audit(one: Any) -> Audit:
    case, rule, sizes, samples, step_size, checks, verdict = one
    made = tuple(Check(*check) for check in checks)
    return Audit(case, rule, tuple(sizes), samples, step_size, made, verdict)


@dataclass(frozen=True)
class UpdatedPart:
    """Weights, biases or feedback weights of one layer, compared with what a rule says."""

    layer: int
    """From 1 at the input."""
    kind: str
    """``weights``, ``biases`` or ``feedback``."""
    verdict: str
    """``passed``, ``failed``, or ``not_applicable`` where rounding hides the change."""
    error: float
    """Largest difference from what the rule says, relative to the largest change."""
    allowed: float
    """The part of it that rounding explains, where it explains least."""
    instead: str | None
    """What is found in place of the claim."""


@dataclass(frozen=True)
class UpdatesAudit:
    """Updates of another program against the rule that they claim to follow."""

    rule: str
    """The claim."""
    sizes: tuple[int, ...]
    """Units of each layer, from the inputs to the outputs."""
    batch_size: int
    """Samples of the batch."""
    precision: str
    """``f32`` or ``f64``: that of the weights after the step."""
    parts: tuple[UpdatedPart, ...]
    """From the input up."""
    explained_by: str | None
    """The rule of the family that explains all updates where the claimed one does not."""
    also: tuple[str, ...]
    """Other rules that would have made the same updates."""
    verdict: str
    """The result in words, without its subject: ``is not feedback alignment: it is ...``."""

    @property
    def passed(self) -> bool:
        """Whether all updates are proved to be what they claim to be."""
        return all(part.verdict == "passed" for part in self.parts)

    def _repr_html_(self) -> str:
        return _html.of_text(str(self))

    def __str__(self) -> str:
        sizes = "-".join(map(str, self.sizes))
        lines = [
            f"  layer {one.layer} {one.kind:<10} {one.verdict:<14}"
            f" {_number(one.error):>8} {_number(one.allowed):>8}"
            for one in self.parts
        ]
        head = f"{self.rule}: {sizes} network, {self.batch_size} samples, {self.precision}"
        return "\n".join([head, *lines, f"  {self.verdict}"])


def audit_updates(
    updates: str | os.PathLike[str] | Mapping[str, ArrayLike | str],
    *,
    tolerance: float | None = None,
) -> UpdatesAudit:
    """Prove that updates made by another program are those of a rule.

    One step of plain gradient descent is enough. What is not the claimed rule's is told by what it is
    instead: another rule, a usual mistake, or another step size or ridge.

    Parameters
    ----------
    updates : path or mapping
        An NPZ file, or its arrays by their names: ``X`` (samples, inputs), ``y``, for each layer ``L``
        from 0 at the input ``before.L.weight`` and ``after.L.weight`` (units, inputs), where there are
        biases ``before.L.bias`` and ``after.L.bias``, for each hidden layer ``feedback.L``, and ``rule``,
        ``activation``, ``step_size``; ``loss``, ``reduction``, ``ridge``, ``factor.L`` and
        ``feedback_after.L`` where they are not the defaults.
        ``docs/audit_updates.md`` has the whole table and a PyTorch script.
    tolerance : float, optional
        Relative rounding of sums, where that is not the precision's own: 1e-3 for products of matrices in
        TF32.

    Returns
    -------
    UpdatesAudit
        Print it to read it.

    Examples
    --------
    >>> import numpy as np, falign as fa
    >>> X, y, W = np.eye(3), np.ones((3, 1)), np.zeros((1, 3))
    >>> found = fa.audit_updates({
    ...     "X": X, "y": y, "before.0.weight": W, "after.0.weight": W + 0.5 * y.T @ X / 3,
    ...     "rule": "backpropagation", "activation": "linear", "step_size": 0.5,
    ... })
    >>> found.passed
    True
    """
    if isinstance(updates, Mapping):
        arrays = [(str(name), _value(value)) for name, value in updates.items()]
        return _updates(_core.audit_updates("updates", arrays, tolerance))
    return _updates(_core.audit_updates(os.fspath(updates), None, tolerance))


def _value(value: Any) -> Any:
    text = np.asarray(value)
    if text.dtype.kind in "US" and text.size == 1:
        found = text.item()
        return found.decode() if isinstance(found, bytes) else found
    return np.ascontiguousarray(text, dtype=np.float64).reshape(text.shape)


def _updates(one: Any) -> UpdatesAudit:
    rule, sizes, samples, precision, parts, explained_by, also, verdict = one
    made = tuple(UpdatedPart(*part) for part in parts)
    return UpdatesAudit(
        rule, tuple(sizes), samples, precision, made, explained_by, tuple(also), verdict
    )
