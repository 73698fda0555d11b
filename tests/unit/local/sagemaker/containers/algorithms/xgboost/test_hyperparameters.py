"""The XGBoost algorithm's hyperparameters."""

import pytest

from local.sagemaker.containers.algorithms.xgboost.errors import UserError
from local.sagemaker.containers.algorithms.xgboost.hyperparameters import read

GOOD = {"num_round": "10", "objective": "binary:logistic"}


def test_texts_become_numbers():
    """Each hyperparameter has its type; the metric is a list."""
    typed = read(GOOD | {"eta": "0.3", "max_depth": "6", "eval_metric": "auc, logloss"})

    assert (typed["eta"], typed["max_depth"]) == (0.3, 6)
    assert typed["eval_metric"] == ["auc", "logloss"]


def test_the_tuned_metric_is_always_computed():
    """The metric of a tuning job is added when eval_metric lacks it, once."""
    tuned = {"_tuning_objective_metric": "validation:f1"}

    assert read(GOOD | tuned)["eval_metric"] == ["f1"]
    assert read(GOOD | tuned | {"eval_metric": '["f1","auc"]'})["eval_metric"] == ["f1", "auc"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"eta": "2"}, "eta: value 2 not in range"),
        ({"eta": "fast"}, "could not parse"),
        ({"booster": "forest"}, "booster"),
        ({"objective": "binary:guess"}, "objective"),
        ({"objective": "multi:softprob"}, "num_class"),
        ({"num_class": "3"}, "num_class"),
        ({"colour": "green"}, "Extraneous hyperparameter found: colour"),
        ({"_kfold": "5"}, "cross-validation"),
        ({"use_dask_gpu_training": "true"}, "GPU"),
    ],
)
def test_what_is_wrong_is_named(change, told):
    """The message has the hyperparameter's name."""
    with pytest.raises(UserError, match=told):
        read(GOOD | change)


def test_rounds_are_required():
    """num_round has no default."""
    with pytest.raises(UserError, match="num_round"):
        read({"objective": "binary:logistic"})
