"""A lifecycle as a competent person writes it by hand, in one script: the yardstick.

Read, clean, encode, ten XGBoost trials under Optuna with both cores busy, evaluate on a hold-out,
bias of one column, a drift baseline, and the first answer of a FastAPI server.

Run: python bench/by_hand.py DATA.csv TARGET [--trials 10] [--holdout-out FILE]
Prints one line of JSON with the seconds and the hold-out's score.
"""

from __future__ import annotations

import argparse
import json
import socket
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

STARTED = time.perf_counter()

import numpy as np  # noqa: E402  the imports are part of what is timed
import optuna  # noqa: E402
import pandas as pd  # noqa: E402
import uvicorn  # noqa: E402
import xgboost as xgb  # noqa: E402
from fastapi import FastAPI, Request  # noqa: E402
from optuna.study import StudyDirection  # noqa: E402
from sklearn.metrics import (  # noqa: E402
    accuracy_score,
    average_precision_score,
    f1_score,
    log_loss,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.model_selection import train_test_split  # noqa: E402

SEED = 7
START_SECONDS = 60.0


def read(path: str, target: str) -> tuple[pd.DataFrame, pd.Series, str]:
    """Read and clean: duplicates away, rows without a target away, numbers clipped at 3 IQR."""
    with Path(path).open() as file:
        head = file.readline()
    separator = max(",;\t|", key=head.count)
    frame = pd.read_csv(path, sep=separator).drop_duplicates()
    frame = frame[frame[target].notna()]
    y = frame.pop(target)
    if y.dtype.kind in "OUb" or y.nunique() <= 2:
        rarer = y.value_counts().index
        task = "binary" if y.nunique() == 2 else "multiclass"
        y = (y == rarer[-1]).astype(int) if task == "binary" else y.astype("category").cat.codes
    else:
        task = "regression"
    for name in frame.select_dtypes("number"):
        low, high = frame[name].quantile([0.25, 0.75])
        if high > low:
            reach = 3 * (high - low)
            frame[name] = frame[name].clip(low - reach, high + reach)
    return frame, y, task


def encode(frame: pd.DataFrame) -> pd.DataFrame:
    """One-hot for text of few values, ordinal codes for many."""
    text = frame.select_dtypes(exclude="number").columns
    few = [name for name in text if frame[name].nunique() <= 20]
    encoded = pd.get_dummies(frame, columns=few, dtype=float)
    for name in set(text) - set(few):
        encoded[name] = encoded[name].astype("category").cat.codes
    return encoded.astype(np.float32)


def search(parts: dict[str, Any], task: str, trials: int, classes: int) -> xgb.Booster:
    """Ten trials, two at a time, one thread each."""
    train = xgb.DMatrix(parts["x_train"], parts["y_train"], nthread=1)
    valid = xgb.DMatrix(parts["x_valid"], parts["y_valid"], nthread=1)
    loss, metric, direction = {
        "binary": ("binary:logistic", "auc", "MAXIMIZE"),
        "multiclass": ("multi:softprob", "mlogloss", "MINIMIZE"),
        "regression": ("reg:squarederror", "rmse", "MINIMIZE"),
    }[task]
    boosters: dict[int, xgb.Booster] = {}

    def objective(trial: optuna.Trial) -> float:
        settings = {
            "objective": loss,
            "eval_metric": metric,
            "tree_method": "hist",
            "nthread": 1,
            "seed": SEED,
            "eta": trial.suggest_float("eta", 0.02, 0.3, log=True),
            "max_depth": trial.suggest_int("max_depth", 2, 9),
            "min_child_weight": trial.suggest_float("min_child_weight", 0.5, 30, log=True),
            "subsample": trial.suggest_float("subsample", 0.5, 1.0),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.4, 1.0),
            "lambda": trial.suggest_float("lambda", 0.05, 20, log=True),
            "alpha": trial.suggest_float("alpha", 0.001, 5, log=True),
        }
        if task == "multiclass":
            settings["num_class"] = classes
        booster = xgb.train(
            settings,
            train,
            num_boost_round=500,
            evals=[(valid, "validation")],
            early_stopping_rounds=25,
            verbose_eval=False,
        )
        boosters[trial.number] = booster[: booster.best_iteration + 1]
        return float(booster.best_score)

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=SEED)
    study = optuna.create_study(direction=StudyDirection[direction], sampler=sampler)
    study.optimize(objective, n_trials=trials, n_jobs=2)
    return boosters[study.best_trial.number]


