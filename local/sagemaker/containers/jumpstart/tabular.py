"""The tabular models of the catalogue: their training needs no weights of anybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.containers.jumpstart.entries import Entry, Hyperparameter, Image, Training

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCIKIT_LEARN = Image("683313688378", "sagemaker-scikit-learn", "1.2-1-cpu-py3")
_XGBOOST = Image("683313688378", "sagemaker-xgboost", "1.7-1")

_ROUNDS = (
    Hyperparameter("num_boost_round", "int", "100", 1, 10_000),
    Hyperparameter("early_stopping_rounds", "int", "10", 1),
)
_LIGHTGBM = (
    *_ROUNDS,
    Hyperparameter("learning_rate", "float", "0.1", 1e-16, 1),
    Hyperparameter("num_leaves", "int", "64", 2, 131_072),
    Hyperparameter("feature_fraction", "float", "0.9", 1e-16, 1),
    Hyperparameter("bagging_fraction", "float", "0.9", 1e-16, 1),
    Hyperparameter("bagging_freq", "int", "1", 0),
    Hyperparameter("max_depth", "int", "6", -1),
    Hyperparameter("min_data_in_leaf", "int", "3", 0),
    Hyperparameter("lambda_l1", "float", "0", 0),
    Hyperparameter("lambda_l2", "float", "0", 0),
    Hyperparameter("boosting", "text", "gbdt", options=("gbdt", "dart", "goss")),
)
_BOOSTING = (
    *_ROUNDS,
    Hyperparameter("eta", "float", "0.3", 0, 1),
    Hyperparameter("gamma", "float", "0", 0),
    Hyperparameter("max_depth", "int", "6", 0),
    Hyperparameter("min_child_weight", "float", "1", 0),
    Hyperparameter("subsample", "float", "1", 1e-16, 1),
    Hyperparameter("colsample_bytree", "float", "1", 1e-16, 1),
    Hyperparameter("lambda", "float", "1", 0),
    Hyperparameter("alpha", "float", "0", 0),
)
_DESCENT = (
    Hyperparameter("penalty", "text", "l2", options=("l2", "l1", "elasticnet", "none")),
    Hyperparameter("alpha", "float", "0.0001", 0),
    Hyperparameter("l1_ratio", "float", "0.15", 0, 1),
    Hyperparameter("max_iter", "int", "1000", 1),
    Hyperparameter("tol", "float", "0.001", 0),
)
_METRICS = {
    "classification": ("validation_accuracy", "validation_logloss"),
    "regression": ("validation_rmse", "validation_mae"),
}
_LIBRARIES = (
    ("lightgbm", "model", _SCIKIT_LEARN, _LIGHTGBM),
    ("xgboost", "model", _XGBOOST, _BOOSTING),
    ("sklearn", "linear", _SCIKIT_LEARN, _DESCENT),
)


def tabular_entries() -> Iterator[Entry]:
    """Each library's classification and regression."""
    for library, kind, image, hyperparameters in _LIBRARIES:
        for task, metrics in _METRICS.items():
            declared = {
                item.name: {
                    "kind": item.kind,
                    "default": item.default,
                    "low": item.low,
                    "high": item.high,
                    "options": item.options,
                }
                for item in hyperparameters
            }
            yield Entry(
                model_id=f"{library}-{task}-{kind}",
                version="1.0.0",
                framework=library,
                task=task,
                folder="tabular",
                image=image,
                content_types=("text/csv",),
                training=Training(
                    image, hyperparameters, {name: rf"{name}: ([0-9\.]+)" for name in metrics}
                ),
                about={"library": library, "task": task, "hyperparameters": declared},
                keywords=(library, task, "tabular"),
            )
