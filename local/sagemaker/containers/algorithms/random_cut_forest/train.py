"""One training of Random Cut Forest."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from local.sagemaker.containers.algorithms.common import model_file
from local.sagemaker.containers.algorithms.common.data import label_size
from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.job import Job, run, tell_metric, tell_progress
from local.sagemaker.containers.algorithms.common.rows import CSV, media_parameters
from local.sagemaker.containers.algorithms.random_cut_forest.forest import Forest, grow
from local.sagemaker.containers.algorithms.random_cut_forest.hyperparameters import RULES

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.containers.algorithms.common.rows import Rows

_LABELS = {"train": 0, "test": 1}
_SIGMAS = 3
"""Page "Tune an RCF Model": an anomaly scores beyond three standard deviations from the mean."""


def main(_arguments: list[str]) -> int:
    """Train; returns the exit code."""
    return run(train)


def train(base: Path) -> None:
    """Train on the channels below `base`; raises `UserError`."""
    job = Job(base, RULES, ("train", "test"))
    _check_content_types(job)
    rows, test = job.train_rows(), job.labelled("test")
    parameters = job.parameters
    forest = grow(rows.features, parameters["num_trees"], parameters["num_samples_per_tree"])
    tell_progress(1.0)
    if test is not None:
        for name, value in evaluate(forest, test, parameters["eval_metrics"]).items():
            tell_metric("test", name, value, loss=False)
    arrays = {item.name: getattr(forest, item.name) for item in dataclasses.fields(forest)}
    model_file.save(job.model_dir, {"algorithm": "randomcutforest"}, arrays)


def evaluate(forest: Forest, test: Rows, wanted: list[str]) -> dict[str, float]:
    """Compare what stands out among the test rows' scores with their labels.

    Args:
        forest: The model.
        test: Rows with label 1 for an anomaly and 0 for what is normal.
        wanted: `eval_metrics`.

    Raises:
        UserError: For another label.
    """
    assert test.labels is not None
    if not np.isin(test.labels, (0, 1)).all():
        raise UserError("The labels of the test channel must be 0 (normal) or 1 (anomalous)")
    scores = forest.scores(test.features)
    guess, truth = scores > scores.mean() + _SIGMAS * scores.std(), test.labels == 1
    true = float(np.sum(guess & truth))
    found = {}
    if "accuracy" in wanted:
        found["accuracy"] = float(np.mean(guess == truth))
    if "precision_recall_fscore" in wanted:
        found["precision"] = true / max(float(guess.sum()), 1.0)
        found["recall"] = true / max(float(truth.sum()), 1.0)
        found["f1"] = 2 * true / max(float(guess.sum() + truth.sum()), 1.0)
    return found


def _check_content_types(job: Job) -> None:
    for channel in job.channels:
        content_type = job.content_type(channel)
        wanted = _LABELS[channel]
        if media_parameters(content_type)[0] == CSV and label_size(content_type) != wanted:
            raise UserError(
                f"The {channel} channel's content type must be {CSV};label_size={wanted}"
            )
