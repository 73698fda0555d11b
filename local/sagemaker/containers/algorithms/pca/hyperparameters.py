"""The hyperparameters of PCA: page "PCA Hyperparameters"."""

from __future__ import annotations

from local.sagemaker.containers.algorithms.common.hyperparameters import (
    Rule,
    boolean,
    choice,
    whole,
)

RULES: dict[str, Rule] = {
    "feature_dim": whole(required=True),
    "mini_batch_size": whole(required=True),
    "num_components": whole(required=True),
    "algorithm_mode": choice("regular", "regular", "randomized"),
    "subtract_mean": boolean(default=True),
    "extra_components": whole(-1, low=-1),
}
