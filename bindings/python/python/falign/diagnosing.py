"""What the machine, the build and Python are, and what is missing or wrong: for reports of faults."""

from __future__ import annotations

import json
import platform
import shutil
import sys
import textwrap
from importlib import metadata
from typing import Any

from falign import _core

__all__ = ["Diagnosis", "doctor"]

_PACKAGES = (
    "numpy",
    "pandas",
    "xarray",
    "pyarrow",
    "matplotlib",
    "scikit-learn",
    "tqdm",
    "safetensors",
)
_HEADINGS = {
    "missing": "missing, and how to get it",
    "warning": "warnings",
    "broken": "broken",
}


class Diagnosis(dict[str, Any]):
    """What :func:`doctor` finds: the object of ``falign doctor --json``, which prints as
    ``falign doctor`` does. ``docs/doctor.md`` has its keys."""

    def __init__(self, text: str, sections: list[tuple[str, list[tuple[str, str]]]]) -> None:
        super().__init__(json.loads(text))
        self._sections = sections

    def to_json(self) -> str:
        """The object as text, for a report."""
        return json.dumps(self, indent=2, ensure_ascii=False)

    def __repr__(self) -> str:
        columns = shutil.get_terminal_size().columns
        labels = [label for _, facts in self._sections for label, _ in facts]
        width = max(map(len, labels))
        lines: list[str] = []

        def say(start: str, text: str) -> None:
            lines.extend(
                textwrap.wrap(
                    text,
                    max(columns, len(start) + 20),
                    initial_indent=start,
                    subsequent_indent=" " * len(start),
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            )

        for heading, facts in self._sections:
            lines.extend([heading] if facts else [])
            for label, text in facts:
                say(f"  {label:{width}}  ", text)
        for weight, heading in _HEADINGS.items():
            found = [one for one in self["findings"] if one["weight"] == weight]
            lines.extend([heading] if found else [])
            for finding in found:
                say("  ", finding["what"])
                say("    -> ", finding["fix"])
        return "\n".join(lines)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def doctor() -> Diagnosis:
    """What this machine, this build and this Python are, and what is missing or wrong, with the
    way to mend it. It looks, and changes nothing. A report of a fault should hold it.

    >>> import falign as fa
    >>> found = fa.doctor()
    >>> found["versions"]["falign"] == fa.__version__
    True
    >>> [one["what"] for one in found["findings"] if one["weight"] == "broken"]
    []
    """
    python: dict[str, str | None] = {
        platform.python_implementation(): platform.python_version(),
        **{package: _version(package) for package in _PACKAGES},
    }
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return Diagnosis(*_core.doctor(columns, python))
