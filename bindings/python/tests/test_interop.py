"""Weights elsewhere: the same outputs, computed the way others do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Arrays

import falign as fa
from falign.errors import ConfigError, FalignError

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
    fa.interop.initial_weights(state, tmp_path / "b.safetensors")
    second = fa.train(config.replace(initial_weights=tmp_path / "b.safetensors"), *arrays)
    for at in (0, 1):
        start = second.initial_weights[0][f"layers.{at}.weight"]
        assert (start == first.weights[0][f"layers.{at}.weight"]).all()


def test_what_others_cannot_have_is_refused(config: fa.Config, arrays: Arrays) -> None:
    with pytest.raises(FalignError, match='save_weights="final"'):
        fa.interop.state_dict(fa.train(config, *arrays))
    centred = config.replace(save_weights="final", center_outputs=True)
    with pytest.raises(ConfigError, match="center_outputs = true: outputs minus"):
        fa.interop.state_dict(fa.train(centred, *arrays))