def evaluate(booster: xgb.Booster, x: pd.DataFrame, y: pd.Series, task: str) -> dict[str, float]:
    """The usual scores on the hold-out."""
    scores = booster.predict(xgb.DMatrix(x))
    if task == "regression":
        return {"rmse": float(root_mean_squared_error(y, scores))}
    if task == "multiclass":
        labels = scores.argmax(axis=1)
        return {
            "accuracy": float(accuracy_score(y, labels)),
            "log_loss": float(log_loss(y, scores)),
        }
    return {
        "roc_auc": float(roc_auc_score(y, scores)),
        "pr_auc": float(average_precision_score(y, scores)),
        "accuracy": float(accuracy_score(y, scores > 0.5)),
        "f1": float(f1_score(y, scores > 0.5)),
        "log_loss": float(log_loss(y, scores)),
    }


def bias(frame: pd.DataFrame, y: pd.Series) -> dict[str, float]:
    """Difference in proportions of labels for each value of the first text column."""
    text = frame.select_dtypes(exclude="number").columns
    if not len(text):
        return {}
    column = frame[text[0]]
    return {
        str(value): float(y[column != value].mean() - y[column == value].mean())
        for value in column.dropna().unique()
    }


def drift_baseline(x: pd.DataFrame) -> dict[str, list[float]]:
    """A histogram a column."""
    return {name: np.histogram(x[name].dropna(), bins=20)[0].tolist() for name in x}


def first_answer(booster: xgb.Booster, row: pd.DataFrame) -> bytes:
    """Start a FastAPI server and ask it once."""
    app = FastAPI()
    columns = list(row.columns)

    @app.post("/predict")
    async def predict(request: Request) -> dict[str, float]:
        asked = pd.DataFrame([await request.json()])[columns].astype(np.float32)
        return {"score": float(np.ravel(booster.predict(xgb.DMatrix(asked)))[0])}

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    threading.Thread(target=server.run, daemon=True).start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the server did not start in {START_SECONDS:.0f} s")
        time.sleep(0.005)
    body = row.iloc[0].fillna(0).to_json().encode()
    url = f"http://127.0.0.1:{port}/predict"
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, body, headers)
    with urllib.request.urlopen(request) as reply:
        answer: bytes = reply.read()
    server.should_exit = True
    return answer


def main() -> None:
    """Run it all and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("target")
    parser.add_argument("--trials", type=int, default=10)
    arguments = parser.parse_args()
    frame, y, task = read(arguments.data, arguments.target)
    x = encode(frame)
    stratify = None if task == "regression" else y
    x_rest, x_hold, y_rest, y_hold = train_test_split(
        x, y, test_size=0.15, random_state=SEED, stratify=stratify
    )
    stratify = None if task == "regression" else y_rest
    x_train, x_valid, y_train, y_valid = train_test_split(
        x_rest, y_rest, test_size=0.18, random_state=SEED, stratify=stratify
    )
    parts = {"x_train": x_train, "y_train": y_train, "x_valid": x_valid, "y_valid": y_valid}
    booster = search(parts, task, arguments.trials, int(y.nunique()))
    scores = evaluate(booster, x_hold, y_hold, task)
    bias(frame.loc[x_hold.index], y_hold)
    drift_baseline(x_train)
    first_answer(booster, x_hold.head(1))
    seconds = round(time.perf_counter() - STARTED, 2)
    print(json.dumps({"seconds": seconds, "rows": len(x), "task": task, **scores}))


if __name__ == "__main__":
    main()
