"""Centers that follow a stream of batches."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.hyperparameters import read
from local.sagemaker.containers.algorithms.kmeans.clustering import cluster, nearest
from local.sagemaker.containers.algorithms.kmeans.hyperparameters import RULES


def clustered(rows, **given):
    texts = {"feature_dim": str(rows.shape[1])} | {name: str(one) for name, one in given.items()}
    return cluster(rows, read(RULES, texts), lambda _epoch: None)


@pytest.mark.parametrize("method", ["random", "kmeans++"])
@pytest.mark.parametrize("half_life", [0, 200])
def test_clusters_are_nearly_as_tight_as_lloyds(method, half_life):
    """In small batches, with and without forgetting."""
    generator = np.random.default_rng(1)
    rows = generator.normal(size=(500, 2)) + 10 * generator.integers(0, 3, (500, 2))
    centers = clustered(
        rows, k=9, mini_batch_size=50, init_method=method, half_life_time_size=half_life, epochs=2
    )
    best = KMeans(9, n_init=5, random_state=0).fit(rows).inertia_

    assert np.sum(nearest(rows, centers)[1] ** 2) <= 1.15 * best


def test_one_cluster_is_the_mean():
    """Without extra centers and in one pass, exactly."""
    rows = np.random.default_rng(2).normal(size=(60, 3))

    np.testing.assert_allclose(
        clustered(rows, k=1, extra_center_factor=1, mini_batch_size=7), rows.mean(axis=0)[None]
    )


def test_old_points_fade():
    """With a half-life, centers stand nearer to what came in the last epochs than the mean."""
    rows = np.r_[np.zeros((1, 1)), np.ones((1, 1))]
    still = clustered(rows, k=1, extra_center_factor=1, mini_batch_size=1)
    fading = clustered(rows, k=1, extra_center_factor=1, mini_batch_size=1, half_life_time_size=1)

    assert still[0, 0] == pytest.approx(0.5)
    assert abs(fading[0, 0] - 0.5) > 0.1


def test_fewer_points_than_clusters_are_told():
    """The reason has k and its bound; but copies of a point may share it."""
    with pytest.raises(UserError, match=r"k: value 3 is not in \[1, 2\]"):
        clustered(np.eye(2), k=3)

    assert clustered(np.ones((5, 2)), k=2).tolist() == [[1, 1], [1, 1]]
