"""What theory says of data and a config, before anything is trained."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import ArrayLike

from falign import _core, _html, data
from falign.config import Config

__all__ = ["Certificate", "Certificates", "theory"]


@dataclass(frozen=True, repr=False)
class Certificate:
    """The certificate of one setting; printing it gives the program's page."""

    page: str
    """A page of a hundred columns."""
    entries: dict[str, Any] = field(compare=False)
    """Everything, by the keys of ``docs/theory.md``: ``summary``, ``numbers`` by group,
    ``statements`` (theorems with their conditions), ``remarks``, and the setting."""

    def __getitem__(self, key: str) -> float | None:
        """The number of that key, such as ``"gamma"``; ``None`` where it has no value."""
        groups = [*self.entries["numbers"].values()]
        groups += [one["numbers"] for one in self.entries["statements"].values()]
        for group in groups:
            if key in group:
                value = group[key]["value"]
                return None if value is None else float(value)
        known = sorted(name for group in groups for name in group)
        raise KeyError(f"{key!r} is no number of this certificate; there are {', '.join(known)}")

    def verdict(self, statement: str) -> str:
        """Whether a theorem speaks of this setting: ``conditions_met``,
        ``sufficient_condition_not_met`` (it is silent), ``conditions_open`` or
        ``conditions_not_met``."""
        return str(self.entries["statements"][statement]["verdict"])

    def __repr__(self) -> str:
        return self.page

    def _repr_html_(self) -> str:
        return _html.of_text(self.page)


class Certificates(Sequence[Certificate]):
    """One certificate for each case and each rule and activation in it."""

    def __init__(self, found: Sequence[Certificate]) -> None:
        self._found = list(found)

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, index: Any) -> Any:
        """A certificate by place; by a key, that number of the only one."""
        if isinstance(index, str):
            if len(self) != 1:
                raise KeyError(f"{index!r}: there are {len(self)} certificates; choose one first")
            return self._found[0][index]
        return self._found[index]

    def __repr__(self) -> str:
        return "\n".join(one.page for one in self)

    def _repr_html_(self) -> str:
        return _html.of_text(repr(self))


def theory(
    config: Config,
    X: ArrayLike | data.Reals | None = None,
    y: ArrayLike | None = None,
    *,
    run: str | os.PathLike[str] | None = None,
    every_setting: bool = False,
    alignment: float | None = None,
) -> Certificates:
    """Ask the theory of two-layer networks: what holds, what is expected, what is open.

    The final alignment that is expected, with its error and the cutoff of the ridge that it needs;
    on the data and the start of run 0, eigenvalues of the kernels, step sizes, the ridge and
    times at which alignment comes, and each theorem of Song, Xu and Lafferty (NeurIPS 2021) with
    its conditions. Of a sweep, one certificate for each case, rule and activation: of the
    largest ridge and width. Cost: O(samples^3), and up to 20 seconds for the alignment.

    Parameters
    ----------
    config, X, y
        As for :func:`falign.train`.
    run : path, optional
        A finished run folder of this config, whose first run adds what was observed.
    every_setting : bool
        Of a sweep, a certificate of each setting.
    alignment : float, optional
        The cosine of b and beta, between 0 and 1, whose cutoff is looked for; without it, 90 % of
        the best that a cutoff within the run gives.

    Returns
    -------
    Certificates
        Printed, they are the pages of ``falign theory``; ``found["gamma"]`` is a number.

    Raises
    ------
    ConfigError
        For the mini-batch engine, of which the theorems say nothing, and for a wanted alignment
        that is not between 0 and 1.
    """
    given = data.given(X, y)
    core = None if given is None else given._core
    folder = None if run is None else os.fspath(run)
    found = _core.theory(config._flat(), core, folder, every_setting, alignment)
    return Certificates([Certificate(page, json.loads(entries)) for page, entries in found])
