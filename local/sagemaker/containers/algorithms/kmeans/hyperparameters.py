"""The hyperparameters of K-Means: page "K-Means Hyperparameters"."""

from __future__ import annotations

from local.sagemaker.containers.algorithms.common.hyperparameters import (
    AUTO,
    Rule,
    boolean,
    choice,
    some_of,
    whole,
)

RULES: dict[str, Rule] = {
    "k": whole(required=True),
    "feature_dim": whole(required=True),
    "mini_batch_size": whole(5000),
    "epochs": whole(1),
    "init_method": choice("random", "random", "kmeans++"),
    "extra_center_factor": whole(AUTO, words=(AUTO,)),
    "local_lloyd_max_iter": whole(300),
    "local_lloyd_tol": Rule(float, 0.0001, low=0, high=1),
    "local_lloyd_init_method": choice("kmeans++", "random", "kmeans++"),
    "local_lloyd_num_trials": whole(AUTO, words=(AUTO,)),
    "half_life_time_size": whole(0, low=0),
    "force_dense": boolean(default=True),  # the SDK always sends it; rows are dense here
    "eval_metrics": some_of("msd", "ssd", default=("msd",)),
}
