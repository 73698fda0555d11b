"""What a fitted step may say that it learned."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from science.recipe.documents import RecipeError, parse, written
from tests.unit.science.recipe.tables_of_dirt import FIT_STEPS, SMALL_WHOLES, recipes, tables
from tests.unit.science.recipe.test_engines import fits

BASE = {
    "impute": {"method": "group", "group": "plan", "columns": ["age"]},
    "outliers": {"method": "iqr", "action": "drop", "columns": ["age"]},
    "rare_categories": {"columns": ["plan"]},
    "encode": {"method": "frequency", "columns": ["plan"]},
    "standardise": {"columns": ["age"]},
    "normalise": {"columns": ["age"]},
    "split": {},
}


@settings(max_examples=40, deadline=None)
@given(tables(SMALL_WHOLES), recipes(FIT_STEPS))
def test_what_steps_learn_is_read_back(rows, told):
    steps, _, _ = fits(rows, told)

    assert parse([written(step) for step in steps]) == steps


@pytest.mark.parametrize(
    ("kind", "fitted"),
    [
        ("impute", {"values": [1]}),
        ("impute", {"values": {"age": [1]}}),
        ("impute", {"groups": {"age": [["basic"]]}}),
        ("impute", {"models": {"age": {"intercept": 1, "weights": {"x": 1}, "means": {}}}}),
        ("outliers", {}),
        ("outliers", {"bounds": {"age": [None, None]}}),
        ("outliers", {"bounds": {"age": [1, "2"]}}),
        ("outliers", {"forest": {"columns": ["age"], "medians": [1], "trees": [[0, 1, 2]]}}),
        ("outliers", {"forest": {"columns": ["age"], "medians": [], "trees": [], "threshold": 1}}),
        (
            "outliers",
            {
                "forest": {
                    "columns": ["age"],
                    "medians": [1],
                    "trees": [[1, 0.5, 1, 1]],
                    "threshold": 1,
                }
            },
        ),
        ("rare_categories", {"kept": {}}),
        ("rare_categories", {"kept": {"plan": "basic"}}),
        ("encode", {"levels": {"plan": ["a"]}, "shares": {"plan": []}}),
        ("encode", {"levels": {"plan": [1]}, "shares": {"plan": [1]}}),
        ("standardise", {"columns": {"age": [1]}}),
        ("normalise", {"columns": {"age": [True, 1]}}),
        ("split", {"train": 5}),
        ("split", {"holdout": "soon"}),
    ],
)
def test_what_no_step_learns_is_refused(kind, fitted):
    with pytest.raises(RecipeError) as caught:
        parse([{"step": kind, **BASE[kind], "fitted": fitted}])

    assert [fault.path for fault in caught.value.faults] == [(0, "fitted")]
