"""Long work survives: run folders of the program that Python writes and goes on with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Arrays

import falign as fa
from falign.errors import RecordError
from test_rule import Oja, deep

SWEPT = {"ridge": [0.0, 0.1]}


def files(folder: Path) -> dict[str, bytes]:
    """What must be the same: all but times, locks and where a folder lies."""
    left_out = {"meta.json", "origin.json", ".lock", "experiment.toml", "plan.jsonl"}
    found = [path for path in folder.rglob("*") if path.is_file() and path.name not in left_out]
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in found
        if path.suffix != ".npz" and not path.name.startswith("figure.")
    }


def test_a_folder_is_that_of_the_program(
    config: fa.Config, arrays: Arrays, tmp_path: Path, program: Callable[..., str]
) -> None:
    config = config.replace(save_weights="final", per_run_table=True)
    kept = fa.sweep(config, *arrays, over=SWEPT, out=tmp_path / "a")
    in_memory = fa.sweep(config, *arrays, over=SWEPT)
    assert kept.loss.tobytes() == in_memory.loss.tobytes()
    assert (kept[1].predict(arrays[0], run=2) == in_memory[1].predict(arrays[0], run=2)).all()
    program("run", tmp_path / "a" / "experiment.toml", "--out", tmp_path / "b", "--quiet")
    ours, theirs = files(tmp_path / "a"), files(tmp_path / "b")
    assert ours == theirs and "summary.csv" in ours and "runs.csv" in ours
    said = program("run", tmp_path / "a" / "experiment.toml", "--out", tmp_path / "a", "--resume", "--json")
    assert '"jobs_kept": 2' in said


def test_what_is_there_is_kept_and_the_rest_made(config: fa.Config, arrays: Arrays, tmp_path: Path) -> None:
    config = config.replace(runs_per_job=1)
    whole = fa.sweep(config, *arrays, over=SWEPT, out=tmp_path / "a")
    before = files(tmp_path / "a")
    results = sorted((tmp_path / "a" / "results").iterdir())
    for path in results[::2]:
        path.unlink()
    times = {path: path.stat().st_mtime_ns for path in results[1::2]}
    again = fa.sweep(config, *arrays, over=SWEPT, out=tmp_path / "a", resume=True)
    assert again.loss.tobytes() == whole.loss.tobytes()
    assert files(tmp_path / "a") == before
    assert all(path.stat().st_mtime_ns == at for path, at in times.items())


def test_another_folder_is_refused(config: fa.Config, arrays: Arrays, tmp_path: Path) -> None:
    X, y = arrays
    fa.train(config, X, y, out=tmp_path / "a", held_out=(X[:3], y[:3]))
    with pytest.raises(RecordError, match="has runs already: go on with them, or choose another"):
        fa.train(config, X, y, out=tmp_path / "a", held_out=(X[:3], y[:3]))
    for other in ((X + 1e-9, y, (X[:3], y[:3])), (X, y, (X[:4], y[:4])), (X, y, None)):
        with pytest.raises(RecordError, match="has runs on other data"):
            fa.train(config, *other[:2], held_out=other[2], out=tmp_path / "a", resume=True)
    with pytest.raises(RecordError, match="choose another folder"):
        fa.train(config.replace(width=21), X, y, held_out=(X[:3], y[:3]), out=tmp_path / "a", resume=True)


def test_runs_of_ones_own_rule_are_kept(config: fa.Config, arrays: Arrays, tmp_path: Path) -> None:
    config = deep(config, save_weights="final", batch=4)
    kept = fa.train(config, *arrays, rule=Oja(), out=tmp_path / "a")
    assert kept.loss.tobytes() == fa.train(config, *arrays, rule=Oja()).loss.tobytes()
    again = fa.train(config, *arrays, rule=Oja(), out=tmp_path / "a", resume=True)
    assert again.loss.tobytes() == kept.loss.tobytes()


SCRIPT = """
import sys
import numpy as np, falign as fa
X = np.random.default_rng(0).standard_normal((12, 5))
config = fa.Config(activation="tanh", hidden_widths=[60, 50], step_size=0.02, epochs=6000, batch=3, runs=3)
config = config.replace(runs_per_job=1, record={"every_epochs": 1000})
found = fa.train(config, X, X[:, 0], out=sys.argv[1], resume=True, n_jobs=1)
print(found.loss.tobytes().hex())
"""


@pytest.mark.parametrize("sent", ["SIGINT", "SIGKILL"])
def test_a_killed_study_goes_on_to_the_same_bits(tmp_path: Path, sent: str) -> None:
    def study(folder: str) -> list[str]:
        return [sys.executable, "-c", SCRIPT, str(tmp_path / folder)]

    number = getattr(signal, sent, None)
    if number is None or os.name == "nt":
        pytest.skip("signals of this kind are not sent here")
    expected = subprocess.run(study("whole"), capture_output=True, text=True, check=True).stdout
    running = subprocess.Popen(study("cut"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    results = tmp_path / "cut" / "results"
    for _ in range(3000):
        if results.exists() and any(results.glob("*.bin")):
            break
        time.sleep(0.01)
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    assert running.returncode != 0
    if sent == "SIGINT":
        assert "Interrupted" in said and "`partial`" in said
    kept = len(list(results.glob("*.bin")))
    assert 1 <= kept < 3, "it was cut between two runs"
    found = subprocess.run(study("cut"), capture_output=True, text=True, check=True).stdout
    assert found == expected
    assert np.frombuffer(bytes.fromhex(found.strip())).size > 0
