"""Finished run folders as single files, for repositories of data."""

from __future__ import annotations

import os
from pathlib import Path

from falign import _core

__all__ = ["archive"]


def archive(
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    with_data: bool = False,
) -> Path:
    """Put a finished run folder (:meth:`Run.save`, or the program's) into one ZIP file, as
    ``falign archive`` does: experiment, results, verdicts on its claims, checksums, citations.
    The same folder gives the same bytes. Unpacked it is a run folder again.

    Parameters
    ----------
    folder
        The run folder.
    out
        The file to write; else the folder's name with ``.zip``, beside it.
    with_data
        Whether data files outside the folder are put into it too, in ``data``. Without, the
        archive says where they belong, by name and SHA-256.

    Raises ``RecordError`` if the folder is not finished or is damaged, or if ``out`` is there.

    >>> import tempfile, falign as fa
    >>> with tempfile.TemporaryDirectory() as place:
    ...     fa.train(fa.Config(width=20, steps=10, runs=2)).save(f"{place}/run")
    ...     fa.archive(f"{place}/run").name
    'run.zip'
    """
    return Path(_core.archive(os.fspath(folder), None if out is None else os.fspath(out), with_data))
