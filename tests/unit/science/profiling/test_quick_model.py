"""A quick model's score: honest, and near what a real library reaches."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from science.kinds import Column
from science.profiling import quick_model
from science.profiling.sample import Sample
from science.target import BINARY, MULTICLASS, REGRESSION

ROWS = 4000


def sample_of(labels, rows=ROWS, **cells):
    """Rows in memory: arrays of floats are numbers, of texts categories."""
    columns = [
        Column(name, "number" if values.dtype.kind == "f" else "category")
        for name, values in cells.items()
    ]
    return Sample(columns, cells, np.arange(rows), rows, labels)


@pytest.fixture(scope="module")
def learnable():
    """A target that follows from two numbers and a category, beside columns of noise."""
    rng = np.random.default_rng(5)
    first, second, noise = rng.normal(size=(3, ROWS))
    town = rng.integers(0, 30, ROWS)
    pull = first + second * (town % 3 == 0) + 0.8 * (town % 5 == 1)
    second[rng.random(ROWS) < 0.1] = np.nan
    towns = np.array([f"town {each}" for each in town], dtype=object)
    return {"first": first, "second": second, "noise": noise, "town": towns}, pull


def test_two_classes_are_told_apart_nearly_as_well_as_a_library_does(learnable):
    cells, pull = learnable
    labels = (pull + np.random.default_rng(6).logistic(0, 0.4, ROWS) > 0).astype(float)

    told = quick_model.score(sample_of(labels, **cells), BINARY, ["no", "yes"], {})

    codes = np.unique(cells["town"].astype(str), return_inverse=True)[1].astype(float)
    matrix = np.column_stack([cells["first"], cells["second"], cells["noise"], codes])
    model = HistGradientBoostingClassifier(random_state=0, categorical_features=[3])
    model.fit(matrix[::2], labels[::2])
    library = roc_auc_score(labels[1::2], model.predict_proba(matrix[1::2])[:, 1])
    assert told["metric"]["name"] == "roc_auc"
    assert told["metric"]["value"] > library - 0.03
    assert told["metric"]["guess"] == 0.5
    assert np.sum(told["confusion_matrix"]["counts"]) == told["held_out_rows"]
    ranked = [each["column"] for each in told["importance"]]
    assert ranked[0] == "first"
    assert "noise" not in ranked[:2]


def test_values_are_predicted_far_better_than_by_their_mean(learnable):
    cells, pull = learnable

    told = quick_model.score(sample_of(pull * 1e6 + 5e7, **cells), REGRESSION, [], {})

    assert told["metric"]["name"] == "rmse"
    assert told["metric"]["value"] < 0.5 * told["metric"]["guess"]
    assert told["metrics"]["r2"] > 0.75
    assert told["confusion_matrix"] is None


def test_several_classes_are_told_apart(learnable):
    cells, pull = learnable
    labels = np.digitize(pull, [-0.5, 0.7]).astype(float)

    told = quick_model.score(sample_of(labels, **cells), MULTICLASS, ["a", "b", "c"], {})

    assert told["metric"]["name"] == "balanced_accuracy"
    assert told["metric"]["value"] > 0.75
    assert told["metric"]["guess"] == pytest.approx(1 / 3)


def test_the_metric_of_the_problem_is_the_one_that_counts(learnable):
    cells, pull = learnable
    labels = (pull > 0).astype(float)

    told = quick_model.score(sample_of(labels, **cells), BINARY, ["no", "yes"], {}, "log_loss")

    assert told["metric"]["name"] == "log_loss"
    assert told["metric"]["greater_is_better"] is False


def test_noise_scores_like_a_guess():
    """A category of many levels must not look better than it is: nothing is there to learn."""
    rng = np.random.default_rng(8)
    cells = {
        "number": rng.normal(size=ROWS),
        "many": np.array([f"level {each}" for each in rng.integers(0, 900, ROWS)], dtype=object),
    }
    labels = rng.integers(0, 2, ROWS).astype(float)

    told = quick_model.score(sample_of(labels, **cells), BINARY, ["no", "yes"], {})

    assert abs(told["metric"]["value"] - 0.5) < 0.05


def test_words_of_a_text_are_learned_from():
    rng = np.random.default_rng(9)
    labels = rng.integers(0, 2, ROWS).astype(float)
    filler = ["parcel", "today", "green", "seven", "walk", "house"]
    texts = np.array(
        [" ".join([*rng.choice(filler, 6), "refund" if label else "thanks"]) for label in labels],
        dtype=object,
    )
    sample = Sample([Column("note", "text")], {"note": texts}, np.arange(ROWS), ROWS, labels)

    told = quick_model.score(sample, BINARY, ["no", "yes"], {})

    assert told["metric"]["value"] > 0.99


@pytest.mark.parametrize("labels", [np.zeros(ROWS), np.full(ROWS, np.nan)])
def test_nothing_is_scored_where_there_is_nothing_to_learn(labels):
    cells = {"number": np.arange(ROWS, dtype=float)}

    assert quick_model.score(sample_of(labels, **cells), BINARY, ["no", "yes"], {}) is None


def test_rows_without_a_label_are_left_aside():
    rng = np.random.default_rng(10)
    number = rng.normal(size=ROWS)
    labels = (number > 0).astype(float)
    labels[::3] = np.nan

    told = quick_model.score(sample_of(labels, number=number), BINARY, ["no", "yes"], {})

    assert told["rows"] + told["held_out_rows"] == np.isfinite(labels).sum()
    assert told["metric"]["value"] > 0.99
