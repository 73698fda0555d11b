"""One training of PCA."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.extmath import randomized_svd

from local.sagemaker.containers.algorithms.common import model_file
from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.job import Job, run, tell_progress
from local.sagemaker.containers.algorithms.pca.hyperparameters import RULES

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.containers.algorithms.common.rows import Matrix

type Vector = np.ndarray[Any, np.dtype[np.float64]]

_LEAST_EXTRA = 10
_SEED = 0


def main(_arguments: list[str]) -> int:
    """Train; returns the exit code."""
    return run(train)


def train(base: Path) -> None:
    """Train on the channels below `base`; raises `UserError`."""
    job = Job(base, RULES, ("train", "test"))
    rows = job.train_rows().features
    most = min(rows.shape)
    wanted = job.parameters["num_components"]
    if wanted > most:
        raise UserError(
            f"Hyperparameter num_components: value {wanted} is not in [1, {most}], the lesser of "
            f"{rows.shape[0]} rows and {rows.shape[1]} features"
        )
    if job.parameters["mini_batch_size"] > len(rows):
        raise UserError(
            f"Hyperparameter mini_batch_size: value {job.parameters['mini_batch_size']} is not in "
            f"[1, {len(rows)}], the number of rows: no batch would be full"
        )
    job.rows("test")  # PCA has no metric on it, but a test channel that does not fit is told
    mean, sizes, directions = components(rows, job.parameters)
    tell_progress(1.0)
    arrays = {"mean": mean, "s": sizes, "v": directions}
    single = {name: array.astype(np.float32) for name, array in arrays.items()}
    model_file.save(job.model_dir, {"algorithm": "pca"}, single)


def components(rows: Matrix, parameters: dict[str, Any]) -> tuple[Vector, Vector, Vector]:
    """Compute the principal components.

    Returns:
        The mean that is subtracted (zeros for none), the singular values, and the directions as
        features × components. As in AWS's model the largest comes last.
    """
    data = rows.astype(np.float64)
    mean = data.mean(axis=0) if parameters["subtract_mean"] else np.zeros(data.shape[1])
    data -= mean
    wanted = parameters["num_components"]
    if parameters["algorithm_mode"] == "randomized":
        extra = parameters["extra_components"]
        surplus = max(_LEAST_EXTRA, wanted) if extra == -1 else extra
        _, sizes, directions = randomized_svd(
            data, wanted, n_oversamples=surplus, random_state=_SEED
        )
        return mean, sizes[::-1], directions.T[:, ::-1]
    squares, vectors = np.linalg.eigh(data.T @ data)
    return mean, np.sqrt(np.maximum(squares[-wanted:], 0.0)), vectors[:, -wanted:]
