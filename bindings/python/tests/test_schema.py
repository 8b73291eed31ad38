"""The JSON Schema accepts what the library reads, and nothing else."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import falign as fa
from falign import _core
from falign.errors import ConfigError

SCHEMA: dict[str, Any] = json.loads(_core.schema())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
EXPERIMENTS = Path(__file__).parents[3] / "experiments"

# Values of every type; a key accepts some of them at most.
PLAIN: list[Any] = [
    *[True, False, "", "nonsense", "auto", "all", 0, 1, -1, 2, 0.5, -0.5, 1.5, 1e6, 1e16],
    *[[], [1], [0], [0.5], [-0.5], [1, 1], ["loss"], ["loss", "loss"], ["los"], [[1]], [True]],
    *[["dead_fraction_layer_2"], ["dead_fraction_layer_02"], ["loss_layer_1"]],
    *[{}, {"a": 1}, {"every": 1, "count": 2}],
]


def is_unsayable(leaf: str, value: Any) -> bool:
    """Whether a schema accepts it all the same: it cannot say that a list ascends, and to it 1.0 and
    1 are one number, which columns are not, nor seeds that a float cannot tell apart; nor does it say
    that sides of an image are two."""
    if leaf in ("random_shift", "random_crop"):
        return isinstance(value, list) and len(value) != 2
    if leaf in ("target", "ignore"):
        items = value if isinstance(value, list) else [value]
        return any(isinstance(item, float) and item.is_integer() for item in items)
    if leaf == "seed":
        return isinstance(value, float) and value > 2**53
    return (leaf, value) in [("ridge_layers", [2, 1]), ("record", {"at": [2, 1]})]


def facets(schema: dict[str, Any]) -> Iterator[Any]:
    """Values at the ends of what a schema accepts, just outside them, and just inside."""
    for one in schema.get("anyOf", []):
        yield from facets(one)
    for word in schema.get("enum", []):
        yield from (word, f"{word}s")
    for name in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        if name in schema:
            end = schema[name]
            if abs(end) < 2**63 - 1:
                yield from (end, end - 1, end + 1, end + 0.5)
    if "items" in schema:
        yield from ([value] for value in facets(schema["items"]))
        yield from ([1, 2], [2, 1])
    for name, inner in schema.get("properties", {}).items():
        for value in [*facets(inner), True, "a"]:
            yield from ({name: value}, {f"{name}s": value}, {name: value, "other": 1})


def is_read(leaf: str, value: Any) -> bool:
    try:
        _core.check({leaf: value})
    except ConfigError:
        return False
    return True


@pytest.mark.parametrize("key", [(section, leaf) for section, leaf, *_ in _core.keys()])
def test_a_value_is_in_the_schema_exactly_if_it_is_read(key: tuple[str, str]) -> None:
    section, leaf = key
    of_key = SCHEMA["definitions"][f"{section}.{leaf}"]
    # A list of layers may hold lists of layers.
    validator = jsonschema.Draft7Validator({**of_key, "definitions": SCHEMA["definitions"]})
    tried = [*PLAIN, *facets(of_key), of_key.get("default", "")]
    refused = 0
    for value in tried:
        if is_unsayable(leaf, value):
            assert not is_read(leaf, value)
            continue
        is_valid = validator.is_valid(value)
        assert is_valid == is_read(leaf, value), value
        refused += not is_valid
    assert 0 < refused < len(tried)


@pytest.mark.parametrize("path", sorted(EXPERIMENTS.rglob("*.toml")), ids=lambda path: path.stem)
def test_every_experiment_is_in_the_schema(path: Path) -> None:
    VALIDATOR.validate(tomllib.loads(path.read_text(encoding="utf-8")))


def test_built_in_experiments_written_out_are_in_the_schema() -> None:
    for name in fa.builtin_names():
        VALIDATOR.validate(tomllib.loads(fa.Config.builtin(name).to_toml()))


CLAIM = {
    "id": "a",
    "text": "t",
    "source": "s",
    "quantity": "loss",
    "kind": "between",
    "max": 1.0,
    "where": {"width": [1, 2], "step": "last"},
}
REFERENCE = {
    "id": "b",
    "text": "a text",
    "source": "a source",
    "quantity": "loss",
    "kind": "near_reference",
    "values": [{"width": 7, "mean": 1, "std": 1, "runs": 3}],
}
PANEL = {"x": "step", "y": "loss"}


def without(table: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name != key}


@pytest.mark.parametrize(
    "change",
    [
        {"widht": 1},
        {"network": {"widht": 1}},
        {"network": {"samples": 1}},
        {"network": {"width": 0}},
        {"name": "a/b"},
        {"sweep": {"network.width": 1}},
        {"sweep": {"network.width": []}},
        {"sweep": {"network.width": [1, 1]}},
        {"sweep": {"network": {"width": [0]}}},
        {"sweep": {"width": [1]}},
        {"case": [{"network.width": 1}]},
        {"case": [{"name": "a", "network.width": 0}]},
        {"case": [{"name": "a", "sweep": {"learning.ridge": [-1]}}]},
        {"claim": [{**CLAIM, "kind": "betwen"}]},
        {"claim": [{**CLAIM, "over": "width"}]},
        {"claim": [{**CLAIM, "quantity": "los"}]},
        {"claim": [{**CLAIM, "where": {"width": 0}}]},
        {"claim": [{**CLAIM, "where": {"step": "lst"}}]},
        {"claim": [{"id": "a", "kind": "between", "quantity": "loss", "text": "t"}]},
        {"claim": [{**CLAIM, "max": "1"}]},
        {"claim": [without(CLAIM, "max")]},
        {"claim": [{**without(CLAIM, "max"), "kind": "slope", "over": "width"}]},
        {"claim": [REFERENCE | {"table": "a.csv"}]},
        {"claim": [without(REFERENCE, "values")]},
        {"claim": [REFERENCE | {"z": 3, "level": 0.01}]},
        {"figure": {"colums": 2}},
        {"figure": {"columns": 0}},
        {"figure": {"panel": [{**PANEL, "y": "los"}]}},
        {"figure": {"panel": [{**PANEL, "x": "stp"}]}},
        {"figure": {"panel": [{**PANEL, "x_scale": "logarithmic"}]}},
        {"figure": {"panel": [{**PANEL, "where": {"widht": 1}}]}},
        {"figure": {"panel": [{"x": "step"}]}},
    ],
    ids=str,
)
def test_mistakes_of_a_file_are_not_in_the_schema(change: dict[str, Any]) -> None:
    good = {"name": "a", "claim": [CLAIM, REFERENCE], "figure": {"panel": [PANEL]}}
    VALIDATOR.validate(good)
    assert not VALIDATOR.is_valid(good | change)
