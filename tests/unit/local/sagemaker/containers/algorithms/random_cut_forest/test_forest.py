"""Random cut trees against their definition."""

import numpy as np
import pytest

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.rows import Rows
from local.sagemaker.containers.algorithms.random_cut_forest.forest import LEAF, grow
from local.sagemaker.containers.algorithms.random_cut_forest.train import evaluate


def definition(forest, node, point, depth, whole):
    """The expected score below a node, by recursion as the formula is written."""
    low, high, mass = forest.low[node], forest.high[node], forest.mass[node]
    outside = sum(max(low[i] - point[i], 0) + max(point[i] - high[i], 0) for i in range(len(point)))
    extent = sum(high - low) + outside
    parted = outside / extent if extent else 0.0
    if forest.column[node] == LEAF:
        below = (1 - mass / (2 * whole)) / (depth + np.log2(1 + mass))
    else:
        right = point[forest.column[node]] > forest.cut[node]
        child = forest.right[node] if right else forest.left[node]
        below = definition(forest, child, point, depth + 1, whole)
    return parted / (depth + 1) + (1 - parted) * below


def test_scores_are_those_of_the_definition():
    """All trees and points at once, or one by one: inside, outside and on a row itself."""
    rows = np.random.default_rng(1).normal(size=(40, 3))
    forest = grow(rows, trees=5, samples=16)
    points = np.array([rows[0], [0, 0, 0], [9, -9, 0.5]])
    expected = [
        np.mean(
            [
                definition(forest, root, point, 0, forest.mass[root])
                * np.log2(1 + forest.mass[root])
                for root in forest.roots
            ]
        )
        for point in points
    ]

    np.testing.assert_allclose(forest.scores(points), expected)


def test_a_tree_parts_its_rows_completely():
    """Each node's rows are its children's; each leaf is one point, in a box of no extent."""
    rows = np.random.default_rng(2).normal(size=(30, 2))
    forest = grow(rows, trees=1, samples=30)
    inner = np.flatnonzero(forest.column != LEAF)
    leaves = np.flatnonzero(forest.column == LEAF)

    assert forest.mass[0] == 30
    np.testing.assert_array_equal(
        forest.mass[inner], forest.mass[forest.left[inner]] + forest.mass[forest.right[inner]]
    )
    assert len(leaves) == 30
    np.testing.assert_array_equal(forest.low[leaves], forest.high[leaves])
    assert (forest.high[forest.left[inner], forest.column[inner]] <= forest.cut[inner]).all()
    assert (forest.low[forest.right[inner], forest.column[inner]] > forest.cut[inner]).all()


@pytest.mark.parametrize("rows", [np.ones((20, 2)), np.repeat([[1.0, 2.0], [1.0, 3.0]], 10, 0)])
def test_copies_of_a_point_are_one_leaf(rows):
    """Constant columns are never cut."""
    forest = grow(rows, trees=3, samples=20)
    leaves = forest.mass[forest.column == LEAF]

    assert len(leaves) == 3 * len(np.unique(rows, axis=0))
    assert np.isfinite(forest.scores(rows)).all()


def test_what_is_far_away_scores_more():
    """In order of the distance, and more than any row that the trees hold."""
    rows = np.random.default_rng(3).normal(size=(500, 2))
    forest = grow(rows, trees=50, samples=128)
    usual = forest.scores(rows)
    near, far, further = forest.scores(np.array([[0.0, 0], [5, 5], [50, 50]]))

    assert near < usual.mean() < far < further
    assert far > usual.max()


def test_metrics_are_those_of_three_sigmas():
    """One row of a hundred is far off, one of the usual ones is labelled so by mistake."""
    rows = np.random.default_rng(4).normal(size=(100, 2))
    rows[7] = 60
    labels = np.zeros(100)
    labels[[7, 8]] = 1
    forest = grow(rows[9:], trees=50, samples=64)
    found = evaluate(forest, Rows(rows, labels), ["accuracy", "precision_recall_fscore"])

    assert found == pytest.approx({"accuracy": 0.99, "precision": 1, "recall": 0.5, "f1": 2 / 3})
    with pytest.raises(UserError, match=r"0 \(normal\) or 1"):
        evaluate(forest, Rows(rows, labels * 2), ["accuracy"])
