"""Nearest rows, by every metric and under projections."""

import numpy as np
import pytest

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.hyperparameters import read
from local.sagemaker.containers.algorithms.knn.hyperparameters import RULES, check_together
from local.sagemaker.containers.algorithms.knn.neighbors import Index
from local.sagemaker.containers.algorithms.knn.reduction import projection

ROWS = np.array([[1, 0], [0, 2], [3, 3], [-1, 0]], np.float32)
LABELS = np.array([0, 1, 1, 0], np.float32)


def index(metric="L2", k=2, *, classifies=True, rows=ROWS, labels=LABELS):
    return Index(rows, labels, metric, None, k, classifies)


@pytest.mark.parametrize(
    ("metric", "distances", "labels"),
    [
        ("L2", [1.0, 4.0], [0, 0]),
        ("INNER_PRODUCT", [6.0, 2.0], [1, 0]),
        ("COSINE", [1.0, 0.5**0.5], [0, 1]),
    ],
)
def test_neighbours_come_nearest_first(metric, distances, labels):
    """Squared distances for L2; otherwise more is nearer."""
    query = np.array([[2.0, 0.0]]) if metric != "L2" else np.array([[0.0, 0.0]])
    rows = ROWS if metric != "L2" else np.array([[1, 0], [0, 2], [3, 3], [0, -2]], np.float32)
    found, whose = index(
        metric, rows=rows, labels=np.array([0, 0, 1, 1.0]) if metric == "L2" else LABELS
    ).search(query)

    assert found[0].tolist() == pytest.approx(distances)
    assert whose[0].tolist() == labels


def test_the_majority_decides_and_the_nearer_on_a_tie():
    """Two against one; one against one."""
    votes = np.array([[5.0, 7, 7], [7.0, 5, 7]])

    assert index(k=3).answer(votes).tolist() == [7, 7]
    assert index(k=2).answer(np.array([[4.0, 3.0]])).tolist() == [4]
    assert index(classifies=False).answer(np.array([[4.0, 3.0]])).tolist() == [3.5]


@pytest.mark.parametrize("kind", ["sign", "fjlt"])
def test_projections_keep_squared_lengths(kind):
    """Their mean over many vectors, within a few per cent."""
    rows = np.random.default_rng(1).normal(size=(400, 100))
    matrix = projection(kind, 100, 60)

    assert matrix.shape == (100, 60)
    ratio = np.sum((rows @ matrix) ** 2, axis=1) / np.sum(rows**2, axis=1)
    assert ratio.mean() == pytest.approx(1, abs=0.1)
    assert ratio.std() < 0.35


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"k": 5, "sample_size": 4}, r"k: value 5 is not in \[1, 4\]"),
        ({"dimension_reduction_type": "sign"}, "dimension_reduction_target"),
        (
            {"dimension_reduction_type": "sign", "dimension_reduction_target": 3},
            r"dimension_reduction_target: value 3 is not in \(0, 3\)",
        ),
        ({"index_type": "faiss.IVFPQ", "index_metric": "COSINE"}, "index_metric"),
        ({"predictor_type": "ranker"}, "classifier, regressor"),
    ],
)
def test_what_does_not_fit_together_is_told(given, told):
    """By name, with what it may be."""
    usual = {"feature_dim": 3, "k": 2, "sample_size": 9, "predictor_type": "classifier"}
    with pytest.raises(UserError, match=told):
        check_together(read(RULES, {name: str(one) for name, one in (usual | given).items()}))
