"""What a training is told, seen in what XGBoost makes of it."""

import numpy as np
import xgboost

from lifecycle.requests.training import static_hyperparameters
from tests.builders import prepared_run

ROUNDS = 5
"""A training that stops early keeps its best round, which a rank metric may find at once."""


def labelled(rows, share):
    """One telling column, and `share` of the rows positive."""
    told = np.random.default_rng(3).random(rows)
    return told.reshape(-1, 1), (told > 1 - share).astype(float)


def test_a_model_of_few_trees_knows_both_labels():
    """Though one row in four is positive, and the ranking was as good as it gets at once."""
    features, truth = labelled(800, 0.25)
    told = static_hyperparameters(prepared_run()) | {"eta": "0.05", "max_depth": "3"}
    told = {name: told[name] for name in told.keys() - {"num_round", "early_stopping_rounds"}}

    model = xgboost.train(told, xgboost.DMatrix(features, truth), ROUNDS)

    labels = model.predict(xgboost.DMatrix(features)) >= 0.5
    assert (labels == truth).mean() > 0.98


def test_a_training_for_numbers_begins_where_xgboost_begins():
    """At their mean: a half would mean nothing."""
    assert "base_score" not in static_hyperparameters(
        prepared_run(task="regression", classes=0, metric="rmse")
    )
