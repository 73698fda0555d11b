"""Sketches: what is counted, and that merging is adding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.sketch import BINS, FEW, LEVELS, Sketch, places

SCHEMA = [
    {"name": "price", "kind": "number", "decimal": "."},
    {"name": "colour", "kind": "category"},
    {"name": "member", "kind": "boolean"},
    {"name": "note", "kind": "text"},
    {"name": "born", "kind": "date"},
]


def rows(seed: int, count: int) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    price = np.array(
        [f"${value:,.2f}" for value in generator.exponential(2000, count)], dtype=object
    )
    price[generator.random(count) < 0.1] = None
    return {
        "price": price,
        "colour": generator.choice(np.array(["red", "blue", "NA"], dtype=object), count),
        "member": generator.choice(np.array(["yes", "no"], dtype=object), count),
        "note": np.array(["x" * n for n in generator.integers(1, 90, count)], dtype=object),
        "born": generator.random(count) * 1e9,
    }


BASELINE = Sketch.baseline(rows(0, 2000), SCHEMA)


@settings(max_examples=20, deadline=None)
@given(counts=st.lists(st.integers(0, 60), min_size=1, max_size=4), seed=st.integers(0, 1000))
def test_pieces_merged_are_the_whole(counts, seed):
    """However traffic is cut into files, and in whatever order they come."""
    pieces = [rows(seed + number, count) for number, count in enumerate(counts)]
    whole = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    expected = Sketch.from_columns(BASELINE, whole)
    merged = Sketch.from_columns(BASELINE, {name: whole[name][:0] for name in whole})
    for piece in reversed(pieces):
        merged = Sketch.from_columns(BASELINE, piece).merge(merged)

    assert merged.rows == expected.rows
    for name, column in expected.columns.items():
        other = merged.columns[name]
        assert (other.counts, other.present, other.missing) == (
            column.counts,
            column.present,
            column.missing,
        )
        assert (other.lowest, other.highest) == (column.lowest, column.highest)
        assert other.total == pytest.approx(column.total)
        assert other.squares == pytest.approx(column.squares)


def test_text_and_back_is_the_same_sketch():
    """What lies in the lake between two files of traffic."""
    assert Sketch.from_json(BASELINE.to_json()) == BASELINE
    assert Sketch.from_json(BASELINE.to_json().encode()) == BASELINE


def test_another_version_is_refused():
    """Its counts may mean something else."""
    with pytest.raises(ValueError, match="version 9"):
        Sketch.from_json('{"version": 9, "rows": 0, "columns": []}')


def test_other_bins_do_not_merge():
    """Counts over different edges cannot be added."""
    other = Sketch.baseline(rows(1, 500), SCHEMA)

    with pytest.raises(ValueError, match="price do not share"):
        BASELINE.merge(other)


def test_numbers_are_read_as_training_read_them():
    """Currency and grouped digits, by the column's decimal mark; nonsense counts as unreadable."""
    window = Sketch.from_columns(
        BASELINE, {"price": np.array(["$1,234.50", 1234.5, "", "cheap"], dtype=object)}
    )
    price = window.columns["price"]

    assert (price.present, price.missing, price.unreadable) == (2, 2, 1)
    assert price.mean == pytest.approx(1234.5)


def test_floats_and_their_texts_count_alike():
    """The training part comes as floats, traffic as text or JSON numbers."""
    values = np.random.default_rng(2).normal(10, 3, 400).round(3)
    schema = [{"name": "x", "kind": "number"}]
    floats = Sketch.baseline({"x": values}, schema)
    texts = Sketch.from_columns(floats, {"x": values.astype(str).astype(object)})

    assert texts.columns["x"].counts == floats.columns["x"].counts
    assert texts.columns["x"].deviation == pytest.approx(values.std())


def test_every_bin_holds_about_as_many_training_rows():
    """Quantile edges: no bin of fifty holds more than a twentieth."""
    values = np.random.default_rng(4).exponential(size=10_000)
    column = Sketch.baseline({"x": values}, [{"name": "x", "kind": "number"}]).columns["x"]

    assert len(column.counts) == BINS
    assert sum(column.counts) == 10_000
    assert max(column.counts) < 500


def test_few_values_have_a_bin_each():
    """Ratings from 1 to 5: edges lie between them."""
    values = np.tile([1.0, 2.0, 3.0, 4.0, 5.0], 20)
    column = Sketch.baseline({"x": values}, [{"name": "x", "kind": "number"}]).columns["x"]

    assert column.counts == [20] * 5


def test_a_yes_is_a_true_is_a_one():
    """Booleans of a file and of JSON are the same two levels."""
    window = Sketch.from_columns(
        BASELINE, {"member": np.array(["Yes", True, 1, "n"], dtype=object)}
    )
    member = window.columns["member"]

    assert dict(zip(member.levels, member.counts, strict=False)) == {"true": 3, "false": 1}


def test_levels_that_training_never_held_share_the_last_bin():
    """And so do those too rare to be named."""
    names = np.array([f"v{number}" for number in range(LEVELS + 50)], dtype=object)
    baseline = Sketch.baseline({"x": np.r_[names, names]}, [{"name": "x", "kind": "category"}])
    window = Sketch.from_columns(baseline, {"x": np.array(["v0", "never"], dtype=object)})

    assert baseline.columns["x"].counts[-1] == 100
    assert not baseline.columns["x"].complete
    assert window.columns["x"].counts[-1] == 1


def test_a_column_that_traffic_lacks_is_missing_throughout():
    """Its missing rate is what tells."""
    window = Sketch.from_columns(BASELINE, {"colour": np.array(["red"] * 7, dtype=object)})

    assert window.columns["price"].missing == 7
    assert window.columns["born"].missing == 7


def test_cells_that_are_no_keys_are_counted_all_the_same():
    """A JSON record may hold a list."""
    window = Sketch.from_columns(BASELINE, {"colour": np.array([["red"], None], dtype=object)})

    assert window.columns["colour"].counts[-1] == 1


def test_a_sketch_does_not_grow_with_its_rows():
    """Fifty times the rows, the same size."""
    small = Sketch.from_columns(BASELINE, rows(8, 100)).to_json()
    large = Sketch.from_columns(BASELINE, rows(8, 5000)).to_json()

    assert len(large) < 1.2 * len(small)


SHAPES = {
    "normal": lambda generator: generator.normal(size=FEW),
    "skewed": lambda generator: np.exp(4 * generator.normal(size=FEW)),
    "few values": lambda generator: generator.integers(0, 9, FEW) / 3,
    "far away": lambda generator: 1e15 + generator.integers(0, 5000, FEW),
    "huge": lambda generator: generator.choice([-1.7e308, -1.0, 0.5, 1.7e308], FEW),
    "tiny": lambda generator: generator.random(FEW) * 5e-322,
}


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), edges=st.integers(1, 60))
def test_the_quick_search_finds_what_the_plain_one_does(shape, seed, edges):
    """Whatever the numbers look like, and for numbers that are edges themselves."""
    values = SHAPES[shape](np.random.default_rng(seed))
    cuts = np.unique(values[:edges])

    assert np.array_equal(places(cuts, values), np.searchsorted(cuts, values, side="left"))


def test_numbers_without_edges_have_one_bin():
    """A column that did not vary in training."""
    assert places(np.empty(0), np.arange(FEW, dtype=float)).max() == 0
