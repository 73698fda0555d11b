"""Rows unlike the others."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest

from science.profiling import isolation


def crowd(rows=3000, columns=6, odd=15):
    """Normal rows, of which the first few lie far out in several columns."""
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(rows, columns))
    matrix[:odd] += rng.choice([-6.0, 6.0], size=(odd, columns))
    return matrix, odd


def test_rows_far_from_the_crowd_score_highest():
    matrix, odd = crowd()

    scores = isolation.scores(matrix)

    assert set(np.argsort(-scores)[:odd]) == set(range(odd))
    assert scores[:odd].min() > isolation.ODD
    assert np.median(scores) < 0.5


def test_scores_rank_rows_as_scikit_learn_does():
    matrix, _ = crowd()

    ours = isolation.scores(matrix)
    theirs = -IsolationForest(random_state=0).fit(matrix).score_samples(matrix)

    assert np.corrcoef(ours, theirs)[0, 1] > 0.85
    assert abs(ours.mean() - theirs.mean()) < 0.02


def test_the_same_rows_get_the_same_scores():
    matrix, _ = crowd(rows=300)

    np.testing.assert_array_equal(isolation.scores(matrix), isolation.scores(matrix))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 40), st.integers(0, 4), st.sampled_from([0.0, 1.0, 1e-300, 1e300, 5e-324]))
def test_every_table_has_a_score_for_every_row(rows, columns, scale):
    matrix = np.random.default_rng(rows).integers(0, 3, (rows, columns)) * scale

    scores = isolation.scores(matrix)

    assert scores.shape == (rows,)
    assert ((scores > 0) & (scores <= 1)).all()


def test_rows_that_do_not_differ_are_all_ordinary():
    assert isolation.scores(np.ones((50, 3))).max() == isolation.scores(np.ones((50, 3))).min()
