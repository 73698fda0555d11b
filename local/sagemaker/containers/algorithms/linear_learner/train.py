"""One training of Linear Learner: several models, the best of which is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from local.sagemaker.containers.algorithms.common import model_file
from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.job import Job, run, tell_metric, tell_progress
from local.sagemaker.containers.algorithms.linear_learner.candidates import (
    Candidate,
    best_of,
    settings,
)
from local.sagemaker.containers.algorithms.linear_learner.evaluation import (
    LOSSES,
    binary_metrics,
    multiclass_metrics,
    regression_metrics,
)
from local.sagemaker.containers.algorithms.linear_learner.hyperparameters import (
    BINARY,
    MULTICLASS,
    RULES,
    check_together,
)

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.containers.algorithms.common.rows import Rows


def main(_arguments: list[str]) -> int:
    """Train; returns the exit code."""
    return run(train)


def train(base: Path) -> None:
    """Train on the channels below `base`; raises `UserError`."""
    job = Job(base, RULES, ("train", "validation", "test"))
    check_together(job.parameters)
    channels = {
        name: rows
        for name in ("train", "validation", "test")
        if (rows := job.labelled(name)) is not None
    }
    for name, rows in channels.items():
        _check(name, rows, channels["train"], job.parameters)
    best = best_of(
        settings(job.parameters, tuned=job.tuned),
        channels["train"],
        channels.get("validation"),
        _tell_epoch(job.parameters["epochs"]),
    )
    tell_progress(1.0)
    for name, rows in channels.items():
        _evaluate(name, rows, best)
    about = {
        "algorithm": "linear-learner",
        "predictor_type": job.parameters["predictor_type"],
        "loss": job.parameters["loss"],
        "threshold": best.threshold,
    }
    arrays = {"weight": best.weights.astype(np.float32), "bias": best.bias.astype(np.float32)}
    model_file.save(job.model_dir, about, arrays)


def _tell_epoch(epochs: int) -> Any:
    """What prints the objective of the first model's epochs."""

    def tell(epoch: int, objective: str, train_loss: float, validation_loss: float | None) -> None:
        tell_metric("train", objective, train_loss, loss=True, epoch=epoch)
        if validation_loss is not None:
            tell_metric("validation", objective, validation_loss, loss=True, epoch=epoch)
        tell_progress((epoch + 1) / epochs)

    return tell


def _check(name: str, rows: Rows, train_rows: Rows, parameters: dict[str, Any]) -> None:
    """Refuse labels that the predictor cannot learn, and channels that do not fit together."""
    labels, kind = rows.labels, parameters["predictor_type"]
    assert labels is not None
    if rows.features.shape[1] != train_rows.features.shape[1]:
        raise UserError(
            f"The rows of the {name} channel have {rows.features.shape[1]} features, those of the "
            f"train channel {train_rows.features.shape[1]}"
        )
    if kind == BINARY and not np.isin(labels, (0, 1)).all():
        raise UserError(f"The labels of the {name} channel must be 0 or 1 for a {BINARY}")
    if kind == MULTICLASS:
        classes = parameters["num_classes"]
        if ((labels < 0) | (labels >= classes) | (labels % 1 != 0)).any():
            raise UserError(
                f"The labels of the {name} channel must be whole numbers in [0, {classes - 1}], "
                f"for num_classes is {classes}"
            )
    if name != "train":
        return
    if kind in (BINARY, MULTICLASS) and len(found := np.unique(labels)) < 2:
        raise UserError(f"The train channel has rows of one class only, which is {found[0]:g}")
    if parameters["mini_batch_size"] > len(labels):
        raise UserError(
            f"Hyperparameter mini_batch_size: value {parameters['mini_batch_size']} is not in "
            f"[1, {len(labels)}], the number of rows in the train channel: no batch would be full"
        )


def _evaluate(name: str, rows: Rows, model: Candidate) -> None:
    assert rows.labels is not None
    parameters, labels = model.parameters, rows.labels.astype(float)
    tell_metric(name, model.loss.objective, model.objective(rows), loss=True)
    scores = model.scores(rows.features)
    kind = parameters["predictor_type"]
    if kind == BINARY:
        found = binary_metrics(model.outputs(scores)[:, 0], labels, model.threshold, parameters)
    elif kind == MULTICLASS:
        found = multiclass_metrics(scores, labels, parameters)
    else:
        found = regression_metrics(scores[:, 0], labels)
    for metric, value in found.items():
        tell_metric(name, metric, value, loss=metric in LOSSES)
