"""The hyperparameters of Random Cut Forest: page "RCF Hyperparameters"."""

from __future__ import annotations

from local.sagemaker.containers.algorithms.common.hyperparameters import Rule, some_of, whole

EVALUATIONS = ("accuracy", "precision_recall_fscore")

RULES: dict[str, Rule] = {
    "feature_dim": whole(required=True, high=10_000),
    "mini_batch_size": whole(1000),  # the SDK always sends it; trees draw from all rows
    "num_trees": whole(100, low=50, high=1000),
    "num_samples_per_tree": whole(256, high=2048),
    "eval_metrics": some_of(*EVALUATIONS, default=EVALUATIONS),
}
