"""Typed layers are the dicts that say the same."""

from __future__ import annotations

import pickle
from copy import deepcopy

import numpy as np
import pytest

import falign as fa
from falign import _core
from falign.errors import ConfigError


def test_there_is_a_type_of_every_kind_of_the_library() -> None:
    for name, _, keys in _core.layer_kinds():
        kind = getattr(fa, name)
        assert issubclass(kind, fa.layers.LayerOfList)
        assert list(kind.__dataclass_fields__) == [key[0] for key in keys]


def test_a_layer_is_equal_to_its_dict_and_reads_back_from_its_text() -> None:
    block = fa.Residual([fa.Conv(3, [3, 1], padding=[1, 0], activation="tanh"), fa.Norm("layer", gain=False)])
    for layer, said in [
        (fa.Conv(16, 5), {"conv": 16, "kernel": 5}),
        (fa.Conv(16, kernel=np.int64(5), stride=1), {"conv": 16, "kernel": 5}),
        (fa.Dense(10), {"dense": 10}),
        (fa.Local(3, 2, stride=2), {"local": 3, "kernel": 2, "stride": 2}),
        (fa.Pool("max", 2), None),
        (fa.Pool("mean"), {"pool": "mean"}),
        (fa.Norm("batch", epsilon=0.1), {"norm": "batch", "epsilon": 0.1}),
        (fa.Dropout(0.25), {"dropout": 0.25}),
        (fa.Flatten(), {"flatten": True}),
        (block, None),
    ]:
        if said is not None:
            assert layer == said and dict(layer) == said
        names = {name: getattr(fa, name) for name in dir(fa) if name[0].isupper()}
        assert eval(repr(layer), names) == layer
        assert pickle.loads(pickle.dumps(layer)) == deepcopy(layer) == layer
        assert hash(deepcopy(layer)) == hash(layer)
    assert repr(fa.Conv(16, 5, padding=2)) == "Conv(16, 5, padding=2)"
    assert repr(fa.Pool("max", 2)) == "Pool('max', size=2)"
    assert fa.Conv(16, 5) != fa.Conv(16, 5, stride=2)
    with pytest.raises(AttributeError):
        fa.Dense(3).dense = 4  # type: ignore[misc]


@pytest.mark.parametrize(
    ("make", "parts"),
    [
        (lambda: fa.Conv(0, 5), ["conv", "0", "from 1"]),
        (lambda: fa.Conv(3, "x"), ["kernel", "x"]),
        (lambda: fa.Dropout(1.5), ["dropout = 1.5", "expected"]),
        (lambda: fa.Pool("median"), ["pool", "median", "max"]),
        (lambda: fa.Norm("layer", activation="rleu"), ["activation", "rleu"]),
        (lambda: fa.Residual([{"cnov": 3}]), ["residual.0", "cnov", "conv"]),
    ],
)
def test_a_bad_value_is_named_when_a_layer_is_made(make, parts) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError) as caught:
        make()
    for part in parts:
        assert part in str(caught.value)
    with pytest.raises(TypeError):
        fa.Conv(3)  # type: ignore[call-arg]


def test_lists_of_layers_train_and_are_swept_as_dicts_are(images: fa.Labelled) -> None:
    typed = [fa.Conv(3, 2), fa.Residual([fa.Conv(3, 3, padding=1)]), fa.Dense(2)]
    said = [{"conv": 3, "kernel": 2}, {"residual": [{"conv": 3, "kernel": 3, "padding": 1}]}, {"dense": 2}]
    config = fa.Config(layers=typed, activation="tanh", step_size=0.05, epochs=1, batch=10, runs=1)
    assert config == fa.Config.from_toml(config.to_toml()) == config.replace(layers=said)
    first, second = (fa.train(config.replace(layers=one), images) for one in (typed, said))
    assert first.loss.tobytes() == second.loss.tobytes()
    # The shape of the images came with them.
    assert list(first.config.input) == [1, 4, 4]
    swept = fa.sweep(config, images, over={"layers": [typed, [fa.Pool("mean", 2), fa.Dense(2)]]})
    assert swept[0].loss.tobytes() == first.loss.tobytes()
    assert swept[1].loss.tobytes() != first.loss.tobytes()


def test_images_are_moved_and_mirrored_in_training_alone(images: fa.Labelled) -> None:
    config = fa.Config(layers=[fa.Conv(3, 2), fa.Dense(2)], step_size=0.05, epochs=1, batch=10, runs=1)
    config = config.replace(activation="tanh", quantities=["loss", "test_loss"], save_weights="final")
    plain, moved = (fa.train(config.replace(random_shift=at, random_flip=at > 0), images) for at in (0, 1))
    assert plain.test_loss[0, 0] == moved.test_loss[0, 0]
    assert plain.test_loss[0, -1] != moved.test_loss[0, -1]
    cut = fa.train(config.replace(random_crop=3), images)
    outputs = cut.predict(images.test[0].reshape(20, -1))
    assert outputs.shape == (20, 2)
