"""How columns go together, held against SciPy and figures known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from science.kinds import Column
from science.profiling import correlations
from science.profiling.sample import Sample

ROWS = 500


def gappy(seed=1):
    """Two columns that go together, with gaps."""
    rng = np.random.default_rng(seed)
    one = rng.normal(size=ROWS)
    other = np.exp(one) + rng.normal(0, 0.3, ROWS)
    one[rng.random(ROWS) < 0.1] = np.nan
    other[rng.random(ROWS) < 0.1] = np.nan
    return np.column_stack([one, other])


def test_pearson_is_scipys_over_the_rows_that_have_both():
    matrix = gappy()
    both = np.isfinite(matrix).all(axis=1)

    found = correlations.pairwise(matrix)

    assert found[0, 1] == pytest.approx(stats.pearsonr(*matrix[both].T).statistic)
    assert found[0, 0] == pytest.approx(1.0)


def test_spearman_is_scipys_where_no_cell_is_missing():
    rng = np.random.default_rng(2)
    matrix = rng.integers(0, 20, (ROWS, 3)).astype(float)

    found = correlations.pairwise(correlations.ranks(matrix))

    np.testing.assert_allclose(found, stats.spearmanr(matrix).statistic, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e12, 1e100])
def test_pearson_does_not_depend_on_the_unit(scale):
    matrix = gappy()

    found = correlations.pairwise(matrix * scale + (scale if scale > 1 else 0))

    assert found[0, 1] == pytest.approx(correlations.pairwise(matrix)[0, 1], abs=1e-6)


def test_a_column_that_never_varies_has_no_correlation():
    matrix = np.column_stack([np.ones(ROWS), np.arange(ROWS, dtype=float)])

    assert np.isnan(correlations.pairwise(matrix)[0, 1])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=0, max_size=80))
def test_cramers_v_lies_between_nothing_and_all(pairs):
    one, other = np.array(pairs, dtype=np.int64).reshape(-1, 2).T

    found = correlations.cramers_v(one, other)

    assert np.isnan(found) or 0 <= found <= 1


def test_the_same_category_twice_has_a_cramers_v_near_one_and_chance_near_zero():
    rng = np.random.default_rng(3)
    one, other = rng.integers(0, 6, (2, 5000))

    assert correlations.cramers_v(one, one) == pytest.approx(1.0, abs=0.01)
    assert correlations.cramers_v(one, other) < 0.03


def test_the_correlation_ratio_is_the_root_of_the_share_between_levels():
    codes = np.repeat([0, 1], 50)
    values = np.concatenate([np.tile([0.0, 2.0], 25), np.tile([4.0, 6.0], 25)])

    # Variance 1 within either level, 4 between them: 4 / 5.
    assert correlations.correlation_ratio(codes, values) == pytest.approx(np.sqrt(0.8))


def test_the_document_names_the_strongest_links_of_every_sort():
    rng = np.random.default_rng(4)
    number = rng.normal(size=ROWS)
    level = np.where(number > 0, "high", "low").astype(object)
    cells = {
        "number": number,
        "cubed": number**3,
        "level": level,
        "same": np.where(level == "high", "H", "L").astype(object),
        "noise": rng.normal(size=ROWS),
    }
    kinds = {"number": "number", "cubed": "number", "level": "category", "same": "category"}
    columns = [Column(name, kinds.get(name, "number")) for name in cells]

    told = correlations.measure(Sample(columns, cells, np.arange(ROWS), ROWS))

    found = {tuple(each["columns"]): each for each in told["strongest"]}
    assert found["number", "cubed"]["measure"] == "spearman"
    assert found["number", "cubed"]["value"] == pytest.approx(1.0)
    assert found["number", "level"]["measure"] == "correlation_ratio"
    assert found["level", "same"]["measure"] == "cramers_v"
    assert not any("noise" in pair for pair in found)
    assert told["numeric"]["columns"] == ["number", "cubed", "noise"]
    assert np.array(told["mixed"]["correlation_ratio"]).shape == (3, 2)


def test_a_table_without_numbers_or_categories_has_empty_tables():
    told = correlations.measure(Sample([], {}, np.arange(5), 5))

    assert told["strongest"] == []
    assert told["numeric"]["pearson"] == []
