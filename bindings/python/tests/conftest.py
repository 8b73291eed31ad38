"""Data and programs that tests share."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import falign as fa

Arrays = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def arrays() -> Arrays:
    """Twelve samples of five inputs, and a target."""
    X = np.random.default_rng(0).standard_normal((12, 5))
    return X, X[:, 0] - 0.5 * X[:, 1]


@pytest.fixture
def config() -> fa.Config:
    """A small tanh network."""
    return fa.Config(activation="tanh", width=20, ridge=0.1, step_size=0.05, steps=40, runs=3)


@pytest.fixture
def images() -> fa.Labelled:
    """Two classes of small pictures with pixels, and a test set."""
    rng = np.random.default_rng(1)
    y = np.arange(60) % 2
    X = rng.integers(0, 90, (60, 4, 4)).astype(np.uint8)
    X[y == 1, :2] += 120
    return fa.Labelled(X[:40], y[:40], test=(X[40:], y[40:]))


@pytest.fixture(scope="session")
def program() -> Callable[..., str]:
    """Runs the program ``falign``: FALIGN_PROGRAM, which check.sh sets, or the one on the PATH."""
    found = os.environ.get("FALIGN_PROGRAM") or shutil.which("falign")
    if not found or not Path(found).exists():
        pytest.skip("FALIGN_PROGRAM names no program `falign`")

    # Prose of 80 columns, whatever the terminal.
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}

    def run(*words: object) -> str:
        command = [found, *map(str, words)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
