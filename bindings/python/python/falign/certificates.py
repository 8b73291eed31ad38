"""What theory says of data and a config, before anything is trained."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from falign import _core, _html, data
from falign._extras import need
from falign.config import Config
from falign.results import Run

if TYPE_CHECKING:
    import pandas

__all__ = ["Certificate", "Certificates", "theory"]

# What a number says, and what a certificate is of.
_COLUMNS = ("value", "basis", "label", "note")
_SETTING = ("case", "rule", "activation", "width", "ridge", "step_size", "steps", "samples", "input_dim", "outputs")


@dataclass(frozen=True, repr=False)
class Certificate:
    """The certificate of one setting; printing it gives the program's page."""

    page: str
    """A page of a hundred columns."""
    entries: dict[str, Any] = field(compare=False)
    """Everything, by the keys of ``docs/theory.md``: ``summary``, ``numbers`` by group,
    ``statements`` (theorems with their conditions), ``remarks``, and the setting."""

    def _groups(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Numbers by what they belong to: a group, or a statement."""
        yield from self.entries["numbers"].items()
        for name, one in self.entries["statements"].items():
            yield name, one["numbers"]

    def __getitem__(self, key: str) -> float | None:
        """The number of that key, such as ``"gamma"``; ``None`` where it has no value."""
        for _, group in self._groups():
            if key in group:
                value = group[key]["value"]
                return None if value is None else float(value)
        known = ", ".join(sorted(self.keys()))
        raise KeyError(f"{key!r} is no number of this certificate; there are {known}")

    def keys(self) -> list[str]:
        """Names of all numbers."""
        return list(dict.fromkeys(name for _, group in self._groups() for name in group))

    def to_pandas(self) -> pandas.DataFrame:
        """One row for each number: its group or statement (``of``), ``key``, ``value`` (NaN where it has
        none), ``basis``, and what it is (``label``, ``note``). Needs pandas."""
        rows = [
            {"of": name, "key": key, **{column: one.get(column) for column in _COLUMNS}}
            for name, group in self._groups()
            for key, one in group.items()
        ]
        frame: pandas.DataFrame = need("pandas", "to_pandas").DataFrame(rows)
        frame["value"] = frame["value"].astype(float)
        return frame

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

    def to_pandas(self) -> pandas.DataFrame:
        """One row for each certificate: its setting, then every number by its key. Needs pandas."""
        rows = [
            {key: one.entries[key] for key in _SETTING} | {key: one[key] for key in one.keys()}  # noqa: SIM118
            for one in self
        ]
        frame: pandas.DataFrame = need("pandas", "to_pandas").DataFrame(rows)
        return frame

    def __repr__(self) -> str:
        return "\n".join(one.page for one in self)

    def _repr_html_(self) -> str:
        return _html.of_text(repr(self))


def theory(
    config: Config | Run,
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
        As for :func:`falign.train`; or a :class:`falign.Run`, with its config and data.
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
    if isinstance(config, Run):
        given = config._stored() if given is None else given
        config = config.config
    core = None if given is None else given._core
    folder = None if run is None else os.fspath(run)
    found = _core.theory(config._flat(), core, folder, every_setting, alignment)
    return Certificates([Certificate(page, json.loads(entries)) for page, entries in found])
