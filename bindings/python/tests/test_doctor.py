"""The doctor and archives: the program's, called from Python."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

import falign as fa
from falign.errors import RecordError

PROGRAM = os.environ.get("FALIGN_PROGRAM")


def test_the_doctor_gives_the_programs_facts_and_versions_of_python() -> None:
    found = fa.doctor()
    assert found["versions"]["falign"] == fa.__version__
    assert found["versions"]["python"]["numpy"] == np.__version__
    assert found["numbers"]["two_layer_as_expected"] is True
    assert json.loads(found.to_json()) == found
    if PROGRAM:
        said = subprocess.run([PROGRAM, "doctor", "--json"], capture_output=True, check=True)
        program = json.loads(said.stdout)
        assert {key: set(facts) for key, facts in program.items() if isinstance(facts, dict)} == {
            key: set(facts) for key, facts in found.items() if isinstance(facts, dict)
        }
        for same in ("platform", "processor", "numbers", "experiments"):
            assert program[same] == found[same]


def test_the_doctor_prints_sections_and_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FALIGN_NUM_THREADS", "many")
    monkeypatch.setenv("FALIGN_DATA", "/nowhere")
    found = fa.doctor()
    text = repr(found)
    lines = text.splitlines()
    assert "platform" in lines and "warnings" in lines
    assert "    -> make the folder, or set FALIGN_DATA to another" in lines
    assert any("FALIGN_NUM_THREADS is `many`" in line for line in lines)
    assert all(len(line) <= 80 or " " not in line.strip() for line in lines), text
    assert "used" not in found["threads"]


def test_threads_are_those_of_trainings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FALIGN_NUM_THREADS", "3")
    assert fa.doctor()["threads"]["used"] == 3


def test_a_saved_run_is_archived_with_its_data_and_read_again(tmp_path: Path) -> None:
    X = np.random.default_rng(0).standard_normal((9, 4))
    run = fa.train(fa.Config(width=11, steps=20, runs=3, step_size=1e-2), X, X[:, 0])
    run.save(tmp_path / "run")
    out = fa.archive(tmp_path / "run")
    assert out == tmp_path / "run.zip"
    again = fa.archive(tmp_path / "run", tmp_path / "again.zip")
    assert out.read_bytes() == again.read_bytes()
    with pytest.raises(RecordError, match="is there already"):
        fa.archive(tmp_path / "run")
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path / "far")
    (top,) = (tmp_path / "far").iterdir()
    for name in ("README.txt", "SHA256SUMS", "manifest.json", "citation.bib", "data.npz"):
        assert (top / name).is_file(), name
    # Nothing of the folder in which it was made.
    text = (top / "experiment.toml").read_text() + (top / "origin.json").read_text()
    assert str(tmp_path) not in text
    (tmp_path / "run" / "data.npz").unlink()
    read = fa.Run.load(top)
    assert np.array_equal(read.loss, run.loss)


def test_a_run_that_is_not_finished_is_not_archived(tmp_path: Path) -> None:
    fa.train(fa.Config(width=11, step_size=0.001, steps=20, runs=3)).save(tmp_path / "run")
    next((tmp_path / "run" / "results").iterdir()).unlink()
    with pytest.raises(RecordError, match="an archive is of finished ones"):
        fa.archive(tmp_path / "run")
