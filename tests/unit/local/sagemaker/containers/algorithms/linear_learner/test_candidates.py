"""Models of Linear Learner against what they should find."""

import numpy as np
import pytest
from sklearn.linear_model import QuantileRegressor, Ridge

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.hyperparameters import read
from local.sagemaker.containers.algorithms.common.rows import Rows
from local.sagemaker.containers.algorithms.linear_learner.candidates import (
    best_of,
    row_weights,
    settings,
)
from local.sagemaker.containers.algorithms.linear_learner.hyperparameters import (
    RULES,
    check_together,
)


def parameters(**given):
    typed = read(RULES, {name: str(value) for name, value in given.items()})
    check_together(typed)
    return typed


def trained(rows, validation=None, **given):
    return best_of(settings(parameters(**given), tuned=True), rows, validation, lambda *_told: None)


def regression(rows=300, seed=0):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, 3)) * [1, 5, 0.2] + 4
    labels = features @ [1.0, -0.5, 3.0] + 7 + generator.normal(size=rows)
    return Rows(features.astype(np.float32), labels.astype(np.float32))


def test_weight_decay_is_that_of_ridge_regression():
    """mean((y − x·w)²) + wd·w²/2, when nothing is normalized but the mean."""
    rows = regression()
    model = trained(
        rows,
        predictor_type="regressor",
        wd=2,
        l1=0,
        normalize_data=False,
        normalize_label=False,
        epochs=60,
        early_stopping_tolerance=1e-9,
    )
    ridge = Ridge(alpha=2 / 2 * 300).fit(rows.features, rows.labels)

    np.testing.assert_allclose(model.weights[:, 0], ridge.coef_, rtol=1e-2, atol=1e-3)
    assert model.bias[0] == pytest.approx(ridge.intercept_, rel=1e-2)


@pytest.mark.parametrize("optimizer", ["auto", "adam", "sgd", "rmsprop"])
def test_l1_takes_weights_away(optimizer):
    """With much of it nothing but the mean is left."""
    rows = regression()
    model = trained(rows, predictor_type="regressor", l1=10, wd=0, optimizer=optimizer, epochs=40)

    np.testing.assert_allclose(model.weights, 0, atol=0.02)
    assert model.bias[0] == pytest.approx(rows.labels.mean(), abs=0.5)


@pytest.mark.parametrize("above", [0.2, 0.8])
def test_a_quantile_has_its_share_of_labels_above(above):
    """AWS's q is the share above the prediction, one minus the usual one."""
    rows = regression(600)
    model = trained(
        rows, predictor_type="regressor", loss="quantile_loss", quantile=above, wd=0, epochs=60
    )
    guess = model.scores(rows.features)[:, 0]
    usual = QuantileRegressor(quantile=1 - above, alpha=0).fit(rows.features, rows.labels)

    assert np.mean(rows.labels > guess) == pytest.approx(above, abs=0.04)
    assert np.mean(np.abs(guess - usual.predict(rows.features))) < 0.2


@pytest.mark.parametrize("loss", ["absolute_loss", "huber_loss", "eps_insensitive_absolute_loss"])
def test_a_robust_loss_overlooks_outliers(loss):
    """A few labels far off move the model little."""
    rows = regression()
    rows.labels[::20] += 500
    model = trained(rows, predictor_type="regressor", loss=loss, wd=0, epochs=60)

    assert model.weights[:, 0] == pytest.approx([1.0, -0.5, 3.0], abs=0.6)


def test_without_a_bias_the_model_goes_through_zero():
    """Nothing is shifted either."""
    model = trained(regression(), predictor_type="regressor", use_bias=False)

    assert model.bias.tolist() == [0.0]


def test_balanced_weights_give_classes_the_same_say():
    """Positive rows together weigh as much as negative ones; the mean stays one."""
    labels = np.array([1.0, 0, 0, 0])
    weights = row_weights(
        labels,
        parameters(predictor_type="binary_classifier", positive_example_weight_mult="balanced"),
    )

    assert weights.mean() == pytest.approx(1)
    assert weights[0] == pytest.approx(weights[1:].sum())


def test_several_models_are_close_to_the_given_one():
    """The first is the given one; a tuning job trains that alone."""
    given = parameters(predictor_type="regressor", wd=0.01, num_models=4)

    assert [one["wd"] for one in settings(given, tuned=False)] == pytest.approx(
        [0.01, 0.1, 0.001, 1.0]
    )
    assert len(settings(given, tuned=True)) == 1


def test_the_better_positive_weight_is_found():
    """`auto` tries both; F1 on rows where positives are rare."""
    generator = np.random.default_rng(3)
    features = generator.normal(size=(400, 2)).astype(np.float32)
    labels = (features.sum(axis=1) + generator.normal(size=400) > 2).astype(np.float32)
    qualities = {
        weight: trained(
            Rows(features, labels),
            predictor_type="binary_classifier",
            positive_example_weight_mult=weight,
            binary_classifier_model_selection_criteria="f_beta",
        ).quality
        for weight in ("auto", "balanced", 1.0)
    }

    assert qualities["auto"] == max(qualities["balanced"], qualities[1.0])
    assert qualities["balanced"] != qualities[1.0]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"predictor_type": "multiclass_classifier"}, "num_classes"),
        ({"predictor_type": "multiclass_classifier", "num_classes": 2}, r"\[3, 1000000\]"),
        ({"predictor_type": "regressor", "loss": "logistic"}, "squared_loss"),
        ({"predictor_type": "ranker"}, "binary_classifier, multiclass_classifier, regressor"),
        ({"predictor_type": "regressor", "l1": -1}, r"l1: value -1 is not in \[0, inf\) or auto"),
    ],
)
def test_what_does_not_fit_together_is_told(given, told):
    """By name, with what it may be."""
    with pytest.raises(UserError, match=told):
        parameters(**given)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_rate_that_makes_the_loss_infinite_is_told():
    """Instead of a model of NaN."""
    with pytest.raises(UserError, match=r"learning_rate 1e\+30"):
        trained(regression(), predictor_type="regressor", optimizer="sgd", learning_rate=1e30)


@pytest.mark.parametrize("kind", ["regressor", "binary_classifier", "multiclass_classifier"])
@pytest.mark.parametrize("columns", [1, 40])
def test_rows_that_say_nothing_still_make_a_model(kind, columns):
    """Constant features; more features than rows; a label that never changes for a regressor."""
    features = np.ones((12, columns), np.float32) * 3
    labels = np.zeros(12) + (np.arange(12) % 3 == 0) * (kind != "regressor")
    model = trained(Rows(features, labels.astype(np.float32)), predictor_type=kind, num_classes=3)

    assert np.isfinite(model.scores(features)).all()
    assert model.objective(Rows(features, labels)) < 1
