"""One training of k-NN: a sample of the rows becomes the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from local.sagemaker.containers.algorithms.common import model_file
from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.job import Job, run, tell_metric, tell_progress
from local.sagemaker.containers.algorithms.knn.hyperparameters import RULES, check_together
from local.sagemaker.containers.algorithms.knn.neighbors import Index, reduce
from local.sagemaker.containers.algorithms.knn.reduction import projection

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.containers.algorithms.common.rows import Rows

_SEED = 0


def main(_arguments: list[str]) -> int:
    """Train; returns the exit code."""
    return run(train)


def train(base: Path) -> None:
    """Train on the channels below `base`; raises `UserError`."""
    job = Job(base, RULES, ("train", "test"))
    check_together(job.parameters)
    rows = job.labelled("train")
    assert rows is not None
    test = job.labelled("test")
    index = _index(rows, job)
    tell_progress(1.0)
    if test is not None:
        _evaluate(index, test)
    about = {
        "algorithm": "knn",
        "metric": index.metric,
        "k": index.k,
        "predictor_type": job.parameters["predictor_type"],
    }
    arrays = {"rows": index.rows, "labels": index.labels}
    if index.projection is not None:
        arrays["projection"] = index.projection
    model_file.save(job.model_dir, about, arrays)


def _index(rows: Rows, job: Job) -> Index:
    parameters = job.parameters
    assert rows.labels is not None
    classifies = parameters["predictor_type"] == "classifier"
    if classifies and ((rows.labels < 0) | (rows.labels % 1 != 0)).any():
        raise UserError("The labels of a classifier must be whole numbers from 0 on")
    size = min(parameters["sample_size"], len(rows.labels))
    if parameters["k"] > size:
        raise UserError(
            f"Hyperparameter k: value {parameters['k']} is not in [1, {size}], the number of rows"
        )
    chosen = np.sort(np.random.default_rng(_SEED).choice(len(rows.labels), size, replace=False))
    matrix = projection(
        parameters["dimension_reduction_type"],
        rows.features.shape[1],
        parameters["dimension_reduction_target"],
    )
    kept = reduce(rows.features[chosen], matrix)
    labels = rows.labels[chosen]
    return Index(kept, labels, parameters["index_metric"], matrix, parameters["k"], classifies)


def _evaluate(index: Index, test: Rows) -> None:
    assert test.labels is not None
    answers = index.answer(index.search(test.features)[1])
    if index.classifies:
        name, value = "accuracy", float(np.mean(answers == test.labels))
    else:
        name, value = "mse", float(np.mean((answers - test.labels) ** 2))
    print(f"#test_score (algo-1) : ('{name}', {value})")
    tell_metric("test", name, value, loss=not index.classifies)
