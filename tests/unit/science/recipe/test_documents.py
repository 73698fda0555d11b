"""A recipe as JSON: what is read, what is refused, and that it reads back."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as some

from science.recipe import documents
from science.recipe.documents import RecipeError, parse, written
from science.recipe.settings import settings_of
from science.recipe.steps import KINDS, Impute, Trim, schema

TEXT = some.text(max_size=8)
NAME = some.text(min_size=1, max_size=8)
READING = some.fixed_dictionaries(
    {"as": some.just("number"), "decimal": some.sampled_from([None, ".", ","])},
    optional={"sure": some.booleans()},
)


def values_of(about):
    """What one setting accepts."""
    low, high = about["low"], about["high"]
    return {
        "text": TEXT,
        "number": some.floats(
            -1e9 if low is None else low, 1e9 if high is None else high, allow_nan=False
        ),
        "whole": some.integers(int(low or 0), int(high or 9)),
        "switch": some.booleans(),
        "scalar": some.one_of(TEXT, some.integers(-9, 9), some.booleans()),
        "choice": some.sampled_from(about["choices"] or ("",)),
        "choices": some.lists(some.sampled_from(about["choices"] or ("",)), max_size=3),
        "column": NAME,
        "columns": some.lists(NAME, max_size=3),
        "names": some.dictionaries(NAME, NAME, min_size=1, max_size=3),
        "readings": some.dictionaries(NAME, READING, min_size=1, max_size=3),
    }[about["accepts"]]


@some.composite
def documents_of_steps(draw):
    kind = draw(some.sampled_from(sorted(KINDS)))
    told = {"step": kind}
    for key, about in settings_of(KINDS[kind]).items():
        if about["required"] or draw(some.booleans()):
            told[key] = draw(values_of(about))
    return told


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some.lists(documents_of_steps(), min_size=1, max_size=4))
def test_what_was_read_is_written_and_read_back_the_same(told):
    steps = []
    with contextlib.suppress(RecipeError):  # settings that do not go together
        steps = parse(told)
    assume(steps)

    again = documents.loads(json.dumps([written(step) for step in steps]))

    assert again == steps
    assert documents.digest(again) == documents.digest(steps)


def test_every_fault_is_named_with_its_place_and_what_is_accepted():
    told = {
        "version": 2,
        "steps": [
            {"step": "impute", "method": "middle", "columnz": ["age"]},
            {"step": "wash"},
            {"step": "outliers", "method": "iqr", "factor": "3"},
            {"step": "find_replace", "find": "(?=a)", "match": "pattern"},
            {"step": "parse_types", "columns": {"born": {"as": "date", "formats": ["dym"]}}},
            "trim",
        ],
    }

    with pytest.raises(RecipeError) as caught:
        parse(told)

    found = [str(fault) for fault in caught.value.faults]
    assert len(found) == 7
    assert found[0].startswith(
        "steps[0].columnz: impute has no setting 'columnz' (did you mean 'columns'?); accepted: "
    )
    assert found[1] == (
        'steps[0].method: "middle" is not accepted; '
        "accepted: median, mean, mode, constant, group, model"
    )
    assert found[2].startswith("steps[1].step: no step is called 'wash'; accepted: trim, ")
    assert found[3] == ('steps[2].factor: "3" is not accepted; accepted: a number from 0.1 to 1000')
    assert found[4].startswith("steps[3]: find is no pattern")
    assert found[5].startswith('steps[4].columns.born.formats: ["dym"] is not accepted; accepted')
    assert found[6].startswith("steps[5]: a step names what it does")


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"step": "impute", "method": "constant"}, "constant needs a value"),
        ({"step": "impute", "method": "group"}, "group needs the column that groups"),
        ({"step": "outliers", "method": "bounds"}, "bounds needs low, high or both"),
        ({"step": "outliers", "method": "bounds", "low": 2, "high": 1}, "low lies above high"),
        ({"step": "outliers", "method": "isolation"}, "isolation finds rows, not bounds"),
        ({"step": "filter_rows", "column": "a", "test": "less"}, "the test needs a value"),
        (
            {"step": "filter_rows", "column": "a", "test": "less", "value": "b"},
            "the test compares numbers",
        ),
        ({"step": "trim", "fitted": {}}, "trim has no such parameters"),
        ({"step": "impute"}, "impute needs method"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(told, message):
    with pytest.raises(RecipeError, match=message):
        parse([told])


@pytest.mark.parametrize("text", ["", "{", "[[[", "null", '"trim"', "{}", '{"version": 1}'])
def test_what_is_no_recipe_is_refused(text):
    with pytest.raises(RecipeError):
        documents.loads(text)


def test_the_digest_tells_what_is_done_and_not_why():
    bare, reasoned, other = Trim(), Trim(why="It looks better."), Trim(side="left")

    assert documents.digest([bare]) == documents.digest([reasoned])
    assert documents.digest([bare]) != documents.digest([other])


def test_what_a_written_recipe_tells_besides_is_left_aside():
    step = Impute(method="mean", fitted={"values": {"age": 3.5}})
    told = {**written(step), "sql": "SELECT 1", "rows_before": 3, "cells": None}

    assert parse([told]) == [step]


def test_every_kind_says_what_each_of_its_settings_accepts():
    assert json.loads(json.dumps(schema())) == schema()
    assert all(KINDS[kind].__doc__ for kind in schema())
