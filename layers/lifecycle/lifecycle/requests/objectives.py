"""Which XGBoost objective and validation metric stand for a problem's metric.

Names as in "SageMaker XGBoost hyperparameters" and "Tune an XGBoost Model". Where XGBoost has no
such metric, a proper score that moves with it stands in; the hold-out is judged by the problem's
own metric in any case.
"""

from __future__ import annotations

from dataclasses import dataclass

BINARY = {
    "roc_auc": "auc",
    "pr_auc": "aucpr",
    "log_loss": "logloss",
    "brier": "logloss",
    "accuracy": "error",
    "balanced_accuracy": "auc",
    "f1": "aucpr",
    "precision": "aucpr",
    "recall": "auc",
}
MULTICLASS = {"accuracy": "merror"}
REGRESSION = {"mae": "mae", "rmse": "rmse", "r2": "rmse"}
RISING = frozenset({"auc", "aucpr"})


@dataclass(frozen=True, slots=True)
class Objective:
    """What a training job minimises or maximises.

    Attributes:
        objective: XGBoost's loss.
        eval_metric: the metric it watches on the validation channel.
        num_class: the number of classes, for multiclass only.
    """

    objective: str
    eval_metric: str
    num_class: int | None = None

    @property
    def metric_name(self) -> str:
        """The metric's name in tuning jobs."""
        return f"validation:{self.eval_metric}"

    @property
    def direction(self) -> str:
        """``Maximize`` or ``Minimize``."""
        return "Maximize" if self.eval_metric in RISING else "Minimize"


def objective_for(task: str, metric: str, classes: int) -> Objective:
    """The objective for a task, judged by a metric.

    Raises:
        ValueError: the task is not one that XGBoost is trained for here.
    """
    if task == "binary_classification":
        return Objective("binary:logistic", BINARY.get(metric, "auc"))
    if task == "multiclass_classification":
        return Objective("multi:softprob", MULTICLASS.get(metric, "mlogloss"), classes)
    if task == "regression":
        return Objective("reg:squarederror", REGRESSION.get(metric, "rmse"))
    raise ValueError(f"no objective is known for the task {task!r}")
