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


def _sequential(torch: Any, name: str) -> tuple[Any, tuple[int, ...], int]:
    """A module of f64 whose running moments are not those of its start, and its input's shape."""
    nn = torch.nn
    torch.manual_seed(3)
    made = {
        "image": (
            [
                *(nn.Conv2d(2, 3, (3, 2), stride=(1, 2), padding=(1, 0)), nn.BatchNorm2d(3), nn.ReLU()),
                *(nn.MaxPool2d((2, 1)), nn.Conv2d(3, 4, 2), nn.SiLU(), nn.GroupNorm(1, 4), nn.Dropout(0.3)),
                *(nn.Sequential(nn.AvgPool2d((1, 2), 1), nn.Flatten(), nn.Dropout(0.1)), nn.Linear(8, 5), nn.GELU(), nn.LayerNorm(5)),
                *(nn.BatchNorm1d(5, affine=False, eps=1e-3), nn.Tanh(), nn.Linear(5, 3)),
            ],
            (2, 6, 7),
            3,
        ),
        "sequence": (
            [
                *(nn.Conv1d(1, 4, 5, stride=2, padding="valid"), nn.ELU(), nn.MaxPool1d(2)),
                *(nn.Conv1d(4, 3, 3, padding="same"), nn.BatchNorm1d(3), nn.Sigmoid()),
                *(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Identity(), nn.Linear(3, 2)),
            ],
            (1, 20),
            2,
        ),
        "flattened": (
            [
                *(nn.Conv2d(2, 3, 2), nn.ReLU(), nn.Flatten(), nn.Dropout(0.2), nn.LayerNorm(24, elementwise_affine=False)),
                *(nn.BatchNorm1d(24), nn.Tanh(), nn.LayerNorm(24), nn.Linear(24, 3)),
            ],
            (2, 3, 5),
            3,
        ),
        "flat": ([nn.Linear(4, 6), nn.Softplus(), nn.LayerNorm(6), nn.Linear(6, 3)], (4,), 3),
    }
    layers, shape, classes = made[name]
    model = nn.Sequential(*layers).double()
    model.train()
    for _ in range(3):
        model(2 * torch.randn(12, *shape).double() + 0.5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return model.eval(), shape, classes


@pytest.mark.parametrize("name", ["image", "sequence", "flattened", "flat"])
def test_networks_of_layers_come_from_torch_and_go_back(name: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: interop with it is NOT TESTED")
    model, shape, classes = _sequential(torch, name)
    config = fa.interop.from_torch(model, tmp_path / "a.safetensors", input_shape=shape)
    X = np.random.default_rng(4).standard_normal((10, *shape))
    config = config.replace(step_size=0.01, batch=5, runs=1, save_weights="both", epochs=0)
    given = fa.Labelled(X, np.arange(10) % classes, classes=classes)
    expected = model(torch.from_numpy(X)).detach().numpy()
    start = fa.train(config, given)
    assert start.predict(X.reshape(10, -1)) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    # And back, after some training here.
    trained = fa.train(config.replace(epochs=2, rule="feedback_alignment"), given)
    again = fa.interop.to_torch(trained)
    said = trained.predict(X.reshape(10, -1))
    assert not np.allclose(said, expected)
    assert again(torch.from_numpy(X)).detach().numpy() == pytest.approx(said, rel=1e-12, abs=1e-12)
    state = {key: torch.from_numpy(np.array(x)) for key, x in fa.interop.state_dict(trained).items()}
    again.load_state_dict(state, strict=True)
    twice = fa.interop.from_torch(again, input_shape=shape)
    assert twice.layers == config.layers


def test_scaling_of_pixels_goes_into_the_first_convolution(images: fa.Labelled) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: interop with it is NOT TESTED")
    config = fa.Config(layers=[fa.Conv(3, 2), fa.Pool("max", 2), fa.Dense(2)], activation="tanh", runs=1)
    config = config.replace(step_size=0.05, epochs=1, batch=10, save_weights="final")
    X = images.test[0].astype(float)
    for scaling in ("standardise", "unit", "none"):
        run = fa.train(config.replace(scaling=scaling), images)
        model = fa.interop.to_torch(run)
        found = model(torch.from_numpy(X[:, None])).detach().numpy()
        said = run.predict(images.test[0].reshape(20, -1))
        assert found == pytest.approx(said, rel=1e-9, abs=1e-9)
    padded = config.replace(layers=[fa.Conv(3, 3, padding=1), fa.Dense(2)])
    with pytest.raises(FalignError, match='scaling="unit"'):
        fa.interop.state_dict(fa.train(padded, images))
    local = config.replace(layers=[fa.Local(3, 2), fa.Residual([fa.Conv(3, 1)]), fa.Dense(2)])
    with pytest.raises(FalignError, match="layer 0, local: .*; layer 1, residual: "):
        fa.interop.state_dict(fa.train(local, images))


def test_every_module_that_is_no_layer_is_listed_with_the_reason() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: interop with it is NOT TESTED")
    nn = torch.nn
    bad = nn.Sequential(
        *(nn.Conv2d(1, 4, 3, groups=1, dilation=2), nn.MaxPool2d(2), nn.ReLU(), nn.Dropout2d(0.1)),
        *(nn.ConvTranspose2d(4, 4, 2), nn.BatchNorm2d(4, track_running_stats=False), nn.Linear(4, 3)),
        *(nn.GELU(approximate="tanh"), nn.Softmax(1)),
    )
    with pytest.raises(FalignError) as caught:
        fa.interop.from_torch(bad, input_shape=(1, 8, 8))
    text = str(caught.value)
    for part in [
        "0 Conv2d: convolutions have dilation = (1, 1), not (2, 2)",
        "2 ReLU: activations are behind",
        "3 Dropout2d: whole channels",
        "4 ConvTranspose2d: no layer computes it",
        "5 BatchNorm2d: ",
        "6 Linear: it reads the last axis of an image; put Flatten before it",
        "7 GELU: gelu has approximate = none, not tanh",
        "8 Softmax: outputs are sums",
    ]:
        assert part in text, text
    with pytest.raises(FalignError, match="input_shape"):
        fa.interop.from_torch(nn.Sequential(nn.Conv2d(1, 2, 3)))
    with pytest.raises(FalignError, match="whose forward pass cannot be read"):
        fa.interop.from_torch(nn.Linear(3, 2))
    with pytest.raises(FalignError, match="0: layers without biases"):
        fa.interop.from_torch(nn.Sequential(nn.Linear(3, 4, bias=False), nn.Tanh(), nn.Linear(4, 2)))
