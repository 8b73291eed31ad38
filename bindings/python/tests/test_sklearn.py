"""The estimators are estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import falign as fa

pytest.importorskip("sklearn")

from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

ESTIMATORS = [fa.sklearn.FeedbackAlignmentRegressor(), fa.sklearn.FeedbackAlignmentClassifier()]


@parametrize_with_checks(ESTIMATORS)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_them(estimator: Any, check: Any) -> None:
    check(estimator)


def test_they_learn_in_a_pipeline() -> None:
    rng = np.random.default_rng(0)
    X = rng.uniform(-3, 3, (300, 2))
    y = np.sin(X[:, 0]) + 0.5 * X[:, 1]
    model = make_pipeline(StandardScaler(), fa.sklearn.FeedbackAlignmentRegressor(random_state=0))
    assert cross_val_score(model, X, y, cv=3).min() > 0.9
    rings = np.where(np.hypot(*X.T) > 2, "out", "in")
    model = make_pipeline(StandardScaler(), fa.sklearn.FeedbackAlignmentClassifier(random_state=0))
    assert cross_val_score(model, X, rings, cv=3).min() > 0.9
    assert model.fit(X, rings).predict_proba(X).sum(1) == pytest.approx(1)


def test_the_same_seed_gives_the_same_network() -> None:
    X = np.random.default_rng(0).standard_normal((20, 3))
    make = lambda: fa.sklearn.FeedbackAlignmentRegressor(random_state=3, epochs=3)  # noqa: E731
    first, second = (make().fit(X, X).predict(X) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_a_mask_is_not_passed_over() -> None:
    X = np.random.default_rng(0).standard_normal((20, 3))
    masked = np.ma.masked_greater(X, 1)
    for estimator, y in [(ESTIMATORS[0], X[:, 0]), (ESTIMATORS[1], X[:, 0] > 0)]:
        with pytest.raises(ValueError, match="X has a mask over"):
            estimator.fit(masked, y)
        with pytest.raises(ValueError, match="X has a mask over"):
            estimator.set_params(epochs=1).fit(X, y).predict(masked)


def test_layers_read_the_columns_as_images() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((80, 1, 6, 6))
    y = np.where(X[:, 0, :3].mean((1, 2)) > X[:, 0, 3:].mean((1, 2)), "up", "down")
    rows = X.reshape(80, -1)
    layers = [fa.Conv(4, 3), fa.Pool("mean", 2)]
    make = fa.sklearn.FeedbackAlignmentClassifier
    model = make(layers=layers, input_shape=(1, 6, 6), epochs=60, random_state=0).fit(rows, y)
    assert model.score(rows, y) > 0.9
    assert model.get_params()["layers"] is layers
    assert [dict(one) for one in model.run_.config.layers][-1] == {"dense": 2}
    regressor = fa.sklearn.FeedbackAlignmentRegressor(
        layers=layers, input_shape=(1, 6, 6), epochs=2, random_state=0
    )
    assert regressor.fit(rows, rows[:, :2]).predict(rows).shape == (80, 2)
    with pytest.raises(ValueError, match="input"):
        make(layers=layers, input_shape=(1, 6, 5), random_state=0).fit(rows, y)
    with pytest.raises(ValueError, match="network.input"):
        make(layers=layers, random_state=0).fit(rows, y)


def test_fitted_networks_are_read_as_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    X, make = rng.standard_normal((50, 4)), fa.sklearn.FeedbackAlignmentRegressor
    y = X[:, :2] - 0.5 * X[:, 2:]
    model = make(hidden_layer_sizes=(7, 5), epochs=6, random_state=1).fit(X, y)
    assert [w.shape for w in model.coefs_] == [(4, 7), (7, 5), (5, 2)]
    assert [b.shape for b in model.intercepts_] == [(7,), (5,), (2,)]
    hidden = X
    for weights, bias in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        hidden = np.tanh(hidden @ weights + bias)
    assert hidden @ model.coefs_[-1] + model.intercepts_[-1] == pytest.approx(model.predict(X))
    assert model.n_iter_ == len(model.loss_curve_) == 6
    assert model.loss_curve_[-1] == model.loss_ < model.loss_curve_[0]
    plain = make(hidden_widths=(7, 5), epochs=6, random_state=1).fit(X, y)
    assert (plain.predict(X) == model.predict(X)).all()


def test_any_key_is_searched() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3))
    model = fa.sklearn.FeedbackAlignmentRegressor(hidden_widths=(6,), epochs=4, random_state=0)
    grid = {"config": [None, {"optimiser": "momentum", "momentum": 0.5, "step_size": 0.01}]}
    search = GridSearchCV(model, grid, cv=2).fit(X, X[:, 0])
    assert len(set(search.cv_results_["mean_test_score"])) == 2
    wrong = model.set_params(config={"momentun": 0.5})
    with pytest.raises(TypeError, match="did you mean `momentum`?"):
        wrong.fit(X, X[:, 0])


def test_a_fit_that_diverges_warns() -> None:
    X = np.random.default_rng(0).standard_normal((40, 3))
    model = fa.sklearn.FeedbackAlignmentRegressor(
        activation="linear", optimiser="sgd", step_size=300.0, epochs=50, random_state=0
    )
    with pytest.warns(ConvergenceWarning, match="1 of 1 runs diverged, the first at step"):
        model.fit(X, X[:, 0])
