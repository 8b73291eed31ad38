"""Rules written in Python, and the audit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from conftest import Arrays

import falign as fa
from falign.errors import ConfigError, InternalError, RecordError


class Direct:
    """Direct feedback alignment."""

    path = "direct"

    def start(self, layers: Sequence[fa.Layer], rng: np.random.Generator) -> None:
        k = len(layers[-1].weights)
        self.feedback = [rng.standard_normal((k, len(h.weights))) for h in layers[:-1]]

    def teach(self, layers: Sequence[fa.Layer], trace: fa.Trace) -> list[np.ndarray]:
        return [layers[-1].factor * trace.residual @ b for b in self.feedback]


class Transposed:
    """Backpropagation, written out."""

    def teach(self, layers: Sequence[fa.Layer], trace: fa.Trace) -> list[np.ndarray]:
        signals = []
        delta = trace.residual
        for layer, slope in zip(layers[:0:-1], trace.derivatives[::-1], strict=True):
            signal = layer.factor * delta @ layer.weights
            signals.append(signal)
            delta = signal * slope
        return signals[::-1]


def deep(config: fa.Config, **changes: Any) -> fa.Config:
    return config.replace(hidden_widths=[7, 6], steps=15, **changes)


def test_a_rule_in_python_is_the_one_in_rust(config: fa.Config, arrays: Arrays) -> None:
    config = deep(config, rule="backpropagation")
    ours = fa.train(config, *arrays, rule=Transposed())
    theirs = fa.train(config, *arrays)
    assert ours.loss[:, 1:] == pytest.approx(theirs.loss[:, 1:], rel=1e-12)
    assert ours.loss[0, -1] < ours.loss[0, 1]


def test_the_audit_knows_the_rule_and_its_mutant(config: fa.Config, arrays: Arrays) -> None:
    config = deep(config, rule="direct_feedback_alignment")
    (found,) = fa.audit(config, *arrays, rule=Direct())
    assert found.passed, str(found)

    class Almost(Direct):
        def teach(self, layers: Any, trace: Any) -> list[np.ndarray]:
            signals = super().teach(layers, trace)
            signals[-1] = signals[-1] + 0.01 * trace.residual @ layers[-1].weights
            return signals

    (found,) = fa.audit(config, *arrays, rule=Almost())
    verdicts = {check.name: check.verdict for check in found.checks}
    assert verdicts["definition"] == verdicts["locality"] == "failed"
    assert "definition         failed" in str(found)
    assert found.verdict.startswith("is not direct feedback alignment: ")
    assert "(definition)" in found.verdict and found.verdict in str(found)
    (built_in,) = fa.audit(config, *arrays)
    assert built_in.passed and built_in.sizes == (5, 7, 6, 1)
    assert built_in.verdict.startswith("is direct feedback alignment: all ")


def test_a_list_of_layers_is_audited() -> None:
    layers = [
        {"conv": 2, "kernel": 2},
        {"pool": "max", "size": 2, "stride": 1},
        {"norm": "batch"},
        {"dense": 3},
    ]
    config = fa.Config(
        labelled="generated_images",
        samples=20,
        input_dim=16,
        outputs=3,
        layers=layers,
        activation="tanh",
        initialisation="xavier",
        rule="feedback_alignment",
        step_size=0.1,
    )
    (found,) = fa.audit(config)
    assert found.passed, str(found)
    verdicts = {check.name: check.verdict for check in found.checks}
    assert verdicts["operators"] == verdicts["maps"] == verdicts["definition"] == "passed"


def test_every_run_has_a_copy_of_the_rule(config: fa.Config, arrays: Arrays) -> None:
    rule = Direct()
    found = fa.train(deep(config), *arrays, rule=rule)
    again = fa.train(deep(config), *arrays, rule=rule, n_jobs=1)
    assert not hasattr(rule, "feedback")
    assert found.loss.tobytes() == again.loss.tobytes()
    assert found.alignment.shape == (3, 16)
    single = fa.train(deep(config, precision="f32"), *arrays, rule=rule)
    assert single.loss[:, -1] == pytest.approx(found.loss[:, -1], rel=1e-3)


@pytest.mark.parametrize(
    ("teach", "error", "message"),
    [
        (lambda _, layers, trace: 1 / 0, ZeroDivisionError, "division by zero"),
        (lambda _, layers, trace: [], ConfigError, "signals = 0: expected 2, one for each"),
        (
            lambda _, layers, trace: [np.zeros((1, 1))] * 2,
            ConfigError,
            r"signals\[0\].shape = \(1, 1\): expected \(12, 7\)",
        ),
    ],
)
def test_what_a_rule_raises_comes_back(
    config: fa.Config, arrays: Arrays, teach: Any, error: type[Exception], message: str
) -> None:
    rule = type("Bad", (), {"teach": teach})()
    with pytest.raises(error, match=message):
        fa.train(deep(config), *arrays, rule=rule)
    with pytest.raises(error, match=message):
        fa.audit(deep(config), *arrays, rule=rule)


def test_what_cannot_be_is_refused(config: fa.Config, arrays: Arrays, tmp_path: Any) -> None:
    with pytest.raises(ConfigError, match="a method teach"):
        fa.train(config, *arrays, rule=3)  # type: ignore[arg-type]
    unnamed = type("FeedbackAlignment", (), {"teach": Direct.teach})
    with pytest.raises(ConfigError, match='"feedback_alignment": is a built-in rule; choose another'):
        fa.train(deep(config), *arrays, rule=unnamed())
    run = fa.train(deep(config), *arrays, rule=Direct())
    run.save(tmp_path / "a")
    with pytest.raises(ConfigError, match='rule = "direct"'):
        fa.Run.load(tmp_path / "a")


class Restless(Direct):
    """One more matrix of feedback after every other call, which nothing can work with."""

    def teach(self, layers: Sequence[fa.Layer], trace: fa.Trace) -> list[np.ndarray]:
        signals = [layers[-1].factor * trace.residual @ b for b in self.feedback[:2]]
        more = self.feedback[:1] if len(self.feedback) == 2 else []
        self.feedback = self.feedback[:2] + more
        return signals


def test_a_fault_of_the_library_is_an_exception(config: fa.Config, arrays: Arrays) -> None:
    text = "run 0: .*a fault of falign itself.*`falign doctor --json`, or of .*falign.doctor()"
    for n_jobs in (1, 2):
        with pytest.raises(InternalError, match=text) as raised:
            fa.train(deep(config, runs=1), *arrays, rule=Restless(), n_jobs=n_jobs)
        assert isinstance(raised.value, Exception)
    # And the next training is as good as ever.
    assert fa.train(deep(config), *arrays).loss.shape == (3, 16)


class Descent(Transposed):
    """Gradient descent, every change written out."""

    version = "1"

    def update(self, layers: Sequence[fa.Layer], trace: fa.Trace, step: fa.Step) -> list[Any]:
        signals = self.teach(layers, trace)
        deltas = [s * slope for s, slope in zip(signals, trace.derivatives, strict=True)]
        deltas.append(trace.residual)
        assert trace.inputs is not None
        below = [trace.inputs, *trace.activities]
        return [
            (-step.step_size * layer.factor * d.T @ a, None if layer.bias is None else -step.step_size * d.sum(0))
            for layer, d, a in zip(layers, deltas, below, strict=True)
        ]


class Oja:
    """Hidden layers learn by Oja's rule with a trace of their own, outputs by the delta rule."""

    version = "2.1"
    name = "oja_with_trace"

    def start(self, layers: Sequence[fa.Layer], rng: np.random.Generator) -> None:
        self.means = [np.zeros(len(layer.weights)) for layer in layers[:-1]]
        self.numbers: list[int] = []

    def update(self, layers: Sequence[fa.Layer], trace: fa.Trace, step: fa.Step) -> list[Any]:
        self.numbers.append(step.number)
        assert self.numbers == list(range(len(self.numbers)))
        changes: list[Any] = []
        below = trace.inputs
        for at, h in enumerate(trace.activities):
            self.means[at] = 0.9 * self.means[at] + 0.1 * h.mean(0)
            centred = h - self.means[at]
            power = (centred**2).mean(0)[:, None]
            changes.append(step.step_size * (centred.T @ below / len(h) - power * layers[at].weights))
            below = h
        changes.append(-step.step_size * layers[-1].factor * trace.residual.T @ below)
        return changes


