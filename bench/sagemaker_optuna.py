"""What a person would write instead of a tuning job: Optuna, XGBoost, two threads.

Run: .venv/bin/python -m bench.sagemaker_optuna FOLDER-WITH-train-AND-validation
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import optuna
import pyarrow.csv
import xgboost

from bench.sagemaker_tune import PARALLEL, ROUNDS, TRIALS


def main(folder: Path) -> None:
    """Read, search, and print seconds and the best value."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    began = time.perf_counter()
    train, validation = load(folder / "train"), load(folder / "validation")

    def trial(chosen: optuna.Trial) -> float:
        parameters = {
            "objective": "binary:logistic",
            "eval_metric": "auc",
            "max_depth": 6,
            "tree_method": "hist",
            "nthread": 1,
            "eta": chosen.suggest_float("eta", 0.05, 0.3, log=True),
            "subsample": chosen.suggest_float("subsample", 0.6, 0.9),
            "lambda": chosen.suggest_float("lambda", 0.5, 5, log=True),
        }
        told: dict[str, dict[str, list[float]]] = {}
        watched = [(train, "train"), (validation, "validation")]
        xgboost.train(
            parameters, train, ROUNDS, evals=watched, evals_result=told, verbose_eval=False
        )
        return told["validation"]["auc"][-1]

    sampler = optuna.samplers.TPESampler(
        n_startup_trials=6, multivariate=True, constant_liar=True, seed=1
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(trial, n_trials=TRIALS, n_jobs=PARALLEL)
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "best": round(study.best_value, 4)}))


def load(path: Path) -> xgboost.DMatrix:
    """A label-first CSV as a matrix."""
    options = pyarrow.csv.ReadOptions(autogenerate_column_names=True)
    rows = pyarrow.csv.read_csv(path, read_options=options)
    columns = [rows.column(number).to_numpy() for number in range(rows.num_columns)]
    matrix = np.column_stack(columns).astype(np.float32)
    return xgboost.DMatrix(matrix[:, 1:], matrix[:, 0], nthread=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
