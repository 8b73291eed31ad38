"""Data to train on: arrays, and data sets with classes."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from falign import _core
from falign.errors import ShapeError

__all__ = ["Labelled", "Reals", "load"]


class Reals:
    """Inputs with real targets, for the two-layer engines and the mini-batch engine.

    Parameters
    ----------
    X : array_like, (samples, input_dim)
        Finite numbers, samples in rows. A float64 array in C order is used where it lies,
        without a copy; all others are copied once, to float64.
    y : array_like, (samples,) or (samples, outputs)
        Likewise.
    held_out : pair of X and y, optional
        For the quantity ``held_out_loss``.

    Raises
    ------
    ShapeError
        Where shapes do not fit, or a number is not finite (with its place).

    Notes
    -----
    Do not write to arrays that are used where they lie while a training runs: it would see both
    numbers. Afterwards trained networks predict as before, and saving refuses, with
    ``ShapeError``, data that are no longer those that were given.
    """

    def __init__(
        self, X: ArrayLike, y: ArrayLike, held_out: tuple[ArrayLike, ArrayLike] | None = None
    ) -> None:
        other = None if held_out is None else (_matrix(held_out[0]), _targets(held_out[1]))
        self._core = _core.Data.reals((_matrix(X), _targets(y)), other)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Samples, inputs, outputs."""
        return self._core.sizes

    def arrays(self, *, held_out: bool = False) -> tuple[NDArray[Any], NDArray[Any]] | None:
        """X, (samples, input_dim), and y, (samples, outputs): copies; ``None`` if there are no
        held-out ones."""
        found: tuple[NDArray[Any], NDArray[Any]] | None = self._core.real_arrays(held_out)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        (X, y), held_out = self._core.real_arrays(False), self._core.real_arrays(True)
        return type(self), (X, y, held_out)

    def _save(self, path: str) -> None:
        X, y = self._core.real_arrays(False)
        np.savez(path, X=X, y=y)
        if (held_out := self._core.real_arrays(True)) is not None:
            stem = path.removesuffix(".npz")
            np.savez(f"{stem}.held_out.npz", X=held_out[0], y=held_out[1])

    def _is_stored(self, path: str) -> bool:
        """Whether a file of :meth:`_save` holds the same numbers."""
        held_out = path.removesuffix(".npz") + ".held_out.npz"
        pairs = [(path, self.arrays()), (held_out, self.arrays(held_out=True))]
        return all(_holds(file, dict(zip("Xy", of, strict=True)) if of else None) for file, of in pairs)


