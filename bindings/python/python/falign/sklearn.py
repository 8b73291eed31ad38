"""Estimators for scikit-learn: they go into its pipelines, searches and validations.

Inputs are taken as they are: put a ``StandardScaler`` before. Needs scikit-learn 1.6.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from falign import training
from falign._extras import need
from falign.config import Config
from falign.data import Labelled, Reals, whole
from falign.layers import Dense
from falign.results import Run

need("sklearn", "falign.sklearn")

from joblib import effective_n_jobs  # noqa: E402
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin  # noqa: E402
from sklearn.exceptions import ConvergenceWarning  # noqa: E402
from sklearn.utils.multiclass import check_classification_targets  # noqa: E402
from sklearn.utils.validation import check_is_fitted, validate_data  # noqa: E402

__all__ = ["FeedbackAlignmentClassifier", "FeedbackAlignmentRegressor"]


def _refuse_masks(X: Any, y: Any = None) -> None:
    """scikit-learn itself passes over the mask of an array."""
    for what, values in (("X", X), ("y", y)):
        if np.ma.isMaskedArray(values):
            whole(what, values)


class _FeedbackAlignment(BaseEstimator):  # type: ignore[misc]
    run_: Run

    """What both estimators share: one run of the mini-batch engine."""

    def __init__(
        self,
        *,
        rule: str = "feedback_alignment",
        hidden_widths: tuple[int, ...] = (100,),
        activation: str = "tanh",
        optimiser: str = "adam",
        step_size: float = 1e-2,
        batch: int = 32,
        epochs: int = 100,
        ridge: float = 0.0,
        layers: Sequence[Mapping[str, object]] | None = None,
        input_shape: Sequence[int] | None = None,
        hidden_layer_sizes: Sequence[int] | None = None,
        config: Mapping[str, Any] | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.rule = rule
        self.hidden_widths = hidden_widths
        self.activation = activation
        self.optimiser = optimiser
        self.step_size = step_size
        self.batch = batch
        self.epochs = epochs
        self.ridge = ridge
        self.layers = layers
        self.input_shape = input_shape
        self.hidden_layer_sizes = hidden_layer_sizes
        self.config = config
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _config(self, outputs: int) -> Config:
        random = self.random_state
        if random is None:
            seed = int(np.random.default_rng().integers(2**62))
        elif isinstance(random, np.random.RandomState):
            seed = int(random.randint(2**31 - 1))
        else:
            seed = int(random)
        # Parameters of estimators are plain strings; the config says which words there are.
        words: dict[str, Any] = {
            "rule": self.rule,
            "activation": self.activation,
            "optimiser": self.optimiser,
        }
        widths = self.hidden_widths if self.hidden_layer_sizes is None else self.hidden_layer_sizes
        hidden: dict[str, Any] = {"hidden_widths": list(widths)}
        if self.layers is not None:
            hidden = {"layers": [*self.layers, Dense(outputs)]}
        made = Config(
            **words,
            **hidden,
            input=None if self.input_shape is None else list(self.input_shape),
            engine="mini_batch",
            biases=True,
            initialisation="xavier",
            step_size=self.step_size,
            batch=self.batch,
            epochs=self.epochs,
            ridge=self.ridge,
            reduction="mean",
            seed=seed,
            runs=1,
            save_weights="final",
        )
        return made.replace(**self.config) if self.config else made

    def _train(self, config: Config, given: Reals | Labelled) -> None:
        # Whoever chose the estimator said what the targets are.
        threads = effective_n_jobs(self.n_jobs)
        found, stopped = training._run(config, given, None, threads, False, notes=False)
        run: Run = found[0]
        self.run_ = training._finished(run, run.runs, stopped)
        if (said := training.divergence([run])) is not None:
            warnings.warn(said, ConvergenceWarning, stacklevel=3)
        losses = self.run_.values.get("loss")
        # The first is of the start, before any batch.
        self.loss_curve_ = [] if losses is None else losses[0, 1:].tolist()
        self.n_iter_ = len(self.loss_curve_)
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else float("nan")

    def _arrays(self, name: str) -> list[NDArray[np.float64]]:
        check_is_fitted(self)
        weights = self.run_.weights[0]
        count = sum(key.endswith(".weight") for key in weights)
        keys = [f"layers.{at}.{name}" for at in range(count)]
        return [np.asarray(weights[key], dtype=np.float64).T for key in keys if key in weights]

    @property
    def coefs_(self) -> list[NDArray[np.float64]]:
        """Weights of each dense layer, (inputs, units)."""
        return self._arrays("weight")

    @property
    def intercepts_(self) -> list[NDArray[np.float64]]:
        """Biases of each layer, (units,)."""
        return self._arrays("bias")

    def _outputs(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self)
        _refuse_masks(X)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        outputs: NDArray[np.float64] = self.run_.predict(X)
        return outputs


class FeedbackAlignmentRegressor(RegressorMixin, _FeedbackAlignment):  # type: ignore[misc]
    """A network of real outputs, trained with the squared error.

    Parameters
    ----------
    rule : str
        Any learning rule of :class:`falign.Config`; ``backpropagation`` for comparison.
    hidden_widths : tuple of int
        Units of each hidden layer.
    activation, optimiser, step_size, batch, epochs, ridge
        As the keys of :class:`falign.Config`.
    layers : sequence of layers, optional
        Such as ``[fa.Conv(6, 5), fa.Pool("max", 2)]``, in place of ``hidden_widths``; a dense
        layer with a unit for each output is put above them.
    input_shape : sequence of int, optional
        For ``layers``: the shape of a sample, whose numbers are the columns of X in this order:
        channels, rows, columns, or channels, length.
    hidden_layer_sizes : sequence of int, optional
        The name that scikit-learn's networks have for ``hidden_widths``, in its place.
    config : dict, optional
        Any other keys of :class:`falign.Config`, such as ``{"momentum": 0.95, "dropout": 0.1}``; they
        win. A search takes several dicts.
    random_state : int, RandomState or None
        Seed of weights and batches; ``None`` draws one.
    n_jobs : int, optional
        Threads, as joblib counts them: None is one, unless its context says otherwise; -1 all.

    Attributes
    ----------
    run_ : Run
        The training: ``run_.loss``, ``run_.alignment``, ``run_.weights``.
    loss_curve_ : list of float
        The training loss after each epoch; ``loss_`` the last, ``n_iter_`` their number.
    coefs_, intercepts_ : list of ndarray
        Weights (inputs, units) and biases of each layer.
    n_features_in_ : int
    """

    run_: Run

    def fit(self, X: ArrayLike, y: ArrayLike) -> FeedbackAlignmentRegressor:
        """Train on X, (samples, features), and y, (samples,) or (samples, outputs)."""
        _refuse_masks(X, y)
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        self._is_vector = np.ndim(y) == 1
        outputs = 1 if self._is_vector else np.shape(y)[1]
        self._train(self._config(outputs), Reals(X, y))
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Outputs, of the shape of y."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._is_vector else outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class FeedbackAlignmentClassifier(ClassifierMixin, _FeedbackAlignment):  # type: ignore[misc]
    """A network of class scores, trained with the softmax cross-entropy.

    Parameters and attributes are those of :class:`FeedbackAlignmentRegressor`, and
    ``classes_``, the labels in order.
    """

    run_: Run

    def fit(self, X: ArrayLike, y: ArrayLike) -> FeedbackAlignmentClassifier:
        """Train on X, (samples, features), and labels y, (samples,)."""
        _refuse_masks(X, y)
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        count = max(2, len(self.classes_))
        given = Labelled(X, labels.astype(np.int64), classes=count)
        config = self._config(count).replace(scaling="none")
        self._train(config, given)
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Scores, (samples, classes), before the softmax; (samples,) of the second class
        where there are two."""
        outputs = self._outputs(X)
        return outputs[:, 1] - outputs[:, 0] if len(self.classes_) <= 2 else outputs

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Probabilities of the classes, (samples, classes)."""
        outputs = self._outputs(X)
        powers = np.exp(outputs - outputs.max(1, keepdims=True))
        shares: NDArray[np.float64] = powers / powers.sum(1, keepdims=True)
        return shares[:, : len(self.classes_)]

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Labels, (samples,)."""
        outputs = self._outputs(X)[:, : len(self.classes_)]
        found: NDArray[Any] = self.classes_[outputs.argmax(1)]
        return found
