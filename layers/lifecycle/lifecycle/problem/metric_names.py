"""Every metric that can judge a model: its tasks, its range, and which way is better.

Science keeps the same table in ``science.metric_names``, since neither layer may import the other;
a unit test holds both equal.
"""

from __future__ import annotations

from dataclasses import dataclass

BINARY = "binary_classification"
MULTICLASS = "multiclass_classification"
REGRESSION = "regression"
CLASSIFICATION = (BINARY, MULTICLASS)
BY_CONTENT = ("text_classification", "image_classification")
"""Tasks named by what is classified; whether there are two classes or more, the data tells."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What is known of a metric without computing it.

    Attributes:
        tasks: the tasks it is defined for.
        greater_is_better: which of two values is the better one.
        low: the least value it can take, None when there is none.
        high: the greatest.
    """

    tasks: tuple[str, ...]
    greater_is_better: bool
    low: float | None = 0.0
    high: float | None = None


METRICS: dict[str, Metric] = {
    "accuracy": Metric(CLASSIFICATION, True, 0.0, 1.0),
    "balanced_accuracy": Metric(CLASSIFICATION, True, 0.0, 1.0),
    "precision": Metric(CLASSIFICATION, True, 0.0, 1.0),
    "recall": Metric(CLASSIFICATION, True, 0.0, 1.0),
    "f1": Metric(CLASSIFICATION, True, 0.0, 1.0),
    "roc_auc": Metric(CLASSIFICATION, True, 0.0, 1.0),
    "pr_auc": Metric(CLASSIFICATION, True, 0.0, 1.0),
    "log_loss": Metric(CLASSIFICATION, False),
    "brier": Metric(CLASSIFICATION, False, 0.0, 2.0),
    "rmse": Metric((REGRESSION,), False),
    "mae": Metric((REGRESSION,), False),
    "r2": Metric((REGRESSION,), True, None, 1.0),
}

DEFAULTS: dict[str, str] = {
    BINARY: "roc_auc",
    MULTICLASS: "balanced_accuracy",
    REGRESSION: "rmse",
}
"""The metric of a problem that names none. Several classes are judged by balanced accuracy:
people read it as a share of right answers, and one frequent class cannot flatter it as it does
accuracy."""


def default_metric(task: str) -> str:
    """The metric that judges a task when the problem names none.

    Raises:
        KeyError: nothing here trains for that task.
    """
    return DEFAULTS[task]


def metrics_of(task: str) -> tuple[str, ...]:
    """The names of all metrics that are defined for a task."""
    same = MULTICLASS if task in BY_CONTENT else task
    return tuple(name for name, metric in METRICS.items() if same in metric.tasks)
