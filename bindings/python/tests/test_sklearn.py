"""The estimators are estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import falign as fa

pytest.importorskip("sklearn")

from sklearn.model_selection import cross_val_score
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
