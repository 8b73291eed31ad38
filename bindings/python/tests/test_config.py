"""A config is the experiment file, without its sections."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import falign as fa
import generate
from falign import _core
from falign.errors import ConfigError, FileError


def test_the_committed_fields_are_generated_from_the_key_table() -> None:
    for path, text in generate.sources().items():
        assert path.read_text(encoding="utf-8") == text, "run `python generate.py`"


def test_every_default_is_that_of_the_library() -> None:
    config = fa.Config()
    for _, leaf, default, _, _, _ in _core.keys():
        assert getattr(config, leaf) == default


@pytest.mark.parametrize("name", fa.builtin_names())
def test_every_built_in_experiment_round_trips(name: str, tmp_path: Path) -> None:
    config = fa.Config.builtin(name)
    assert fa.Config.from_toml(config.to_toml()) == config
    config.save(tmp_path / "a.toml")
    assert fa.Config.load(tmp_path / "a.toml") == config
    assert hash(pickle.loads(pickle.dumps(config))) == hash(config)


def test_cases_and_sweeps_round_trip() -> None:
    config = fa.Config(
        ridge={"gamma": 3},
        quantities=["loss", "alignment"],
        record={"at": [0, 5]},
        sweep={"width": [10, 20], "ridge_table": [[0.1], [0.2, 0.0]]},
        cases=[{"name": "a", "activation": "relu"}, {"name": "b", "sweep": {"seed": [1, 2]}}],
    )
    again = fa.Config.from_toml(config.to_toml())
    assert again == config
    assert again.cases[1]["sweep"] == {"seed": (1, 2)}


def test_paths_of_a_file_are_relative_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('name = "a"\n[data]\ntrain_data = "d.csv"\n')
    assert fa.Config.load(tmp_path / "a.toml").train_data == str(tmp_path / "d.csv")


def test_a_config_cannot_be_changed_and_shares_nothing() -> None:
    values = {"every": 2}
    config = fa.Config(record=values)
    values["every"] = 3
    assert config.record == {"every": 2}
    with pytest.raises(AttributeError):
        config.width = 3  # type: ignore[misc]
    assert config.replace(width=3).width == 3
    assert repr(config.replace(width=3)) == "Config(width=3, record={'every': 2})"


def test_numpy_numbers_and_paths_are_plain() -> None:
    config = fa.Config(width=np.int64(7), ridge=np.float64(0.5), train_data=Path("x.npz"))
    assert config == fa.Config(width=7, ridge=0.5, train_data="x.npz")
    assert fa.Config(sweep={"ridge": np.array([0.0, 1.0])}).sweep == {"ridge": (0.0, 1.0)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "network.width = 0: expected a whole number from 1 to 10^15"),
        ({"activation": "tanhh"}, 'network.activation = "tanhh": expected'),
        ({"sweep": {"rigde": [1]}}, "unknown key; did you mean `ridge`?"),
        ({"sweep": {"ridge": [-1]}}, "learning.ridge = -1: expected"),
        ({"cases": [{"width": 3}]}, "every case needs a unique name"),
        ({"name": "a b", "seed": -1}, "run.seed = -1"),
        ({"ridge": object()}, "ridge = object: expected a bool, a number"),
        ({"seed": 2**63}, "seed = 9223372036854775808: a whole number of at most"),
    ],
)
def test_a_bad_value_is_named_at_once(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        fa.Config(**change)
    assert message in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_other_mistakes_have_their_exceptions(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="widht"):
        fa.Config(widht=3)  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="not TOML"):
        fa.Config.from_toml("width =")
    with pytest.raises(ConfigError, match="no built-in experiment"):
        fa.Config.builtin("figure22")
    with pytest.raises(FileNotFoundError):
        fa.Config.load(tmp_path / "nowhere.toml")
    with pytest.raises(FileError, match="nowhere"):
        fa.Run.load(tmp_path / "nowhere")
