"""Control and computing read the same recipes, though neither knows the other."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from lifecycle.problem.recipe_rules import COMMON
from lifecycle.problem.recipe_steps import accepts, table
from science.recipe.documents import _TESTS
from science.recipe.steps import schema

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
