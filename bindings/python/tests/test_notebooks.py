"""Notebooks run from top to bottom, draw what they should, and are stored without outputs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_BYTES = 10_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore")
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Generated images, whatever this machine has.
    monkeypatch.setenv("FALIGN_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    # Figures are outputs, as where a reader runs it.
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    notebook = nbformat.read(path, as_version=4)
    # What it installs is what is tested.
    install = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert install.source.startswith("%pip install") and "falign[all]" in install.source
    notebook.cells.remove(install)
    client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3")
    client.execute(cwd=str(tmp_path))
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any("%" in line[:1] for cell in code for line in cell.source.splitlines())
    drawing = [cell for cell in code if "fa.plot." in cell.source]
    assert drawing
    for cell in drawing:
        kinds = [kind for output in cell.outputs for kind in output.get("data", {})]
        assert "image/png" in kinds, cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small_and_stripped(path: Path) -> None:
    assert path.stat().st_size < MOST_BYTES
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs") and not cell.get("execution_count")
        assert not cell.metadata


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) == 8


def test_badges_open_the_notebooks_where_the_repository_is(tmp_path: Path) -> None:
    for path in NOTEBOOKS:
        shutil.copy(path, tmp_path)
    program = FOLDER.parents[2] / "release" / "badges.py"
    if not program.exists():
        pytest.skip("the package lies outside of its repository")
    for place in ("somebody/falign", "else.where/a-fork", "else.where/a-fork"):
        subprocess.run([sys.executable, "-B", program, place, tmp_path], check=True)
    for path in NOTEBOOKS:
        before, after = (nbformat.read(at, as_version=4) for at in (path, tmp_path / path.name))
        lines = after.cells[0].source.splitlines()
        found = [line for line in lines if "colab" in line]
        assert len(found) == 1
        assert found[0].endswith(f"/github/else.where/a-fork/blob/main/bindings/python/notebooks/{path.name})")
        # All else is as it was.
        place = lines.index(found[0])
        assert lines[0] == before.cells[0].source.splitlines()[0] and place == 2
        assert lines[:1] + lines[place + 1 :] == before.cells[0].source.splitlines()
        assert after.cells[1:] == before.cells[1:]
    refused = subprocess.run([sys.executable, "-B", program, "falign", tmp_path], capture_output=True, text=True)
    assert refused.returncode == 1 and "OWNER/NAME" in refused.stderr
