"""The hyperparameters of Linear Learner: page "Linear learner hyperparameters"."""

from __future__ import annotations

from typing import Any

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.hyperparameters import (
    AUTO,
    Rule,
    boolean,
    choice,
    positive,
    whole,
)

BINARY, MULTICLASS, REGRESSOR = "binary_classifier", "multiclass_classifier", "regressor"
BALANCED = "balanced"
_SQUARED = "squared_loss"

#: Losses of each kind of predictor, the one of `auto` first.
LOSSES = {
    BINARY: ("logistic", "hinge_loss"),
    MULTICLASS: ("softmax_loss",),
    REGRESSOR: (
        _SQUARED,
        "absolute_loss",
        "eps_insensitive_squared_loss",
        "eps_insensitive_absolute_loss",
        "quantile_loss",
        "huber_loss",
    ),
}
#: The last two are older names, which the SDK still knows.
CRITERIA = (
    "accuracy",
    "f_beta",
    "precision_at_target_recall",
    "recall_at_target_precision",
    "loss_function",
    "f1",
    "cross_entropy_loss",
)
_AUTO = (AUTO,)


def _auto_fraction() -> Rule:
    return Rule(float, AUTO, low=0, high=1, above=True, below=True, words=_AUTO)


def _auto_not_negative() -> Rule:
    return Rule(float, AUTO, low=0, words=_AUTO)


def _auto_momentum() -> Rule:
    return Rule(float, AUTO, low=0, high=1, below=True, words=_AUTO)


def _fraction(default: float) -> Rule:
    return Rule(float, default, low=0, high=1, above=True, below=True)


RULES: dict[str, Rule] = {
    "predictor_type": choice(None, BINARY, MULTICLASS, REGRESSOR, required=True),
    "num_classes": whole(low=3, high=1_000_000),
    "feature_dim": whole(AUTO, words=_AUTO),
    "accuracy_top_k": whole(3),
    "balance_multiclass_weights": boolean(default=False),
    "beta_1": _auto_momentum(),
    "beta_2": _auto_momentum(),
    "bias_lr_mult": positive(AUTO, words=_AUTO),
    "bias_wd_mult": _auto_not_negative(),
    "binary_classifier_model_selection_criteria": choice("accuracy", *CRITERIA),
    "early_stopping_patience": whole(3),
    "early_stopping_tolerance": positive(0.001),
    "epochs": whole(15),
    "f_beta": positive(1.0),
    "huber_delta": Rule(float, 1.0, low=0),
    "init_bias": Rule(float, 0.0),
    "init_method": choice("uniform", "uniform", "normal"),
    "init_scale": positive(0.07),
    "init_sigma": positive(0.01),
    "l1": _auto_not_negative(),
    "learning_rate": positive(AUTO, words=_AUTO),
    "loss": choice(AUTO, AUTO, *(name for names in LOSSES.values() for name in names)),
    "loss_insensitivity": positive(0.01),
    "lr_scheduler_factor": _auto_fraction(),
    "lr_scheduler_minimum_lr": positive(AUTO, words=_AUTO),
    "lr_scheduler_step": whole(AUTO, words=_AUTO),
    "margin": Rule(float, 1.0, low=0),
    "mini_batch_size": whole(1000),
    "momentum": _auto_momentum(),
    "normalize_data": boolean(default=True, words=_AUTO),
    "normalize_label": boolean(AUTO, words=_AUTO),
    "num_calibration_samples": whole(AUTO, words=_AUTO),
    "num_models": whole(AUTO, words=_AUTO),
    "num_point_for_scaler": whole(10_000),
    "optimizer": choice(AUTO, AUTO, "sgd", "adam", "rmsprop"),
    "positive_example_weight_mult": positive(1.0, words=(AUTO, BALANCED)),
    "quantile": _fraction(0.5),
    "target_precision": _fraction(0.8),
    "target_recall": _fraction(0.8),
    "unbias_data": boolean(AUTO, words=_AUTO),
    "unbias_label": boolean(AUTO, words=_AUTO),
    "use_bias": boolean(default=True),
    "use_lr_scheduler": boolean(default=True),
    "wd": _auto_not_negative(),
}


def check_together(parameters: dict[str, Any]) -> None:
    """Refuse values that contradict each other, and settle the loss; raises `UserError`."""
    kind = parameters["predictor_type"]
    if kind == MULTICLASS and parameters["num_classes"] is None:
        raise UserError(
            f"Missing required hyperparameter: num_classes, a whole number in [3, 1000000], for "
            f"predictor_type {MULTICLASS}"
        )
    losses = LOSSES[kind]
    criterion = parameters["binary_classifier_model_selection_criteria"]
    if criterion == "f1":
        parameters |= {"binary_classifier_model_selection_criteria": "f_beta", "f_beta": 1.0}
    elif criterion == "cross_entropy_loss":
        parameters["binary_classifier_model_selection_criteria"] = "loss_function"
    if parameters["loss"] == AUTO:
        parameters["loss"] = losses[0]
    if parameters["loss"] not in losses:
        raise UserError(
            f"Hyperparameter loss: value {parameters['loss']} is not one of auto, "
            f"{', '.join(losses)}, for predictor_type {kind}"
        )
