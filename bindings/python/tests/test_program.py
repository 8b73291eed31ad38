"""The program that a wheel installs beside the package."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "falign", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_package_runs_the_program(program: Callable[..., str]) -> None:
    for words in (["--version"], ["list"], ["config", "quickstart"], ["run", "--help"]):
        mine = run(*words)
        assert (mine.returncode, mine.stdout) == (0, program(*words)), words


def test_exit_codes_are_those_of_the_program() -> None:
    unknown = run("run", "no_such_experiment")
    assert unknown.returncode == 2
    assert unknown.stderr.startswith("falign: ") and "no_such_experiment" in unknown.stderr
    assert run("no_such_command").returncode == 2


def test_a_run_is_written_and_resumed(tmp_path: Path) -> None:
    out = str(tmp_path / "run")
    small = ["--set", "run.runs=2", "--set", "run.steps=20", "--set", "network.width=20"]
    first = run("run", "quickstart", *small, "--quiet", "--out", out)
    assert (tmp_path / "run" / "summary.csv").exists(), first.stderr
    before = (tmp_path / "run" / "summary.csv").read_bytes()
    run("run", "quickstart", *small, "--quiet", "--out", out, "--resume")
    assert (tmp_path / "run" / "summary.csv").read_bytes() == before


def test_the_command_is_declared() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    assert project["project"]["scripts"] == {"falign": "falign.__main__:main"}
