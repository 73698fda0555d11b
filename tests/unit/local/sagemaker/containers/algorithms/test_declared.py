"""Hyperparameters are what their algorithm declares, or the job hears which is not."""

import pytest

from local.sagemaker.containers.algorithms.declared import Declared, boolean, read, whole
from local.sagemaker.containers.algorithms.xgboost.errors import UserError

DECLARED = {
    "epochs": whole(5),
    "classes": whole(low=2),
    "rate": Declared(float, 0.1, above=0),
    "share": Declared(float, 0.5, low=0, high=1),
    "stopping": Declared(boolean, default=False),
    "optimizer": Declared(str, "sgd", choices=("sgd", "adam")),
}


def test_what_is_left_out_gets_its_default():
    """Every declared name is there, typed."""
    assert read({"classes": "3", "stopping": "True"}, DECLARED) == {
        "epochs": 5,
        "classes": 3,
        "rate": 0.1,
        "share": 0.5,
        "stopping": True,
        "optimizer": "sgd",
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "Missing required hyperparameter: classes"),
        ({"classes": "3", "epoch": "1"}, "Extraneous hyperparameter found: epoch"),
        ({"classes": "1"}, "classes: value 1 not in range"),
        ({"classes": "three"}, "classes: could not parse 'three'"),
        ({"classes": "3", "rate": "0"}, "rate: value 0 must be above 0"),
        ({"classes": "3", "share": "1.5"}, "share: value 1.5 not in range"),
        ({"classes": "3", "stopping": "maybe"}, "stopping: could not parse 'maybe'"),
        ({"classes": "3", "optimizer": "lion"}, "optimizer: value lion not in"),
    ],
)
def test_what_is_wrong_is_named(given, told):
    """Missing, unknown, out of range, not of the type, not one of the choices."""
    with pytest.raises(UserError, match=told):
        read(given, DECLARED)


def test_a_tuning_jobs_own_hyperparameter_does_no_harm():
    """It says which metric is looked at."""
    assert "_tuning_objective_metric" not in read(
        {"classes": "2", "_tuning_objective_metric": "validation:accuracy"}, DECLARED
    )
