"""What can go wrong, one class for each kind of error of the library.

Messages are the library's own, word for word: they name the thing, its value and the fix. A run
that diverges is not an error but an outcome (:attr:`falign.Run.outcomes`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from falign.results import Run
    from falign.sweeps import Sweep

__all__ = [
    "ConfigError",
    "DataError",
    "DataWarning",
    "DivergenceWarning",
    "FalignError",
    "FileError",
    "InternalError",
    "Interrupted",
    "RecordError",
    "ShapeError",
]


class FalignError(Exception):
    """Any error of falign."""


class ShapeError(FalignError, ValueError):
    """An array has the wrong shape, or numbers that are not finite."""


class ConfigError(FalignError, ValueError):
    """A key has a value that cannot be used, or keys contradict one another."""


class DataError(FalignError, ValueError):
    """A data file cannot be used."""


class DataWarning(UserWarning):
    """Data may be taken for what they are not, such as labels for real numbers."""


class DivergenceWarning(UserWarning):
    """Runs diverged: their numbers from some step on are none."""


class FileError(FalignError, OSError):
    """The operating system refused a file operation."""


class RecordError(FalignError, ValueError):
    """A file of a run folder is damaged, foreign or missing."""


class InternalError(FalignError, RuntimeError):
    """A fault of falign itself, which is worth a report. Nothing that was stored is lost."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C stopped a training: what was finished is in :attr:`partial`.

    It is a ``KeyboardInterrupt``, so whoever catches those catches it.
    """

    partial: Run | Sweep
    """The finished runs, of the type that the call would have returned."""

    def __init__(self, message: str, partial: Any) -> None:
        super().__init__(message)
        self.partial = partial
