"""The hyperparameters of LightGBM: page "LightGBM hyperparameters"."""

from __future__ import annotations

from typing import Any

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.hyperparameters import (
    AUTO,
    Rule,
    boolean,
    choice,
    whole,
)
from local.sagemaker.containers.algorithms.lightgbm.about import METRICS


def _share(default: float) -> Rule:
    return Rule(float, default, low=0, high=1, above=True)


def _not_negative(default: float) -> Rule:
    return Rule(float, default, low=0)


RULES: dict[str, Rule] = {
    "num_boost_round": whole(100),
    "early_stopping_rounds": Rule(int, 10),
    "metric": choice(AUTO, AUTO, *METRICS),
    "learning_rate": Rule(float, 0.1, low=0, high=1, above=True, below=True),
    "num_leaves": Rule(int, 64, low=1, high=131_072, above=True),
    "feature_fraction": _share(0.9),
    "bagging_fraction": _share(0.9),
    "bagging_freq": whole(1, low=0),
    "max_depth": Rule(int, 6),
    "min_data_in_leaf": whole(3, low=0),
    "max_delta_step": Rule(float, 0.0),
    "lambda_l1": _not_negative(0.0),
    "lambda_l2": _not_negative(0.0),
    "boosting": choice("gbdt", "gbdt", "rf", "dart", "goss"),
    "min_gain_to_split": _not_negative(0.0),
    "scale_pos_weight": Rule(float, 1.0, low=0, above=True),
    "tree_learner": choice("serial", "serial", "feature", "data", "voting"),
    "feature_fraction_bynode": _share(1.0),
    "is_unbalance": boolean(default=False),
    "max_bin": Rule(int, 255, low=1, above=True),
    "tweedie_variance_power": Rule(float, 1.5, low=1, high=2, below=True),
    "num_threads": whole(0, low=0),
    "verbosity": Rule(int, 1),
    "use_dask": boolean(default=False),
}

#: What is no parameter of LightGBM's own, or is set apart.
OWN = ("num_boost_round", "early_stopping_rounds", "metric", "use_dask", "num_threads")


def check_together(parameters: dict[str, Any]) -> None:
    """Refuse values that contradict each other; raises `UserError`."""
    if parameters["use_dask"]:
        raise UserError("Hyperparameter use_dask: value True is for several instances; use False")
    if parameters["is_unbalance"] and parameters["scale_pos_weight"] != 1.0:
        raise UserError("Hyperparameters is_unbalance and scale_pos_weight exclude each other")
    if parameters["boosting"] == "rf" and not (
        parameters["bagging_freq"] and parameters["bagging_fraction"] < 1
    ):
        raise UserError(
            "Hyperparameter boosting: rf needs bagging_freq in [1, inf) and bagging_fraction in "
            "(0, 1)"
        )
