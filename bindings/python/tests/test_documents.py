"""Blocks of Python in README and guide, as they are written: one after another, in a fresh folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import falign as fa

ROOT = Path(__file__).parents[3]
# Blocks of each page. Those of docs/audit_updates.md are tested with what they write.
DOCUMENTS = {
    "README.md": 1,
    "bindings/python/README.md": 1,
    "docs/guide.md": 2,
    "docs/coming_from.md": 1,
    "docs/extending.md": 1,
}


def brought(document: str) -> dict[str, Any]:
    """Names that a page takes as given; files that it takes as given are written."""
    if document == "docs/guide.md":
        # What the guide's first command leaves.
        fa.sweep(fa.Config.builtin("quickstart").replace(runs=1)).save("runs/quickstart")
    if document == "docs/coming_from.md":
        shapes = {"W1": (500, 784), "W2": (10, 500), "B": (10, 500)}
        return {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    return {}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_python_of_a_document_runs(
    document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for extra in ("pandas", "matplotlib", "safetensors"):
        pytest.importorskip(extra)
    monkeypatch.chdir(tmp_path)
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len(blocks) == DOCUMENTS[document]
    names = brought(document)
    for block in blocks:
        exec(compile(block, document, "exec"), names)  # noqa: S102
    if document == "docs/guide.md":
        run = fa.train(fa.Config(train_data="mine.npz", width=20, steps=5))
        assert run.loss.shape[1] == 6
        assert len(names["last"]) == len(names["table"].groupby(["case", "width", "ridge"]))
