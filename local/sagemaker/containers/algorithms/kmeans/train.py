"""One training of K-Means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from local.sagemaker.containers.algorithms.common import model_file
from local.sagemaker.containers.algorithms.common.job import Job, run, tell_metric, tell_progress
from local.sagemaker.containers.algorithms.kmeans.clustering import cluster, nearest
from local.sagemaker.containers.algorithms.kmeans.hyperparameters import RULES

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.containers.algorithms.common.rows import Matrix


def main(_arguments: list[str]) -> int:
    """Train; returns the exit code."""
    return run(train)


def train(base: Path) -> None:
    """Train on the channels below `base`; raises `UserError`."""
    job = Job(base, RULES, ("train", "test"))
    rows, test = job.train_rows(), job.rows("test")
    epochs = job.parameters["epochs"]
    centers = cluster(
        rows.features, job.parameters, lambda epoch: tell_progress((epoch + 1) / epochs)
    ).astype(np.float32)
    _evaluate("train", rows.features, centers, job.parameters["eval_metrics"])
    if test is not None:
        _evaluate("test", test.features, centers, job.parameters["eval_metrics"])
    model_file.save(job.model_dir, {"algorithm": "kmeans"}, {"centers": centers})


def _evaluate(channel: str, rows: Matrix, centers: Matrix, metrics: list[str]) -> None:
    """Print the mean or sum of squared distances to the closest center."""
    squared = nearest(rows, centers)[1].astype(float) ** 2
    values = {"msd": float(squared.mean()), "ssd": float(squared.sum())}
    for name in metrics:
        tell_metric(channel, name, values[name], loss=True)
