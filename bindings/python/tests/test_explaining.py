"""What names mean, and what to cite: what the program says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import falign as fa
from falign import _core
from falign.errors import ConfigError


def test_every_name_is_explained() -> None:
    keys = {f"{section}.{leaf}": leaf for section, leaf, *_ in _core.keys()}
    for name in [*keys, *keys.values(), *fa.quantities()]:
        for one in fa.explain(name):
            assert one.parts["what"] and one.kind.startswith("a "), name
    for dotted, leaf in keys.items():
        assert fa.explain(dotted)[0] in fa.explain(leaf)


@pytest.mark.parametrize("name", ["loss", "record", "DFA", "weight_mirror", "relu", "slope"])
def test_explanations_are_the_programs(name: str, program: Callable[..., str]) -> None:
    page = repr(fa.explain(name))
    assert page == program("explain", name).rstrip("\n")
    assert max(map(len, page.splitlines())) <= 80


def test_what_has_no_name_names_what_has_one() -> None:
    with pytest.raises(ConfigError, match="did you mean `alignment`"):
        fa.explain("algnment")
    with pytest.raises(ConfigError, match="did you mean `figure2`"):
        fa.cite("figur2")
    with pytest.raises(ConfigError, match="no rule and no built-in experiment"):
        fa.cite("qqqqqqqqqqqq")


def test_citations_are_the_programs(program: Callable[..., str], tmp_path: Path) -> None:
    assert fa.cite() == program("cite")
    for name in ["theory/collapse", "published/lillicrap2016", "kolen_pollack"]:
        assert fa.cite(name) == program("cite", name)
    config = fa.Config(
        name="mine",
        source="a talk",
        rule="weight_mirror",
        labelled="generated_images",
        input_dim=64,
    )
    config.save(tmp_path / "mine.toml")
    said = fa.cite(config)
    assert said == program("cite", tmp_path / "mine.toml")
    assert "% Source of mine: a talk.\n" in said and "{akrout2019," in said
    run = tmp_path / "run"
    fa.train(fa.Config(width=20, steps=10, runs=2, source="Lillicrap et al. (2016)")).save(run)
    assert fa.cite(run=run) == program("cite", "--run", run)
    assert "{lillicrap2016," in fa.cite(run=run)
    with pytest.raises(ConfigError, match="a name or config, or a run"):
        fa.cite("figure2", run=run)
