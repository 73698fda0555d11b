"""Control and computing read the same recipes, though neither knows the other."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from lifecycle.problem.recipe_rules import COMMON
from lifecycle.problem.recipe_steps import accepts, table
from lifecycle.problem.recipe_together import ADDING, FORMATS, NOT_ONES_OWN, OF_ROWS, misfits
from science import own_steps
from science.recipe import documents
from science.recipe.documents import _TESTS, RecipeError, parse
from science.recipe.steps import KINDS, schema

VALUES = some.recursive(
    some.none() | some.booleans() | some.integers(-5, 3000) | some.floats(allow_nan=False)
    | some.sampled_from(["", "a", "median", "both", "year", "x" * 1025]),
    lambda inner: some.lists(inner, max_size=3)
    | some.dictionaries(some.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


def test_the_table_of_steps_is_what_science_says_of_its_steps():
    told = {
        kind: {
            key: {name: value for name, value in about.items() if value not in (None, [], False)}
            for key, about in found.items()
        }
        for kind, found in schema().items()
    }

    assert table() == json.loads(json.dumps(told))
    assert not set(COMMON) & {key for found in table().values() for key in found}


def told_by_science(step):
    """What science says does not go together in one step."""
    try:
        parse([step])
    except RecipeError as error:
        return [fault.message for fault in error.faults]
    return []


APART = [
    {"step": "impute", "method": "constant"},
    {"step": "impute", "method": "group"},
    {"step": "outliers", "method": "bounds"},
    {"step": "outliers", "method": "bounds", "low": 2, "high": 1},
    {"step": "outliers", "method": "isolation"},
    {"step": "outliers", "method": "isolation", "action": "clip"},
    {"step": "filter_rows", "column": "a", "test": "equals"},
    {"step": "filter_rows", "column": "a", "test": "less", "value": "b"},
    {"step": "format_text", "columns": ["a"], "width": 4, "fill": "ab"},
]
TOGETHER = [
    {"step": "impute", "method": "constant", "value": 0},
    {"step": "impute", "method": "group", "group": "a"},
    {"step": "outliers", "method": "bounds", "low": 0},
    {"step": "outliers", "method": "isolation", "action": "null"},
    {"step": "filter_rows", "column": "a", "test": "missing"},
    {"step": "filter_rows", "column": "a", "test": "less", "value": 1},
    {"step": "format_text", "columns": ["a"], "width": 4},
]


@pytest.mark.parametrize(
    "step", APART + TOGETHER, ids=lambda step: "-".join(map(str, step.values()))
)
def test_both_say_what_does_not_go_together_in_the_same_words(step):
    assert [*misfits(step)] == told_by_science(step)
    assert bool([*misfits(step)]) == (step in APART)


READINGS = some.fixed_dictionaries(
    {},
    optional={
        "as": some.sampled_from(["number", "date", "text"]),
        "decimal": some.sampled_from([None, ".", ",", ";"]),
        "formats": some.lists(some.sampled_from([*FORMATS, "roman"]), max_size=2),
        "sure": some.sampled_from([True, False, "yes"]),
        "colour": some.just("red"),
    },
)


@settings(max_examples=100, deadline=None)
@given(READINGS)
def test_both_accept_the_same_readings(reading):
    step = {"step": "parse_types", "columns": {"a": reading}}
    alone = accepts(step["columns"], {"accepts": "readings"})

    assert (alone and not [*misfits(step)]) == (told_by_science(step) == [])


def test_both_know_the_same_kinds_of_step():
    """Which are of rows alone, which add columns, which a definition says otherwise."""
    assert {kind for kind, step in KINDS.items() if not step.cellwise} == OF_ROWS
    assert own_steps.ADDING == ADDING
    assert set(own_steps.NOT_ONES_OWN) == set(NOT_ONES_OWN)
    assert documents.FORMATS == FORMATS


@pytest.mark.parametrize("kind", sorted(table()))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
def test_both_accept_the_same_values(kind, value):
    if isinstance(value, float) and value in {float("inf"), float("-inf")}:
        return
    for key, about in table()[kind].items():
        if about["accepts"] != "readings":  # told column by column in science
            whole = {"low": None, "high": None, "choices": (), **about}
            assert accepts(value, about) == bool(_TESTS[about["accepts"]](value, whole)), key