class Labelled:
    """Inputs with a class each, and a test set, for the mini-batch engine.

    Parameters
    ----------
    X : array_like, (samples, ...)
        ``uint8`` are pixels, one byte each; ``float32`` and ``float64`` are kept as they are,
        and rounded to the config's ``precision`` once, after they are scaled. An array of one
        of these kinds in C order is used where it lies, without a copy, and must not be written
        to (see :class:`Reals`); all others are copied once, to the smallest of these kinds that
        holds them. Trailing dimensions are one sample's shape, such as (28, 28).
    y : array_like of int, (samples,)
        Classes from 0.
    test : pair of X and y, optional
        What is reported on; the training set where there is none.
    classes : int, optional
        Their number; without it one more than the largest of ``y``.

    Raises
    ------
    ShapeError
        Where shapes, kinds or classes do not fit.
    """

    def __init__(
        self,
        X: ArrayLike,
        y: ArrayLike,
        test: tuple[ArrayLike, ArrayLike] | None = None,
        *,
        classes: int | None = None,
    ) -> None:
        inputs, shape = _samples(X)
        labels = _labels(y)
        if classes is None:
            classes = int(labels.max(initial=0)) + 1
        other = None
        if test is not None:
            other = (_samples(test[0])[0], _labels(test[1]))
        self._core = _core.Data.classes(inputs, labels, shape, classes, other)

    @classmethod
    def _of(cls, found: _core.Data) -> Labelled:
        self = cls.__new__(cls)
        self._core = found
        return self

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Labelled:
        """A training and a test set from a folder of IDX files, a binary CIFAR-10, or an NPZ
        file with ``x_train``, ``y_train``, ``x_test``, ``y_test``; or a training set alone from a
        table (CSV, NPY) with a column of labels."""
        return cls._of(_core.Data.read(os.fspath(path)))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Training samples, inputs, classes."""
        return self._core.sizes

    @property
    def train(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """X, (samples, ...) as stored, and the classes, (samples,): copies."""
        return self._arrays(test=False)

    @property
    def test(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """The same of the test set."""
        return self._arrays(test=True)

    def _arrays(self, *, test: bool) -> tuple[NDArray[Any], NDArray[np.int64]]:
        X, y = self._core.class_arrays(test)
        return X.reshape(-1, *(self._core.sample_shape or ())), y

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild = _Rebuild(self.shape[2])
        X, y = self.train
        return rebuild, (X, y, self.test)

    def _save(self, path: str) -> None:
        (x_train, y_train), (x_test, y_test) = self.train, self.test
        np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)

    def _is_stored(self, path: str) -> bool:
        """Whether a file of :meth:`_save` holds the same numbers."""
        (x_train, y_train), (x_test, y_test) = self.train, self.test
        arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
        return _holds(path, arrays)

    def __repr__(self) -> str:
        samples, inputs, classes = self.shape
        return f"Labelled({samples} samples, {inputs} inputs, {classes} classes)"


def _holds(path: str, arrays: dict[str, NDArray[Any]] | None) -> bool:
    """Whether an NPZ file holds these arrays and no others; with None, whether there is none."""
    if arrays is None or not os.path.exists(path):
        return arrays is None and not os.path.exists(path)
    with np.load(path) as stored:
        names = set(stored.files)
        return names == set(arrays) and all(
            stored[name].dtype == array.dtype and np.array_equal(stored[name], array)
            for name, array in arrays.items()
        )


class _Rebuild:
    """Makes a pickled ``Labelled`` again."""

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def __call__(self, X: Any, y: Any, test: Any) -> Labelled:
        return Labelled(X, y, test, classes=self.classes)


def load(name: str, data_dir: str | os.PathLike[str] | None = None) -> Labelled:
    """A published data set by its name, such as ``mnist``; ``falign data list`` shows all.

    Its files are looked for in ``data_dir``, in ``FALIGN_DATA`` and in the user's cache, and
    compared with their checksums; ``falign data fetch NAME`` downloads them.

    Raises
    ------
    ConfigError
        For an unknown name.
    DataError
        Where files are missing, damaged or not the published ones.
    """
    return Labelled._of(_core.Data.named(name, None if data_dir is None else os.fspath(data_dir)))


def given(X: Any, y: Any, held_out: Any = None) -> Reals | Labelled | None:
    """What the arguments X and y of the functions stand for."""
    if X is None and y is None:
        return None
    if isinstance(X, (Reals, Labelled)):
        if y is not None or held_out is not None:
            raise ShapeError(f"y: a {type(X).__name__} has its targets already; leave y out")
        return X
    if X is None or y is None:
        raise ShapeError("X and y: give both, or neither to train on the config's own data")
    return Reals(X, y, held_out)


def whole(what: str, values: Any) -> NDArray[Any]:
    """The values as an array, where that leaves nothing out: no mask, nothing sparse."""
    kind = type(values)
    if kind.__module__.startswith("scipy.sparse"):
        raise ShapeError(
            f"{what} is a sparse {kind.__name__}, expected a dense array; use {what}.toarray()"
        )
    if np.ma.isMaskedArray(values) and (count := np.count_nonzero(np.ma.getmaskarray(values))):
        raise ShapeError(
            f"{what} has a mask over {count} of {values.size} numbers, expected all to be there; "
            f"leave those samples out, or put numbers in their place: {what}.filled(number)"
        )
    return np.asarray(values)


def _numbers(what: str, values: ArrayLike) -> NDArray[Any]:
    array = whole(what, values)
    if array.dtype.kind not in "buif":
        wrong = ShapeError(f"{what} has dtype {array.dtype}, expected real numbers")
        # Complex numbers, dates, durations and texts would become others without a word.
        if array.dtype.kind in "cmMUS":
            raise wrong
        if array.dtype.kind == "O" and (found := _first_text(what, array)):
            raise found
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError):
            raise _first_wrong(what, array) or wrong from None
    return array


def _where(array: NDArray[Any], place: tuple[int, ...]) -> str:
    names = ("row", "column") if array.ndim <= 2 else ("index",) * array.ndim
    return ", ".join(f"{name} {at}" for name, at in zip(names, place, strict=False))


def _first_text(what: str, array: NDArray[Any]) -> ShapeError | None:
    """The place of the first text, which may look like a number."""
    for place, value in np.ndenumerate(array):
        if isinstance(value, (str, bytes)):
            at = _where(array, place)
            return ShapeError(f"{what} has the text {value!r:.60} at {at}, expected real numbers")
    return None


def _first_wrong(what: str, array: NDArray[Any]) -> ShapeError | None:
    """The place of the first value that is no number, such as pandas' ``NA``."""
    for place, value in np.ndenumerate(array):
        try:
            float(value)
        except (TypeError, ValueError):
            at = _where(array, place)
            return ShapeError(f"{what} has {value!r:.60} at {at}, expected real numbers")
    return None


def _matrix(values: ArrayLike, what: str = "X") -> NDArray[np.float64]:
    array = _numbers(what, values)
    if array.ndim != 2:
        raise ShapeError(f"{what} has shape {array.shape}, expected (samples, input_dim)")
    return _in_place(array, np.float64)


def _in_place(array: NDArray[Any], dtype: type) -> NDArray[Any]:
    """The array itself where the library can read it there; a copy otherwise."""
    return np.require(array, dtype, ["C_CONTIGUOUS", "ALIGNED"])


def _rows(array: NDArray[Any]) -> NDArray[Any]:
    """All that belongs to one sample as one row."""
    return array.reshape(len(array), math.prod(array.shape[1:]))


def _targets(values: ArrayLike) -> NDArray[np.float64]:
    array = _numbers("y", values)
    if array.ndim not in (1, 2):
        raise ShapeError(f"y has shape {array.shape}, expected (samples,) or (samples, outputs)")
    return _in_place(_rows(array), np.float64)


def _samples(values: ArrayLike) -> tuple[NDArray[Any], Sequence[int]]:
    array = _numbers("X", values)
    if array.ndim < 2:
        raise ShapeError(f"X has shape {array.shape}, expected (samples, ...)")
    dtype: type = np.float64
    if array.dtype == np.uint8:
        dtype = np.uint8
    elif np.can_cast(array.dtype, np.float32):
        dtype = np.float32
    return _rows(_in_place(array, dtype)), array.shape[1:]


def _labels(values: ArrayLike) -> NDArray[np.int64]:
    array = whole("y", values)
    if array.ndim != 1 or array.dtype.kind not in ("b", "u", "i"):
        found = f"shape {array.shape} and dtype {array.dtype}"
        raise ShapeError(f"labels have {found}, expected whole numbers (samples,)")
    if array.dtype.kind == "i" and (array < 0).any():
        at = int(np.argmax(array < 0))
        raise ShapeError(f"labels have {array[at]} at sample {at}, expected classes from 0")
    return array.astype(np.int64, copy=False)
