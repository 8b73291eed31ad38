"""Weights elsewhere: the same outputs, computed the way others do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Arrays

import falign as fa
from falign.errors import ConfigError, DataError, FalignError, ShapeError

ACTIVATIONS = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}


def outputs(state: dict[str, np.ndarray], names: list[str], X: np.ndarray) -> np.ndarray:
    """A Sequential of Linear layers, as PyTorch defines it: a W' + b."""
    a = X
    for at in range(len(names) + 1):
        a = a @ state[f"{2 * at}.weight"].T + state.get(f"{2 * at}.bias", 0.0)
        if at < len(names):
            a = ACTIVATIONS[names[at]](a)
    return a


def test_a_state_dict_gives_the_same_outputs(
    config: fa.Config, arrays: Arrays, images: fa.Labelled
) -> None:
    config = config.replace(save_weights="final", output_scale=1.0)
    deep = config.replace(hidden_widths=[7, 6], biases=True, activation="relu", batch=4)
    pixels = deep.replace(scaling="standardise_per_feature", input_factor=0.5, epochs=2)
    pixels = pixels.replace(steps=1000, ridge=0.0)
    for one, given, X in [
        (config, fa.Reals(*arrays), arrays[0]),
        (deep, fa.Reals(*arrays), arrays[0]),
        (pixels, images, images.test[0].reshape(20, -1)),
    ]:
        run = fa.train(one, given)
        state = fa.interop.state_dict(run, 1)
        said = outputs(state, fa.interop.activations(run), X.astype(float))
        assert said == pytest.approx(run.predict(X, run=1), rel=1e-9, abs=1e-9)


def test_a_network_trained_here_opens_in_torch(config: fa.Config, arrays: Arrays) -> None:
    torch = pytest.importorskip("torch")
    run = fa.train(config.replace(save_weights="final", hidden_widths=[7, 6]), *arrays)
    nn = torch.nn
    layers = [nn.Linear(5, 7, bias=False), nn.Tanh(), nn.Linear(7, 6, bias=False), nn.Tanh()]
    model = nn.Sequential(*layers, nn.Linear(6, 1, bias=False)).double()
    state = fa.interop.state_dict(run)
    model.load_state_dict({name: torch.from_numpy(x) for name, x in state.items()})
    said = model(torch.from_numpy(arrays[0])).detach().numpy()
    assert said == pytest.approx(run.predict(arrays[0]), rel=1e-12)


def test_files_go_there_and_back(config: fa.Config, arrays: Arrays, tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    plain: dict[str, Any] = {"initialisation": "xavier", "biases": True, "save_weights": "both"}
    config = config.replace(hidden_widths=[7], runs=1, **plain)
    first = fa.train(config, *arrays)
    fa.interop.save(first, tmp_path / "a.safetensors")
    state = fa.interop.load(tmp_path / "a.safetensors")
    assert list(state) == ["0.bias", "0.weight", "2.bias", "2.weight"]
    ended = first.weights[0]
    again = config.replace(initial_weights=tmp_path / "b.safetensors")
    # Feedback weights: given, with the layers as they are saved here, or drawn.
    for given, feedback, source in [
        (state, [ended["feedback.0"]], "file"),
        (ended, None, "file"),
        (state, None, "drawn"),
    ]:
        fa.interop.initial_weights(given, tmp_path / "b.safetensors", feedback)
        second = fa.train(again.replace(initial_feedback=source), *arrays)
        start = second.initial_weights[0]
        assert set(start) == set(ended)
        for name in (name for name in start if source == "file" or "layers" in name):
            assert (start[name] == ended[name]).all(), name
    # The last file has none, and they are not drawn without a word.
    with pytest.raises(DataError, match=r'feedback\.0.*initial_feedback = "drawn"'):
        fa.train(again, *arrays)


def test_arrays_that_nothing_reads_are_refused(tmp_path: Path) -> None:
    layers = {"0.weight": np.zeros((3, 2)), "2.weight": np.zeros((1, 3)), "0.bias": np.zeros(3)}
    path = tmp_path / "a.safetensors"
    for more, feedback, message in [
        ({"1.running_mean": np.zeros(3)}, None, "1.running_mean: weight, bias or feedback"),
        ({"4.bias": np.zeros(3)}, None, "4.bias: weight"),
        ({"2.bias": np.zeros(3)}, None, "2.bias has shape (3,), expected (1,)"),
        ({"feedback.1": np.zeros((1, 3))}, None, "feedback.1: weight"),
        ({"feedback.0": np.zeros((1, 3))}, [np.zeros((1, 3))], "keep one"),
        ({}, [np.zeros((3, 1))], "feedback[0] has shape (3, 1), expected (1, 3)"),
        ({}, [np.zeros((1, 3))] * 2, "expected one for each of 1 hidden layers"),
        ({"2.weight": np.ma.masked_equal(np.zeros((1, 3)), 0)}, None, "2.weight has a mask"),
    ]:
        with pytest.raises(ShapeError) as caught:
            fa.interop.initial_weights({**layers, **more}, path, feedback)
        assert message in str(caught.value)
    assert not path.exists()


def test_layers_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    rng = np.random.default_rng(0)
    state = {f"{at}.weight": rng.standard_normal((2, 2)) for at in range(0, 14, 2)}
    fa.interop.initial_weights(dict(sorted(state.items())), tmp_path / "a.safetensors")
    found = fa.interop.load(tmp_path / "a.safetensors")
    for at in range(7):
        assert (found[f"layers.{at}.weight"] == state[f"{2 * at}.weight"]).all()


def test_what_others_cannot_have_is_refused(config: fa.Config, arrays: Arrays) -> None:
    with pytest.raises(FalignError, match='save_weights="final"'):
        fa.interop.state_dict(fa.train(config, *arrays))
    centred = config.replace(save_weights="final", center_outputs=True)
    with pytest.raises(ConfigError, match="center_outputs = true: outputs minus"):
        fa.interop.state_dict(fa.train(centred, *arrays))
