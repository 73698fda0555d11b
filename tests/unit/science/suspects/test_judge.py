"""Wrong cells of tables whose truth is known: real ones, and clean ones with errors put in."""

import numpy as np
import pytest

from bench.dirt import REAL, SHARED, SPOILED, pair
from bench.made_dirt import MADE
from bench.suspects import LABELLED, labelled, score
from science.suspects.columns import coded
from science.suspects.judge import find_suspects

beside = pytest.mark.skipif(not SHARED.exists(), reason="the data sets lie beside the project")
PAIRS = [pytest.param(lambda _, name=name: pair(name), id=name, marks=beside) for name in REAL]
OTHERS = [pytest.param(make, id=make.__name__, marks=beside) for make in SPOILED]
OTHERS += [pytest.param(make, id=make.__name__) for make in MADE]


@pytest.mark.parametrize("make", PAIRS)
def test_real_errors_are_found_without_labels(make):
    dirt = make(0)
    reached = score(dirt, find_suspects(coded(dirt.dirty)))
    assert reached.f1 > 0.95
    assert reached.repair > 0.85


@pytest.mark.parametrize("make", OTHERS)
def test_errors_of_the_documented_kinds_are_found_in_other_tables(make):
    dirt = make(7)
    assert score(dirt, find_suspects(coded(dirt.dirty))).f1 > 0.8


@pytest.mark.parametrize("make", PAIRS)
@pytest.mark.parametrize("seed", [101, 102])
def test_any_twenty_labelled_rows_do(make, seed):
    dirt = make(0)
    rows = np.random.default_rng(seed).choice(dirt.rows, LABELLED, replace=False).tolist()
    assert labelled(dirt, coded(dirt.dirty), rows).f1 > 0.95


@pytest.mark.parametrize("make", PAIRS)
def test_twenty_labelled_rows_with_the_fewest_errors_do_too(make):
    dirt = make(0)
    errors = np.zeros(dirt.rows)
    for row, _ in dirt.wrong():
        errors[row] += 1
    rows = np.argsort(errors, kind="stable")[:LABELLED].tolist()
    assert labelled(dirt, coded(dirt.dirty), rows).f1 > 0.9


@beside
@pytest.mark.parametrize("name", REAL)
def test_clean_twins_are_hardly_suspected(name):
    dirt = pair(name)
    cells = dirt.rows * len(dirt.clean)
    assert len(find_suspects(coded(dirt.clean))) < 0.01 * cells


def test_an_empty_looking_table_has_no_suspects():
    assert find_suspects(coded({"a": ["", "", ""], "b": ["", "", ""]})) == []
    assert find_suspects(coded({"a": ["x"]})) == []
