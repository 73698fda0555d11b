"""Web-scale K-Means: a stream of mini-batches moves more centers than wanted, Lloyd reduces them.

Page "How K-Means Clustering Works": `k · extra_center_factor` centers follow the batches (the mean
of what came near, older points fading by `half_life_time_size`); weighted by what they stand for,
they are clustered into k by Lloyd's algorithm, several times, and the best result is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.metrics import pairwise_distances_argmin_min

from local.sagemaker.containers.algorithms.common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.containers.algorithms.common.rows import Matrix

EXTRA_CENTERS = 10
"""What `extra_center_factor` is under auto; AWS does not tell its own choice."""

TRIALS = 10
"""What `local_lloyd_num_trials` is under auto; AWS does not tell its own choice."""

_SEED = 0


def cluster(rows: Matrix, parameters: dict[str, Any], after_epoch: Callable[[int], None]) -> Matrix:
    """Find the centers.

    Args:
        rows: Rows × columns.
        parameters: The hyperparameters.
        after_epoch: Called with the number of each epoch that is done, from 0.

    Returns:
        k × columns.

    Raises:
        UserError: When there are fewer rows than clusters.
    """
    wanted = parameters["k"]
    if wanted > len(rows):
        raise UserError(
            f"Hyperparameter k: value {wanted} is not in [1, {len(rows)}], the number of rows"
        )
    generator = np.random.default_rng(_SEED)
    factor = parameters["extra_center_factor"]
    many = min(wanted * (EXTRA_CENTERS if factor == "auto" else factor), len(rows))
    data = rows.astype(np.float64)
    size = parameters["mini_batch_size"]
    centers = _first_centers(data, many, parameters["init_method"])
    weights = np.zeros(many)
    for epoch in range(parameters["epochs"]):
        order = generator.permutation(len(data))
        for start in range(0, len(data), size):
            _follow(centers, weights, data[order[start : start + size]], parameters)
        after_epoch(epoch)
    return _reduced(centers[weights > 0], weights[weights > 0], parameters)


def nearest(rows: Matrix, centers: Matrix) -> tuple[np.ndarray[Any, Any], Matrix]:
    """Each row's closest center, and the Euclidean distance to it."""
    indexes, distances = pairwise_distances_argmin_min(rows, centers)
    return indexes, distances


def _first_centers(data: Matrix, many: int, method: str) -> Matrix:
    if method == "kmeans++":
        centers: Matrix = kmeans_plusplus(data, many, random_state=_SEED)[0].copy()
        return centers
    chosen = np.random.default_rng(_SEED).choice(len(data), many, replace=False)
    return data[chosen]


def _follow(
    centers: Matrix, weights: np.ndarray[Any, Any], batch: Matrix, parameters: dict[str, Any]
) -> None:
    """Move the centers towards a batch, in place."""
    half_life = parameters["half_life_time_size"]
    if half_life:
        weights *= 0.5 ** (len(batch) / half_life)
    indexes, _ = nearest(batch, centers)
    counts = np.bincount(indexes, minlength=len(centers))
    sums = np.zeros_like(centers)
    np.add.at(sums, indexes, batch)
    touched = counts > 0
    weights[touched] += counts[touched]
    share = (counts[touched] / weights[touched])[:, None]
    means = sums[touched] / counts[touched, None]
    centers[touched] += share * (means - centers[touched])


def _reduced(centers: Matrix, weights: np.ndarray[Any, Any], parameters: dict[str, Any]) -> Matrix:
    wanted = parameters["k"]
    if len(np.unique(centers, axis=0)) <= wanted:
        repeated: Matrix = np.resize(np.unique(centers, axis=0), (wanted, centers.shape[1]))
        return repeated
    trials = parameters["local_lloyd_num_trials"]
    method = parameters["local_lloyd_init_method"]
    local = KMeans(
        wanted,
        init="k-means++" if method == "kmeans++" else method,
        n_init=TRIALS if trials == "auto" else trials,
        max_iter=parameters["local_lloyd_max_iter"],
        tol=parameters["local_lloyd_tol"],
        random_state=_SEED,
    )
    found: Matrix = local.fit(centers, sample_weight=weights).cluster_centers_
    return found
