from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Data",
    "Fitted",
    "Iteration",
    "__version__",
    "activities",
    "archive",
    "audit",
    "audit_updates",
    "builtin",
    "check",
    "cite",
    "describe",
    "doctor",
    "explain",
    "figure",
    "finite_kernel",
    "fitted",
    "flat",
    "infinite_kernel",
    "keys",
    "layer_kinds",
    "limit_memory",
    "load",
    "plain",
    "predict",
    "program",
    "quantities",
    "save",
    "scaling",
    "schema",
    "sectioned",
    "step_bound",
    "theory",
    "train",
    "train_in_folder",
]

__version__: str

_Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
_Record = tuple[Any, ...]
_Named = tuple[str, str | None]
_OwnRule = tuple[Callable[[int, Sequence[Any]], Any], _Named]
_Setting = tuple[str, list[tuple[str, str]], dict[str, Any], list[str], list[_Record | None]]

@final
class Data:
    @staticmethod
    def reals(train: _Pair, held_out: _Pair | None) -> Data: ...
    @staticmethod
    def classes(
        inputs: NDArray[Any],
        labels: NDArray[np.int64],
        shape: Sequence[int],
        classes: int,
        test: tuple[NDArray[Any], NDArray[np.int64]] | None,
    ) -> Data: ...
    @staticmethod
    def named(name: str, data_dir: str | None) -> Data: ...
    @staticmethod
    def read(path: str) -> Data: ...
    def real_arrays(self, held_out: bool) -> Any: ...
    def class_arrays(self, test: bool) -> Any: ...
    @property
    def sizes(self) -> tuple[int, int, int]: ...
    @property
    def has_classes(self) -> bool: ...
    @property
    def sample_shape(self) -> list[int] | None: ...

@final
class Fitted:
    def __new__(
        cls, kind: str, shape: Sequence[int], outputs: int, scaling: _Pair, ranges: _Pair
    ) -> Fitted: ...
    @property
    def has_classes(self) -> bool: ...
    @property
    def sample_shape(self) -> list[int] | None: ...

@final
class Iteration:
    def __new__(
        cls,
        flat: dict[str, Any],
        data: Data | None,
        run: int,
        with_weights: bool,
        rule: _OwnRule | None,
    ) -> Iteration: ...
    @property
    def quantities(self) -> list[str]: ...
    @property
    def outcome(self) -> tuple[str, int | None] | None: ...
    def __iter__(self) -> Iteration: ...
    def __next__(self) -> tuple[int, NDArray[np.float64], dict[str, NDArray[Any]] | None]: ...
    def close(self) -> None: ...

def keys() -> list[tuple[str, str, Any, str, str, str]]: ...
def layer_kinds() -> list[tuple[str, str, list[tuple[str, Any, str, str, str, bool]]]]: ...
def quantities() -> list[str]: ...
def describe(quantity: str) -> tuple[str, str] | None: ...
def explain(name: str) -> list[tuple[str, str, list[tuple[str, str]]]]: ...
def cite(run: str | None, flat: dict[str, Any] | None, name: str | None) -> str: ...
def schema() -> str: ...
def builtin(name: str | None) -> list[str]: ...
def check(flat: dict[str, Any]) -> None: ...
def figure(
    asked: dict[str, Any],
    settings: list[
        tuple[dict[str, Any], Fitted | None, str, list[tuple[str, str]], list[_Record]]
    ],
) -> tuple[str, str]: ...
def flat(text: str, folder: str | None) -> dict[str, Any]: ...
def sectioned(flat: dict[str, Any]) -> str: ...
def train(
    flat: dict[str, Any],
    data: Data | None,
    rule: _OwnRule | None,
    threads: int | None,
    progress: Callable[[float, int], None] | None,
    notes: bool,
) -> tuple[list[_Setting], BaseException | None]: ...
def step_bound(flat: dict[str, Any], data: Data | None) -> tuple[bool, str] | None: ...
def fitted(flat: dict[str, Any], data: Data, runs: Sequence[int]) -> list[Fitted]: ...
def train_in_folder(
    flat: dict[str, Any],
    data: tuple[Data, str] | None,
    rule: _OwnRule | None,
    out: tuple[str, bool],
    threads: int | None,
    progress: Callable[[float, int], None] | None,
) -> BaseException | None: ...
def predict(
    flat: dict[str, Any],
    fitted: Fitted | None,
    run: int,
    weights: dict[str, NDArray[Any]],
    inputs: NDArray[Any],
) -> NDArray[np.float64]: ...
def activities(
    flat: dict[str, Any],
    fitted: Fitted | None,
    run: int,
    weights: dict[str, NDArray[Any]],
    inputs: NDArray[Any],
) -> list[NDArray[np.float64]]: ...
def infinite_kernel(
    name: str, activation: str, left: NDArray[Any], right: NDArray[Any] | None
) -> NDArray[np.float64]: ...
def finite_kernel(
    weights: tuple[NDArray[Any], _Pair | None],
    activation: str,
    left: NDArray[Any],
    right: NDArray[Any] | None,
) -> NDArray[np.float64]: ...
def plain(
    flat: dict[str, Any], fitted: Fitted | None, run: int, weights: dict[str, NDArray[Any]]
) -> list[tuple[NDArray[np.float64], NDArray[np.float64] | None, str]]: ...
def scaling(
    flat: dict[str, Any], fitted: Fitted | None, run: int, input_dim: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def audit(
    flat: dict[str, Any],
    data: Data | None,
    rule: Callable[[int, Sequence[Any]], Any] | None,
    width: int,
    samples: int,
) -> list[tuple[Any, ...]]: ...
def audit_updates(
    path: str,
    arrays: list[tuple[str, str | NDArray[np.float64]]] | None,
    tolerance: float | None,
) -> tuple[Any, ...]: ...
def theory(
    flat: dict[str, Any],
    data: Data | None,
    folder: str | None,
    every_setting: bool,
    alignment: float | None,
) -> list[tuple[str, str]]: ...
def save(
    path: str,
    flat: dict[str, Any],
    data: tuple[Data, str] | None,
    runs: list[list[Any]],
    seconds: float,
    rule: _Named | None,
) -> None: ...
def load(path: str, rule: _Named | None) -> tuple[dict[str, Any], list[_Setting]]: ...
def archive(path: str, out: str | None, with_data: bool) -> Any: ...
def doctor(
    columns: int | None, python: dict[str, str | None]
) -> tuple[str, list[tuple[str, list[tuple[str, str]]]]]: ...
def limit_memory(memory: str | None) -> None: ...
def program(words: list[str]) -> int: ...
