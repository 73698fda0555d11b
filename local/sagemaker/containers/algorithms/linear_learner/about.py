"""Linear Learner: page "Tune a linear learner model" names its metrics."""

from __future__ import annotations

from local.sagemaker.jobs.built_in import Algorithm

#: Metric → how its lines name it.
_NAMES = {
    "objective_loss": r"\S+_objective <loss>",
    "mse": "mse <loss>",
    "rmse": "rmse <loss>",
    "absolute_loss": "absolute_loss <loss>",
    "r2": "r2 <score>",
    "binary_classification_accuracy": "binary_classification_accuracy <score>",
    "binary_f_beta": r"binary_f_[0-9.]+ <score>",
    "precision": "precision <score>",
    "recall": "recall <score>",
    "roc_auc_score": "roc_auc_score <score>",
    "multiclass_accuracy": "multiclass_accuracy <score>",
    "multiclass_top_k_accuracy": r"multiclass_top_k_accuracy_[0-9]+ <score>",
    "dcg": "dcg <score>",
    "macro_recall": "macro_recall <score>",
    "macro_precision": "macro_precision <score>",
    "macro_f_beta": r"macro_f_[0-9.]+ <score>",
}

ALGORITHM = Algorithm(
    repositories=("linear-learner",),
    train="local.sagemaker.containers.algorithms.linear_learner.train:main",
    serve="local.sagemaker.containers.algorithms.linear_learner.serve:LinearModel",
    metrics={
        f"{channel}:{name}": rf"#quality_metric: host=\S+, (?:epoch=\S+, )?{channel} {line}=(\S+)"
        for channel in ("train", "validation", "test")
        for name, line in _NAMES.items()
    }
    | {"train:progress": r"#progress_metric: host=\S+, completed (\S+) %"},
)
