"""One training of the XGBoost algorithm, from `/opt/ml` to `/opt/ml`."""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import xgboost

from local.sagemaker.containers.algorithms.xgboost import matrices
from local.sagemaker.containers.algorithms.xgboost.callbacks import (
    TERMINATED,
    Checkpoints,
    LogLine,
    found,
)
from local.sagemaker.containers.algorithms.xgboost.debug import debug_callbacks
from local.sagemaker.containers.algorithms.xgboost.errors import UserError
from local.sagemaker.containers.algorithms.xgboost.hyperparameters import OWN, read
from local.sagemaker.containers.algorithms.xgboost.metrics import CUSTOM, feval, larger_is_better

MODEL_FILE = "xgboost-model"


def main(_arguments: list[str]) -> int:
    """Train; returns the exit code, and leaves the reason of a failure in `output/failure`."""
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])
    try:
        return train(base)
    except UserError as error:
        return _fail(base, f"UserError: {error}")
    except xgboost.core.XGBoostError as error:
        print(traceback.format_exc())
        return _fail(base, f"XGB train call failed with exception:\n{error}")


def train(base: Path) -> int:
    """Train on the channels below `base`.

    Args:
        base: The folder that stands for `/opt/ml`.

    Raises:
        UserError: When data or hyperparameters are wrong.
        xgboost.core.XGBoostError: When XGBoost refuses them.
    """
    config = base / "input/config"
    typed = read(json.loads((config / "hyperparameters.json").read_text()))
    threads = int(typed.get("nthread") or os.environ.get("SM_NUM_CPUS") or 1)
    parameters, own = _parameters(typed, threads)
    matrix, watched = _matrices(base, typed, threads)
    size = f"{matrix.num_row()} rows and {matrix.num_col()} columns"
    print(f"INFO:root:Train matrix has {size}")
    start, folder = _resume(base)
    checkpoints = Checkpoints(
        folder, start[0], ends_softly=typed.get("save_model_on_termination", False)
    )
    callbacks = [
        LogLine(start[0]),
        *debug_callbacks(base, watched[0][0], start[0]),
        *_early_stopping(typed, watched),
        checkpoints,
    ]
    booster = xgboost.train(
        parameters,
        matrix,
        num_boost_round=max(typed["num_round"] - start[0], 0),
        evals=watched,
        xgb_model=start[1],
        custom_metric=feval(own) if own else None,
        verbose_eval=False,
        callbacks=callbacks,
    )
    if checkpoints.told_to_end and not typed.get("save_model_on_termination"):
        return TERMINATED
    (base / "model" / MODEL_FILE).write_bytes(booster.save_raw("ubj"))
    return 0


def _parameters(typed: dict[str, Any], threads: int) -> tuple[dict[str, Any], list[str]]:
    """XGBoost's own parameters, and the metrics that are the container's."""
    parameters = {name: value for name, value in typed.items() if name not in OWN}
    parameters["nthread"] = threads
    native = [name for name in typed["eval_metric"] if name not in CUSTOM]
    own = [name for name in typed["eval_metric"] if name in CUSTOM]
    if native:
        parameters["eval_metric"] = native
    if own and not native:
        parameters["disable_default_eval_metric"] = True
    return parameters, own


def _matrices(base: Path, typed: dict[str, Any], threads: int) -> tuple[Any, list[tuple[Any, str]]]:
    """The matrix to train on, and those to watch: shared ones where there are any."""
    channels = json.loads((base / "input/config/inputdataconfig.json").read_text())
    if "train" not in channels:
        raise UserError("Channel train is missing")
    shared = matrices.shared if matrices.quantized(typed) else {}
    digests = json.loads(os.environ.get("LOCAL_CHANNEL_DIGESTS", "{}"))
    bins = typed.get("max_bin", matrices.DEFAULT_BINS)
    built: dict[str, Any] = {}
    for name in ("train", "validation"):
        if name not in channels:
            continue
        digest = digests.get(name, "")
        key = matrices.matrix_key(digest, bins)
        if name == "train" and key in shared:
            built |= {name: shared[key], "watched": shared.get(matrices.watched_key(digest))}
            continue
        if name == "validation" and matrices.watched_key(digest) in shared:
            built[name] = shared[matrices.watched_key(digest)]
            continue
        weighted = bool(typed.get("csv_weights"))
        content_type = channels[name].get("ContentType", "")
        rows = matrices.load(base / "input/data" / name, content_type, weighted=weighted)
        if name == "validation":
            built[name] = matrices.plain(rows, threads)
            continue
        built[name] = matrices.build(rows, typed, threads)
        if (sample := matrices.watched(rows)) is not None:
            built["watched"] = matrices.plain(sample, threads)
    if "validation" in built and built["train"].num_col() < built["validation"].num_col():
        raise UserError("The validation channel has more columns than the train channel")
    evaluated = [(built.get("watched") or built["train"], "train")]
    if "validation" in built:
        evaluated.append((built["validation"], "validation"))
    return built["train"], evaluated


def _early_stopping(typed: dict[str, Any], watched: list[tuple[Any, str]]) -> list[Any]:
    rounds = typed.get("early_stopping_rounds")
    if not rounds:
        return []
    if len(watched) < 2:
        raise UserError("early_stopping_rounds needs a validation channel")
    metric = typed["eval_metric"][-1] if typed["eval_metric"] else None
    stopping = xgboost.callback.EarlyStopping(
        rounds=rounds,
        metric_name=metric,
        data_name="validation",
        maximize=larger_is_better(metric) if metric else None,
        save_best=typed.get("booster", "gbtree") != "gblinear",
    )
    return [stopping]


def _resume(base: Path) -> tuple[tuple[int, Any], Path | None]:
    """Rounds trained before and their model, from the newest checkpoint; and where they go."""
    config = base / "input/config/checkpointconfig.json"
    if not config.is_file():
        return (0, None), None
    path = json.loads(config.read_text()).get("LocalPath", "/opt/ml/checkpoints")
    folder = base / path.removeprefix("/opt/ml/")
    saved = found(folder)
    if not saved:
        return (0, None), folder
    number, newest = saved[-1]
    print(f"INFO:root:Checkpoint loaded from {newest.name}; resuming from iteration {number + 1}")
    return (number + 1, xgboost.Booster(model_file=newest)), folder


def _fail(base: Path, text: str) -> int:
    (base / "output/failure").write_text(text)
    print(text, file=sys.stderr)
    return 1
