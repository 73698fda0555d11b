"""The algorithm's hyperparameters: names, types, ranges, and what depends on what.

Page "XGBoost hyperparameters"; names and checks follow the container's own validation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.algorithms.xgboost.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Rule:
    """What one hyperparameter accepts."""

    convert: Callable[[str], Any]
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false", "0", "1"}:
        raise ValueError(text)
    return text.lower() in {"true", "1"}


_ANY = Rule(str)
_FRACTION = Rule(float, 0, 1)
_POSITIVE = Rule(float, 0)
_WHOLE = Rule(int, 0)

RULES: dict[str, Rule] = {
    "num_round": Rule(int, 1),
    "csv_weights": Rule(int, 0, 1),
    "early_stopping_rounds": Rule(int, 1),
    "verbosity": Rule(int, 0, 3),
    "nthread": Rule(int, 1),
    "seed": Rule(int, -(2**31), 2**31 - 1),
    "booster": Rule(str, choices=("gbtree", "gblinear", "dart")),
    "eta": _FRACTION,
    "learning_rate": _FRACTION,
    "gamma": _POSITIVE,
    "min_split_loss": _POSITIVE,
    "max_depth": _WHOLE,
    "min_child_weight": _POSITIVE,
    "max_delta_step": _POSITIVE,
    "subsample": _FRACTION,
    "sampling_method": Rule(str, choices=("uniform", "gradient_based")),
    "colsample_bytree": _FRACTION,
    "colsample_bylevel": _FRACTION,
    "colsample_bynode": _FRACTION,
    "lambda": _POSITIVE,
    "reg_lambda": _POSITIVE,
    "alpha": _POSITIVE,
    "reg_alpha": _POSITIVE,
    "tree_method": Rule(str, choices=("auto", "exact", "approx", "hist")),
    "scale_pos_weight": _POSITIVE,
    "updater": _ANY,
    "refresh_leaf": Rule(int, 0, 1),
    "process_type": Rule(str, choices=("default", "update")),
    "grow_policy": Rule(str, choices=("depthwise", "lossguide")),
    "max_leaves": _WHOLE,
    "max_bin": Rule(int, 2),
    "num_parallel_tree": Rule(int, 1),
    "sample_type": Rule(str, choices=("uniform", "weighted")),
    "normalize_type": Rule(str, choices=("tree", "forest")),
    "rate_drop": _FRACTION,
    "one_drop": Rule(int, 0, 1),
    "skip_drop": _FRACTION,
    "lambda_bias": _FRACTION,
    "feature_selector": _ANY,
    "top_k": _WHOLE,
    "monotone_constraints": _ANY,
    "interaction_constraints": _ANY,
    "objective": _ANY,
    "num_class": Rule(int, 2),
    "base_score": Rule(float),
    "eval_metric": _ANY,
    "tweedie_variance_power": Rule(float, 1, 2),
    "huber_slope": _POSITIVE,
    "quantile_alpha": _FRACTION,
    "aft_loss_distribution": Rule(str, choices=("normal", "logistic", "extreme")),
    "aft_loss_distribution_scale": _POSITIVE,
    "max_cached_hist_node": _WHOLE,
    "single_precision_histogram": Rule(_boolean),
    "deterministic_histogram": Rule(_boolean),
    "save_model_on_termination": Rule(_boolean),
}

OBJECTIVES = frozenset(
    {
        "binary:logistic",
        "binary:logitraw",
        "binary:hinge",
        "count:poisson",
        "multi:softmax",
        "multi:softprob",
        "rank:pairwise",
        "rank:ndcg",
        "rank:map",
        "reg:linear",
        "reg:squarederror",
        "reg:squaredlogerror",
        "reg:logistic",
        "reg:pseudohubererror",
        "reg:absoluteerror",
        "reg:quantileerror",
        "reg:gamma",
        "reg:tweedie",
        "survival:aft",
        "survival:cox",
    }
)
NOT_HERE = {
    "_kfold": "cross-validation",
    "_num_cv_round": "cross-validation",
    "use_dask_gpu_training": "training on GPUs",
}
#: Names that steer the container and mean nothing to XGBoost itself.
OWN = frozenset(
    {
        "num_round",
        "csv_weights",
        "early_stopping_rounds",
        "save_model_on_termination",
        "eval_metric",
        "_tuning_objective_metric",
    }
)


def read(given: dict[str, str]) -> dict[str, Any]:
    """Check and convert the hyperparameters of a job.

    Args:
        given: `hyperparameters.json`, all values text.

    Returns:
        The same names with typed values; `eval_metric` is a list.

    Raises:
        UserError: Naming the first that is wrong.
    """
    typed: dict[str, Any] = {}
    for name, text in given.items():
        if name in NOT_HERE and text.lower() not in {"false", "0", ""}:
            raise UserError(f"The local XGBoost does not do {NOT_HERE[name]} ({name})")
        if name in NOT_HERE:
            continue
        if name == "_tuning_objective_metric":
            typed[name] = text
        elif name not in RULES:
            raise UserError(f"Extraneous hyperparameter found: {name}")
        else:
            typed[name] = _convert(name, text)
    _check_together(typed)
    typed["eval_metric"] = eval_metrics(typed)
    return typed


def eval_metrics(typed: dict[str, Any]) -> list[str]:
    """The metrics asked for, and the one that tuning looks at, in order and once each."""
    text = str(typed.get("eval_metric", "")).strip()
    names = json.loads(text) if text.startswith("[") else text.split(",")
    wanted = [str(name).strip() for name in names if str(name).strip()]
    tuned = typed.get("_tuning_objective_metric", "").removeprefix("validation:")
    if tuned and tuned not in wanted:
        wanted.append(tuned)  # the container appends it likewise, so that it is always printed
    return list(dict.fromkeys(wanted))


def _convert(name: str, text: str) -> Any:
    rule = RULES[name]
    try:
        value = rule.convert(text)
    except ValueError as error:
        raise UserError(f"Hyperparameter {name}: could not parse {text!r}") from error
    low, high = rule.low, rule.high
    if (low is not None and value < low) or (high is not None and value > high):
        raise UserError(f"Hyperparameter {name}: value {text} not in range [{low}, {high}]")
    if rule.choices and value not in rule.choices:
        raise UserError(f"Hyperparameter {name}: value {text} not in {list(rule.choices)}")
    return value


def _check_together(typed: dict[str, Any]) -> None:
    if "num_round" not in typed:
        raise UserError("Missing required hyperparameter: num_round")
    objective = typed.get("objective", "reg:squarederror")
    if objective not in OBJECTIVES:
        raise UserError(f"Hyperparameter objective: value {objective} not in {sorted(OBJECTIVES)}")
    if objective.startswith("multi:") and "num_class" not in typed:
        raise UserError("Require input for parameter 'num_class' for multi-classification")
    if not objective.startswith("multi:") and "num_class" in typed:
        raise UserError(f"Do not need to setup parameter 'num_class' for learning task {objective}")
