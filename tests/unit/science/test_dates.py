"""Dates and times of day in the spellings that columns use."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science import dates


def moment(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("cell", "form", "expected"),
    [
        ("2024-02-29", "ymd", moment(2024, 2, 29)),
        ("2024/2/3 04:05", "ymd", moment(2024, 2, 3, 4, 5)),
        ("2024-02-03T04:05:06.789Z", "ymd", moment(2024, 2, 3, 4, 5, 6)),
        ("2024-02-03 04:05:06+02:00", "ymd", moment(2024, 2, 3, 2, 5, 6)),
        ("02/03/2024", "mdy", moment(2024, 2, 3)),
        ("02.03.24", "dmy", moment(2024, 3, 2)),
        ("3 Feb 2024", "d month y", moment(2024, 2, 3)),
        ("Sat, February 3rd, 2024 1:30 PM", "month d y", moment(2024, 2, 3, 13, 30)),
        ("2024-05", "ym", moment(2024, 5, 1)),
        ("20240203T040506Z", "compact", moment(2024, 2, 3, 4, 5, 6)),
        ("12:30 am", "clock", 1800.0),
    ],
)
def test_each_spelling_is_read(cell, form, expected):
    assert dates.seconds_of(cell, [form]) == expected


@pytest.mark.parametrize("cell", ["2024-02-30", "2024-13-01", "hello", "", None, "24:61", "5"])
def test_what_is_no_date_is_missing(cell):
    assert math.isnan(dates.seconds_of(cell, ["ymd", "clock"]))


def test_epochs_are_read_in_their_unit():
    assert dates.seconds_of("1700000000", ["epoch_s"]) == 1.7e9
    assert dates.seconds_of(1700000000000, ["epoch_ms"]) == 1.7e9


@pytest.mark.parametrize(
    ("cells", "forms"),
    [
        (["01/02/2024", "03/04/2024"], ["mdy"]),
        (["01/02/2024", "13/04/2024"], ["dmy"]),
        (["01.02.2024", "03.04.2024"], ["dmy"]),
        (["2024-01-02"] * 10 + ["3 Feb 2024"] * 10, ["ymd", "d month y"]),
        (["2024-01-02", "no", "date"], []),
        ([], []),
    ],
)
def test_a_columns_spellings_are_found(cells, forms):
    assert dates.formats_of(cells) == forms


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_parts_are_those_of_the_calendar(when):
    """Whatever the day, before 1970 too."""
    seconds = when.replace(tzinfo=UTC, microsecond=0).timestamp()

    parts = {name: part[0] for name, part in dates.parts(np.array([seconds])).items()}

    assert (parts["year"], parts["month"], parts["day"]) == (when.year, when.month, when.day)
    assert parts["weekday"] == when.weekday()
    assert parts["day_of_year"] == when.timetuple().tm_yday
    assert parts["hour"] == when.hour
    assert parts["minute_of_day"] == when.hour * 60 + when.minute


def test_a_missing_date_has_missing_parts():
    parts = dates.parts(np.array([np.nan, 1e300]))

    assert all(np.isnan(part).all() for part in parts.values())
