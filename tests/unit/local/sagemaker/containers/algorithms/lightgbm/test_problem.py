"""Which problem labels pose."""

import numpy as np
import pytest

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.hyperparameters import read
from local.sagemaker.containers.algorithms.lightgbm.hyperparameters import RULES, check_together
from local.sagemaker.containers.algorithms.lightgbm.problem import (
    Problem,
    find_metric,
    find_problem,
)


@pytest.mark.parametrize(
    ("labels", "metric", "expected"),
    [
        ([0, 1, 1], "auto", Problem("binary", 2)),
        ([2, 0, 1], "auto", Problem("multiclass", 3)),
        ([0, 1, 3], "auto", Problem("regression")),
        ([0.5, 1], "auto", Problem("regression")),
        ([0, 1, 1], "rmse", Problem("regression")),
        (range(101), "auto", Problem("regression")),
    ],
)
def test_labels_or_the_metric_tell_the_problem(labels, metric, expected):
    """Whole numbers from 0 on are classes, unless the metric is one of quantities."""
    assert find_problem(np.array(labels, float), metric) == expected


def test_the_metric_must_be_of_the_problem():
    """`auto` is the problem's own."""
    assert find_metric(Problem("binary", 2), "auto") == "binary_logloss"
    assert find_metric(Problem("binary", 2), "auc") == "auc"
    with pytest.raises(UserError, match="multi_logloss, multi_error, auc_mu"):
        find_metric(Problem("multiclass", 3), "auc")


@pytest.mark.parametrize(
    ("labels", "metric", "told"),
    [([1, 1], "auto", "one label only, which is 1"), ([0, 2.5], "auc", "from 0 to 2.5")],
)
def test_labels_that_pose_no_problem_are_told(labels, metric, told):
    """One label only, or no classes for a metric of classes."""
    with pytest.raises(UserError, match=told):
        find_problem(np.array(labels, float), metric)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"learning_rate": "1"}, r"learning_rate: value 1 is not in \(0, 1\)"),
        ({"max_bin": "1"}, r"max_bin: value 1 is not in \(1, inf\)"),
        ({"use_dask": "True"}, "use_dask"),
        ({"is_unbalance": "True", "scale_pos_weight": "2"}, "exclude each other"),
        ({"boosting": "rf", "bagging_freq": "0"}, "bagging_freq"),
        ({"boosting": "gbtree"}, "gbdt, rf, dart, goss"),
    ],
)
def test_what_cannot_be_is_told(given, told):
    """By name, with what it may be."""
    with pytest.raises(UserError, match=told):
        check_together(read(RULES, given))
