"""What the names in experiment files mean, and what to cite."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from falign import _core
from falign.config import Config
from falign.errors import ConfigError

__all__ = ["Explanation", "Explanations", "cite", "explain"]

# Columns of a page.
_PAGE = 80


@dataclass(frozen=True, repr=False)
class Explanation:
    """What one name means; printed, it is the page of ``falign explain``."""

    name: str
    """The name, as it is written in files: ``network.width`` for ``width``."""
    kind: str
    """What it names, such as ``a measured quantity``, ``a learning rule`` or ``a key``."""
    parts: dict[str, str]
    """Texts by their labels, in reading order; the first is ``what``."""

    def __repr__(self) -> str:
        width = max(map(len, self.parts))
        lines = [f"{self.name}: {self.kind}"]
        for label, text in self.parts.items():
            start = f"  {label:{width}}  "
            lines += textwrap.wrap(
                text,
                _PAGE,
                initial_indent=start,
                subsequent_indent=" " * len(start),
                break_long_words=False,
                break_on_hyphens=False,
            )
        return "\n".join(lines)


class Explanations(Sequence[Explanation]):
    """Everything that goes by one name; printed, one below another."""

    def __init__(self, found: Sequence[Explanation]) -> None:
        self._found = tuple(found)

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, index: Any) -> Any:
        """An explanation by its place."""
        return self._found[index]

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self._found))


def explain(name: str) -> Explanations:
    """What a key, a quantity or a learning rule is: formula, source, unit, accepted values, cost.

    Parameters
    ----------
    name : str
        A key (``"network.width"`` or ``"width"``), a quantity (see ``quantities()``), a rule (also as
        figures have it, ``"DFA"``), or a word that is a value of a key, such as ``"relu"``. Small and
        capital letters are the same.

    Returns
    -------
    Explanations
        One of each thing of that name: ``loss`` is a quantity and a key.

    Raises
    ------
    ConfigError
        If there is nothing of that name, with the nearest that there is.

    Examples
    --------
    >>> import falign as fa
    >>> fa.explain("width")[0].parts["accepted"]
    'a whole number from 1 to 10^15'
    >>> [one.kind for one in fa.explain("loss")]
    ['a measured quantity', 'a key']
    """
    return Explanations(
        [Explanation(name, kind, dict(parts)) for name, kind, parts in _core.explain(name)]
    )


def cite(of: str | Config | None = None, *, run: str | os.PathLike[str] | None = None) -> str:
    """BibTeX of the paper, of where an experiment or a rule is from, and of falign.

    Parameters
    ----------
    of : str or Config, optional
        The name of a built-in experiment or of a learning rule, or a config, whose ``source`` and rules
        count. Without it, the paper and falign.
    run : path, optional
        A run folder: what its runs used, data sets and the version of falign included.

    Returns
    -------
    str
        A ``.bib`` file: each entry once, below a line that says what it is.

    Raises
    ------
    ConfigError
        If no experiment and no rule has that name, and where both a name and a run are given.

    Examples
    --------
    >>> import falign as fa
    >>> print(fa.cite("direct_feedback_alignment").splitlines()[0])
    % The paper whose experiments falign runs.
    """
    if run is not None:
        if of is not None:
            raise ConfigError("cite: give a name or config, or a run, not both")
        return _core.cite(os.fspath(run), None, None)
    if isinstance(of, Config):
        return _core.cite(None, of._flat(), None)
    return _core.cite(None, None, of)
