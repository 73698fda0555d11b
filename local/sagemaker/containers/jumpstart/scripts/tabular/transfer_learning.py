"""Trains a tabular model of JumpStart's; `entry.json` says which, and what it takes."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from local.sagemaker.containers.jumpstart.scripts.tabular import inference, tables
    from local.sagemaker.containers.jumpstart.scripts.tabular.tables import Array, Table
else:  # in the archive they lie beside it
    import tables

    import inference

_HERE = Path(__file__).parent


def main() -> None:
    """Train, print the validation metrics, and leave the model with the script that serves it."""
    entry = json.loads((_HERE / "entry.json").read_text())
    wanted = hyperparameters(json.loads(os.environ["SM_HPS"]), entry["hyperparameters"])
    classification = entry["task"] == "classification"
    train, held, encoding = tables.load(classification=classification)
    folder = Path(os.environ["SM_MODEL_DIR"])
    if encoding.categories and entry["library"] != "lightgbm":
        raise ValueError(f"{entry['library']} takes numbers only: categorical_index.json")
    fit = {"lightgbm": _lightgbm, "sklearn": _linear, "xgboost": _xgboost}[entry["library"]]
    predicted = fit(train, held, wanted, encoding, folder)
    for name, value in metrics(predicted, held.labels, classification=classification).items():
        print(f"{name}: {value:.6f}")
    about = {
        "library": entry["library"],
        "classes": encoding.classes,
        "categories": encoding.categories,
        "width": encoding.width,
    }
    (folder / "table.json").write_text(json.dumps(about))
    (folder / "code").mkdir(exist_ok=True)
    for name in ("inference.py", "tables.py"):
        shutil.copyfile(_HERE / name, folder / "code" / name)


def hyperparameters(given: dict[str, Any], declared: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Check and convert the job's hyperparameters.

    Raises:
        ValueError: Naming the first that is wrong.
    """
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise ValueError(f"unknown hyperparameters: {', '.join(unknown)}")
    typed = {}
    for name, rule in declared.items():
        text = str(given.get(name, rule["default"]))
        value = {"int": int, "float": float, "text": str}[rule["kind"]](text)
        low, high, options = rule["low"], rule["high"], rule["options"]
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueError(f"hyperparameter {name}: {text} is not within {low} … {high}")
        if options and value not in options:
            raise ValueError(f"hyperparameter {name}: {text} is none of {options}")
        typed[name] = value
    return typed


def metrics(predicted: Array, labels: Array, *, classification: bool) -> dict[str, float]:
    """Accuracy and log loss of probabilities (rows × classes), or RMSE and MAE of values."""
    if not classification:
        missed = predicted - labels
        return {
            "validation_rmse": float(np.sqrt(np.mean(missed**2))),
            "validation_mae": float(np.mean(np.abs(missed))),
        }
    chosen = np.clip(predicted[np.arange(len(labels)), labels], 1e-15, 1)
    return {
        "validation_accuracy": float((predicted.argmax(axis=1) == labels).mean()),
        "validation_logloss": float(-np.log(chosen).mean()),
    }


def _lightgbm(
    train: Table, held: Table, wanted: dict[str, Any], encoding: tables.Encoding, folder: Path
) -> Array:
    import lightgbm

    own = dict(wanted)
    rounds, patience = own.pop("num_boost_round"), own.pop("early_stopping_rounds")
    classes = len(encoding.classes)
    own |= {"objective": "regression", "verbosity": -1, "seed": 1}
    own["num_threads"] = int(os.environ.get("SM_NUM_CPUS", "1"))
    if classes:
        own["objective"] = "binary" if classes == 2 else "multiclass"
    if classes > 2:
        own["num_class"] = classes
    categorical = sorted(encoding.categories)
    data = lightgbm.Dataset(train.features, train.labels, categorical_feature=categorical)
    watched = lightgbm.Dataset(held.features, held.labels, reference=data)
    booster = lightgbm.train(
        own,
        data,
        num_boost_round=rounds,
        valid_sets=[watched],
        callbacks=[lightgbm.early_stopping(patience, verbose=False)],
    )
    booster.save_model(folder / "model.txt", num_iteration=booster.best_iteration)
    found = np.asarray(booster.predict(held.features, num_iteration=booster.best_iteration))
    return np.column_stack([1 - found, found]) if classes == 2 else found


def _xgboost(
    train: Table, held: Table, wanted: dict[str, Any], encoding: tables.Encoding, folder: Path
) -> Array:
    import xgboost

    own = dict(wanted)
    rounds, patience = own.pop("num_boost_round"), own.pop("early_stopping_rounds")
    classes = len(encoding.classes)
    own |= {"objective": "reg:squarederror", "seed": 1}
    own["nthread"] = int(os.environ.get("SM_NUM_CPUS", "1"))
    if classes:
        own["objective"] = "binary:logistic" if classes == 2 else "multi:softprob"
    if classes > 2:
        own["num_class"] = classes
    watched = xgboost.DMatrix(held.features, held.labels)
    booster = xgboost.train(
        own,
        xgboost.DMatrix(train.features, train.labels),
        num_boost_round=rounds,
        evals=[(watched, "validation")],
        early_stopping_rounds=patience,
        verbose_eval=False,
    )
    booster = booster[: booster.best_iteration + 1]
    booster.save_model(folder / "model.ubj")
    found = np.asarray(booster.predict(watched))
    return np.column_stack([1 - found, found]) if classes == 2 else found


def _linear(
    train: Table, held: Table, wanted: dict[str, Any], encoding: tables.Encoding, folder: Path
) -> Array:
    """Stochastic gradient descent on standardized features; what is missing is their mean."""
    from sklearn.linear_model import SGDClassifier, SGDRegressor

    mean = np.nan_to_num(np.nanmean(train.features, axis=0))
    spread = np.nan_to_num(np.nanstd(train.features, axis=0))
    spread[spread == 0] = 1
    own = dict(wanted) | {"random_state": 1}
    if own["penalty"] == "none":
        own["penalty"] = None
    classes = len(encoding.classes)
    model = SGDClassifier(loss="log_loss", **own) if classes else SGDRegressor(**own)
    model.fit(
        (np.where(np.isnan(train.features), mean, train.features) - mean) / spread, train.labels
    )
    arrays = {
        "mean": mean,
        "spread": spread,
        "weights": np.atleast_2d(model.coef_),
        "offsets": np.atleast_1d(model.intercept_),
    }
    document = {name: array.tolist() for name, array in arrays.items()}
    (folder / "model.json").write_text(json.dumps(document))
    return inference.Linear(folder, classes).predict(held.features)


if __name__ == "__main__":
    main()
