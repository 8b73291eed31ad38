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
    run = fa.train(deep(config), *arrays, rule=Direct())
    with pytest.raises(RecordError, match="no run folder can hold a rule"):
        run.save(tmp_path / "a")


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
