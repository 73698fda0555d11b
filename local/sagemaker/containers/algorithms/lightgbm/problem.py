"""Which problem labels pose, and which metric and objective go with it.

Page "LightGBM hyperparameters": the type is told from the number of labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.hyperparameters import AUTO

REGRESSION, BINARY, MULTICLASS = "regression", "binary", "multiclass"
MOST_CLASSES = 100
"""With more whole numbers than these, labels are quantities."""

_METRICS = {
    REGRESSION: ("rmse", "l1", "l2", "huber", "fair"),
    BINARY: ("binary_logloss", "binary_error", "auc", "average_precision", "cross_entropy"),
    MULTICLASS: ("multi_logloss", "multi_error", "auc_mu"),
}


@dataclass(frozen=True)
class Problem:
    """A kind of problem and the classes it has.

    Attributes:
        kind: regression, binary or multiclass; LightGBM's objectives are called the same.
        classes: How many; 0 for regression.
    """

    kind: str
    classes: int = 0


def find_problem(labels: np.ndarray[Any, Any], metric: str) -> Problem:
    """Tell the problem from training labels.

    Args:
        labels: The training rows' labels.
        metric: The hyperparameter; one of regression makes any labels quantities.

    Raises:
        UserError: When all labels are the same, or are no classes though the metric is of classes.
    """
    found = np.unique(labels)
    if len(found) < 2:
        raise UserError(f"The training rows have one label only, which is {found[0]:g}")
    if metric in _METRICS[REGRESSION]:
        return Problem(REGRESSION)
    if len(found) <= MOST_CLASSES and np.array_equal(found, np.arange(len(found))):
        return Problem(BINARY if len(found) == 2 else MULTICLASS, len(found))
    if metric != AUTO:
        raise UserError(
            f"Hyperparameter metric: {metric} is of classes, but the labels are not the whole "
            f"numbers from 0 on; they have {len(found)} values from {found[0]:g} to {found[-1]:g}"
        )
    return Problem(REGRESSION)


def find_metric(problem: Problem, metric: str) -> str:
    """The metric to watch: the given one, or the problem's first under auto.

    Raises:
        UserError: When the given one is of another problem.
    """
    fitting = _METRICS[problem.kind]
    if metric == AUTO:
        return fitting[0]
    if metric not in fitting:
        raise UserError(
            f"Hyperparameter metric: value {metric} is not one of {', '.join(fitting)}, "
            f"and the labels pose a {problem.kind} problem"
        )
    return metric
