"""A log line tells where and of what kind an error is, and never a word out of somebody's data."""

from __future__ import annotations

import io
import json
import traceback
from uuid import uuid4

import duckdb
import pytest

from lifecycle.errors import RecordMissingError
from lifecycle.event import Fault
from lifecycle.redaction import WithheldError, logger, told, withholding

PERSON = "ann.unmistakable@example.com"


def convert():
    """A database that quotes the cell it cannot convert."""
    with duckdb.connect() as connection:
        connection.execute("SELECT CAST(? AS INTEGER)", [PERSON])


def validate():
    """A validator that quotes the value it was given."""
    Fault.model_validate({"message": {"cell": PERSON}})


def number():
    int(PERSON)


def key():
    {}[PERSON]


def noted():
    error = ValueError("x")
    error.add_note(PERSON)
    raise error


def caused():
    try:
        number()
    except ValueError as error:
        raise RecordMissingError("the run is not there") from error


def logged(breaks):
    """The line that is logged; Powertools keeps one stream a service, so each has its own."""
    stream = io.StringIO()
    log = logger(f"of {uuid4()}", stream)
    try:
        breaks()
    except Exception:
        log.exception("not handled", leg="prepare_data")
    return stream.getvalue()


@pytest.mark.parametrize("breaks", [convert, validate, number, key, noted, caused])
def test_no_cell_is_logged_whatever_quotes_it(breaks):
    """Neither the error's words, nor its notes, nor those of what caused it."""
    line = logged(breaks)

    assert PERSON not in line
    assert breaks.__name__ in line
    assert json.loads(line)["leg"] == "prepare_data"
    assert json.loads(line)["service"].startswith("of ")


def test_our_own_words_are_told():
    assert "the run is not there" in json.loads(logged(caused))["exception"]
    assert told(RecordMissingError("gone")) == "RecordMissingError: gone"


def test_the_place_in_the_code_is_told():
    document = json.loads(logged(number))

    assert document["exception_name"] == "ValueError"
    assert "test_redaction.py" in document["exception"]


@pytest.mark.parametrize("breaks", [convert, validate, number, key, noted, caused])
def test_what_leaves_a_handler_carries_no_cell_into_lambdas_own_log(breaks):
    """Lambda prints the traceback of what leaves a handler, with its causes and notes."""
    with pytest.raises(WithheldError) as left:
        withholding(breaks)()

    printed = "".join(traceback.format_exception(left.value))
    assert PERSON not in printed
    assert breaks.__name__ in printed


def test_a_handler_that_ends_well_is_left_alone():
    assert withholding(lambda event, _context=None: event)("x") == "x"