@pytest.mark.parametrize("biases", [False, True])
def test_changes_that_are_written_out_are_those_of_the_engine(
    config: fa.Config, arrays: Arrays, biases: bool
) -> None:
    config = deep(config, rule="backpropagation", biases=biases, save_weights="final", batch=5)
    ours = fa.train(config, *arrays, rule=Descent())
    theirs = fa.train(config, *arrays)
    assert ours.loss[:, 1:] == pytest.approx(theirs.loss[:, 1:], rel=1e-11)
    assert ours.alignment == pytest.approx(np.ones_like(ours.alignment))
    for mine, other in zip(ours.weights, theirs.weights, strict=True):
        for name in ("layers.0.weight", "layers.2.weight", *(("layers.1.bias",) if biases else ())):
            assert mine[name] == pytest.approx(other[name], rel=1e-9, abs=1e-12)


def test_changes_are_written_in_layers_of_any_kind(images: fa.Labelled) -> None:
    class Still:
        def update(self, layers: Any, trace: fa.Trace, step: fa.Step) -> list[Any]:
            assert trace.inputs is not None and trace.inputs.shape == (8, 16)
            return [None, (np.ones_like(layers[1].weights), np.full(2, 0.5))]

    config = fa.Config(
        layers=[fa.Conv(3, 2), fa.Dense(2)], activation="tanh", biases=True, runs=1, batch=8, step_size=0.1
    )
    config = config.replace(steps=3, save_weights="both", quantities=["loss", "alignment"])
    run = fa.train(config, images, rule=Still())
    (start,), (end,) = run.initial_weights, run.weights
    assert (end["layers.0.weight"] == start["layers.0.weight"]).all()
    assert end["layers.1.weight"] == pytest.approx(start["layers.1.weight"] + 3)
    assert end["layers.1.bias"] == pytest.approx(start["layers.1.bias"] + 1.5)
    # No signal is sent that could be aligned.
    assert np.isnan(run.alignment).all()


