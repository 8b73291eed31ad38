"""Is a rule the rule it is called?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from falign import _core, data
from falign.config import Config
from falign.rule import LearningRule, maker

__all__ = ["Audit", "Check", "audit"]


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

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(check.verdict != "failed" for check in self.checks)

    def __str__(self) -> str:
        head = f"{self.rule}: {'-'.join(map(str, self.sizes))} network, {self.samples} samples"
        lines = [
            f"  {one.name:<18} {one.verdict:<14} {_number(one.found):>8} {_number(one.allowed):>8}"
            f"  {one.note}".rstrip()
            for one in self.checks
        ]
        return "\n".join([head, *lines])


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
        Hidden layers and the batch are cut to these.

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
    case, rule, sizes, samples, step_size, checks = one
    return Audit(case, rule, tuple(sizes), samples, step_size, tuple(Check(*c) for c in checks))
