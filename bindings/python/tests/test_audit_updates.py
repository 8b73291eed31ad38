"""Updates of other programs: those of the scripts in the documentation, and some that are wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import falign as fa
from falign.errors import DataError

PAGE = Path(__file__).parents[3] / "docs" / "audit_updates.md"


def script(heading: str) -> str:
    """The Python block under a heading of the page."""
    part = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1]
    found = re.search(r"```python\n(.*?)```", part, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the NumPy script saves, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(script("From NumPy"), names)  # noqa: S102
    arrays: dict[str, Any] = names["arrays"]
    return arrays


def test_the_script_of_the_documentation_is_feedback_alignment(arrays: dict[str, Any]) -> None:
    found = fa.audit_updates("mine.npz")
    assert found.passed and found.precision == "f64", str(found)
    assert found.verdict.startswith("is feedback alignment: all 2 layers change as it says, to ")
    assert found.also == ("direct_feedback_alignment",)
    assert found == fa.audit_updates(arrays)
    assert found.sizes == (20, 50, 3) and found.verdict in str(found)


def test_single_precision_is_told_by_the_numbers(arrays: dict[str, Any]) -> None:
    rounded = {
        name: value if isinstance(value, (str, float)) else value.astype(np.float32)
        for name, value in arrays.items()
    }
    found = fa.audit_updates(rounded)
    assert found.passed and found.precision == "f32", str(found)
    assert max(part.error for part in found.parts) < 1e-5


def test_what_is_wrong_is_told_by_what_it_is(arrays: dict[str, Any]) -> None:
    X, y, eta = arrays["X"], arrays["y"], arrays["step_size"]
    W1, W2, B = arrays["before.0.weight"], arrays["before.1.weight"], arrays["feedback.0"]
    h = np.tanh(X @ W1.T)
    e = (h @ W2.T - y) / len(X)

    def told(d: np.ndarray, **more: Any) -> fa.UpdatesAudit:
        found = fa.audit_updates({**arrays, "after.0.weight": W1 - eta * d.T @ X, **more})
        assert not found.passed
        return found

    slopes = 1 - h**2
    found = told((e @ W2) * slopes)
    assert found.explained_by == "backpropagation"
    assert found.verdict.startswith("is not feedback alignment: it is backpropagation, to ")
    for d, says in [
        (-(e @ B) * slopes, "in layer 1 the sign is wrong"),
        (e @ B, "in layer 1 psi' is missing"),
        (len(X) * (e @ B) * slopes, "in layer 1 the batch is summed where its mean is claimed"),
        ((e @ np.roll(B, 1, 1)) * slopes, "that of other feedback weights than these"),
    ]:
        assert says in told(d).verdict
    found = told((e @ B) * slopes, ridge=0.5)
    assert found.verdict == "is not feedback alignment: in layer 2 the ridge 0.5 is missing"
    assert found.parts[1].instead == "the ridge 0.5 is missing"


def test_arrays_that_do_not_fit_are_named(arrays: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="`feedback` is no rule that is known here"):
        fa.audit_updates({**arrays, "rule": "feedback"})
    with pytest.raises(DataError, match=r"expected \(units, 20\); save its transpose"):
        fa.audit_updates({**arrays, "before.0.weight": arrays["before.0.weight"].T})


def test_the_torch_script_is_feedback_alignment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    exec(script("From PyTorch"), {})  # noqa: S102
    found = fa.audit_updates("mine.npz")
    assert found.passed and found.precision == "f32", str(found)