def test_a_network_that_a_rule_of_ones_own_trained_is_like_any_other(
    config: fa.Config, arrays: Arrays, tmp_path: Any
) -> None:
    X, y = arrays
    config = deep(config, save_weights="final", batch=4)
    found = fa.sweep(config, X, y, over={"ridge": [0.0, 0.1]}, rule=Oja())
    run = found[1]
    assert run.loss[:, -1].mean() < run.loss[:, 1].mean()
    said = run.predict(X, run=2)
    whole = fa.train(config.replace(ridge=0.1, quantities=["train_set_loss"]), X, y, rule=Oja())
    assert 0.5 * ((said[:, 0] - y) ** 2).mean() == pytest.approx(whole["train_set_loss"][2, -1], rel=1e-9)
    state = fa.interop.state_dict(run, 2)
    assert state["0.weight"].shape == (7, 5)
    looks = list(fa.iterate(config.replace(ridge=0.1), X, y, run=2, rule=Oja()))
    assert [look.values["loss"] for look in looks][1:] == run.loss[2, 1:].tolist()
    found.save(tmp_path / "a")
    again = fa.Sweep.load(tmp_path / "a", rule=Oja())
    assert again.loss.tobytes() == found.loss.tobytes()
    assert (again[1].predict(X, run=2) == said).all()
    assert isinstance(again[1].rule, Oja) and run.rule is not None

    class Newer(Oja):
        version = "2.2"

    with pytest.raises(RecordError, match="with version 2.1, this program's has version 2.2"):
        fa.Sweep.load(tmp_path / "a", rule=Newer())


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([None] * 2, "changes = 2: expected 3, one for each layer"),
        ([np.zeros((2, 2)), None, None], r"changes\[0\].shape = \(2, 2\): expected \(7, 5\), as the weights"),
        ([None, (None, np.zeros(4)), None], r"bias changes\[1\] = .*: expected 6 numbers"),
    ],
)
def test_changes_that_do_not_fit_are_named(
    config: fa.Config, arrays: Arrays, answer: list[Any], message: str
) -> None:
    rule = type("Bad", (), {"update": lambda _, layers, trace, step: answer})()
    with pytest.raises(ConfigError, match=message):
        fa.train(deep(config, biases=True), *arrays, rule=rule)
    with pytest.raises(ConfigError, match=message):
        list(fa.iterate(deep(config, biases=True), *arrays, rule=rule))
