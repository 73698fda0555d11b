"""A job tells of its own errors in words, and of all others by their kind and place."""

from __future__ import annotations

import duckdb
import pytest

from row_files import UnreadableRowsError
from serving_package import PackageMismatchError
from telling import WITHHELD, told, told_with_places

PERSON = "ann.unmistakable@example.com"


def caught(breaks):
    try:
        breaks()
    except Exception as error:  # noqa: BLE001  (whichever it is, it is looked at)
        return error
    raise AssertionError("it did not break")


def convert():
    with duckdb.connect() as connection:
        connection.execute("SELECT CAST(? AS INTEGER)", [PERSON])


def wrap():
    try:
        int(PERSON)
    except ValueError as error:
        raise UnreadableRowsError("line 3 is damaged") from error


@pytest.mark.parametrize("breaks", [convert, lambda: int(PERSON), lambda: {}[PERSON], wrap])
def test_no_cell_is_told(breaks):
    error = caught(breaks)

    assert PERSON not in told(error)
    assert PERSON not in told_with_places(error)


def test_what_is_worded_here_is_told_as_it_is():
    """The functions know a refusal by the name of its error."""
    assert told(PackageMismatchError("other")) == "PackageMismatchError: other"
    assert told(caught(wrap)) == "UnreadableRowsError: line 3 is damaged"


def test_the_kind_and_the_place_of_others_are_told():
    error = caught(convert)

    assert told(error).startswith("ConversionException (convert, line ")
    assert told(error).endswith(WITHHELD)
    assert "caused by ValueError" in told_with_places(caught(wrap))
