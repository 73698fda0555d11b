"""Every metric a problem can be judged by: the tasks it fits, and whether more is better.

Control functions validate ``metric.name`` against this table, so nothing heavy is imported here.
"""

from __future__ import annotations

from typing import Any

BINARY = "binary_classification"
MULTICLASS = "multiclass_classification"
REGRESSION = "regression"
CLASSIFICATION = (BINARY, MULTICLASS)

METRICS: dict[str, tuple[tuple[str, ...], bool]] = {
    "accuracy": (CLASSIFICATION, True),
    "balanced_accuracy": (CLASSIFICATION, True),
    "precision": (CLASSIFICATION, True),
    "recall": (CLASSIFICATION, True),
    "f1": (CLASSIFICATION, True),
    "roc_auc": (CLASSIFICATION, True),
    "pr_auc": (CLASSIFICATION, True),
    "log_loss": (CLASSIFICATION, False),
    "brier": (CLASSIFICATION, False),
    "rmse": ((REGRESSION,), False),
    "mae": ((REGRESSION,), False),
    "r2": ((REGRESSION,), True),
}
"""``{name: (tasks, greater is better)}``."""

DEFAULTS: dict[str, str] = {
    BINARY: "roc_auc",
    MULTICLASS: "balanced_accuracy",
    REGRESSION: "rmse",
}
"""The metric of a problem that names none; the same choice as the control layer's."""


def judged_by(problem: dict[str, Any], task: str) -> tuple[str, bool]:
    """The metric that judges a problem's models, and whether more of it is better.

    Args:
        problem: the resolved definition.
        task: one of the keys of ``DEFAULTS``.

    Raises:
        ValueError: the metric is unknown, or not defined for the task.
    """
    name = (problem.get("metric") or {}).get("name") or DEFAULTS[task]
    tasks, greater_is_better = METRICS.get(name, ((), False))
    if task not in tasks:
        fitting = ", ".join(key for key, (fits, _) in METRICS.items() if task in fits)
        raise ValueError(f"metric {name!r} does not judge {task}; choose one of {fitting}")
    return name, greater_is_better
