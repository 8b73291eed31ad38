"""Arguments mean what they mean elsewhere, and what is not read is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import Arrays

import falign as fa
from falign.errors import ConfigError, ShapeError


@pytest.mark.parametrize(("key", "usual"), [("seed", "0"), ("width", "3200"), ("ridge", "0.0"), ("runs", "10")])
def test_none_is_no_value_of_a_key_that_has_one(key: str, usual: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} = None: leave it out for its default, {usual}"):
        fa.Config(**{key: None})
    assert fa.Config(train_data=None, ridge_table=None) == fa.Config()


def test_runs_are_counted_from_either_end(config: fa.Config, arrays: Arrays) -> None:
    run = fa.train(config.replace(save_weights="both"), *arrays)
    X, _ = arrays
    assert (run.predict(X, run=-1) == run.predict(X, run=2)).all()
    assert (run.predict(X, run=-1) != run.predict(X)).all()
    last = fa.interop.state_dict(run, -1)
    assert all((last[key] == part).all() for key, part in fa.interop.state_dict(run, 2).items())
    looks = list(fa.iterate(config, *arrays, run=-1))
    assert looks[-1].values["loss"] == run.loss[2, -1]
    for wrong in (3, -4):
        with pytest.raises(IndexError, match=f"run = {wrong}: there are 3 runs, 0 to 2"):
            run.predict(X, run=wrong)
        with pytest.raises(IndexError, match=f"run = {wrong}: there are 3 runs"):
            next(fa.iterate(config, *arrays, run=wrong))


def test_negative_labels_are_called_by_their_names(arrays: Arrays) -> None:
    X, _ = arrays
    labels = np.arange(12) % 3 - 1
    with pytest.raises(ShapeError, match="labels have -1 at sample 0, expected classes from 0"):
        fa.Labelled(X, labels)
    with pytest.raises(ShapeError, match="labels have -1 at sample 2"):
        fa.Labelled(X, labels + 1, test=(X[:3], np.array([0, 1, -1])))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"outputs": 3}, "outputs = 3: describes generated data, but the data given have 1; leave it out"),
        ({"samples": 40}, "samples = 40: .*the data given have 12"),
        ({"input_dim": 7}, "input_dim = 7: .*the data given have 5"),
        ({"inputs": "orthonormal"}, 'inputs = "orthonormal": describes generated data, but data are given'),
        ({"sweep": {"samples": [3, 4]}}, "sweep.samples = .*describes generated data"),
        ({"cases": [{"name": "a", "sweep": {"targets": ["signs"]}}]}, "sweep.targets = .*describes generated"),
    ],
)
def test_keys_that_nobody_reads_are_refused(
    config: fa.Config, arrays: Arrays, keys: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        fa.sweep(config.replace(**keys), *arrays)


def test_sizes_that_are_those_of_the_data_may_be_said(config: fa.Config, arrays: Arrays) -> None:
    said = fa.train(config.replace(samples=12, input_dim=5, outputs=1), *arrays)
    assert said.loss.tobytes() == fa.train(config, *arrays).loss.tobytes()
