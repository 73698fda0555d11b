"""Columns by names that Feature Store takes: each its own, whatever the order."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.feature_names import RESERVED, feature_names, stored_as
from science.kinds import Column

ACCEPTED = re.compile(r"[a-zA-Z0-9]([-_]*[a-zA-Z0-9]){0,63}")
"""CreateFeatureGroup, ``FeatureName``; its length is bounded to 64 besides."""


@given(st.lists(st.text(max_size=80), unique=True, max_size=12))
def test_every_column_has_an_accepted_name_of_its_own(columns):
    names = feature_names(columns)

    assert set(names) == set(columns)
    assert all(ACCEPTED.fullmatch(name) and len(name) <= 64 for name in names.values())
    folded = [name.lower() for name in names.values()]
    assert len(set(folded)) == len(folded)
    assert RESERVED.isdisjoint(folded)


@given(st.permutations(["a b", "a_b", "a.b", "A_B", "write_time", "label", "größe", "…", "x" * 90]))
def test_the_order_of_the_columns_changes_no_name(columns):
    assert feature_names(columns) == feature_names(sorted(columns))


def test_a_name_that_is_accepted_stays_and_others_are_mended():
    names = feature_names(["tenure", "Monthly charges ($)", "monthly-charges"])

    assert names["tenure"] == "tenure"
    assert names["monthly-charges"] == "monthly-charges"
    assert names["Monthly charges ($)"] == "Monthly_charges"


@pytest.mark.parametrize("reserved", ["is_deleted", "Write_Time", "event_time", "record_id"])
def test_a_reserved_name_is_marked(reserved):
    (name,) = feature_names([reserved]).values()

    assert re.fullmatch(rf"{reserved}_[0-9a-f]{{8}}", name)


def test_numbers_are_fractional_and_all_else_is_text():
    columns = [Column("age", "number"), Column("since", "date"), Column("total", "number")]

    stored = stored_as(columns, "customerID", left_out=["total"])

    assert stored == {
        "identifier": "customerID",
        "hashed": False,
        "features": {
            "age": {"name": "age", "type": "Fractional"},
            "since": {"name": "since", "type": "String"},
        },
    }
