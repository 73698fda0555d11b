"""SQL reads a cell exactly as Python does: training and serving see the same value."""

from __future__ import annotations

import math

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science import dates, sql_values, values

WRITTEN = st.text("0123456789.,-+eE$€%() kKmoz_'", max_size=12)
DATED = st.one_of(
    st.dates().map(str),
    st.datetimes().map(lambda when: when.strftime("%d/%m/%Y %I:%M %p")),
    st.datetimes().map(lambda when: when.strftime("%b %d, %y")),
    st.text("0123456789-/.: apmTZ+", max_size=18),
)


def read(expression, texts):
    """What SQL makes of texts, NaN for NULL."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE landed (place INTEGER, x VARCHAR)")
        connection.executemany("INSERT INTO landed VALUES (?, ?)", list(enumerate(texts)))
        cells = f"(SELECT place, {sql_values.cell('x')} AS x FROM landed)"
        query = f"SELECT {expression} FROM {cells} ORDER BY place"
        return [row[0] for row in connection.execute(query).fetchall()]


def same(found, expected):
    for left, right in zip(found, expected, strict=True):
        if left is None:
            assert right is None or math.isnan(right)
        else:
            assert left == right


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=9), min_size=1, max_size=30))
def test_cells_are_trimmed_and_missing_alike(texts):
    texts = [text.replace("\x00", "") for text in [*texts, " NA", "Null\t", "\u00a0-", "naan"]]

    same(read("x", texts), [values.text_of(text) for text in texts])


@settings(max_examples=40, deadline=None)
@given(st.lists(WRITTEN, min_size=1, max_size=40))
def test_plain_numbers_are_read_alike(texts):
    same(read(sql_values.plain_number("x"), texts), [values.number_of(text) for text in texts])


@pytest.mark.parametrize("mark", [".", ","])
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(WRITTEN, min_size=1, max_size=40))
def test_written_numbers_are_read_alike(mark, texts):
    found = read(sql_values.formatted_number("x", mark), texts)

    same(found, [values.number_of(values.text_of(text), mark) for text in texts])


@pytest.mark.parametrize("form", list(dates.PATTERNS))
@settings(max_examples=15, deadline=None)
@given(texts=st.lists(DATED, min_size=1, max_size=40))
def test_dates_are_read_alike(form, texts):
    found = read(sql_values.seconds("x", [form]), texts)

    same(found, [dates.seconds_of(text, [form]) for text in texts])


@pytest.mark.parametrize("unit", ["epoch_s", "epoch_ms"])
def test_epochs_are_read_alike(unit):
    texts = ["1700000000123", "-5", "x"]

    same(read(sql_values.seconds("x", [unit]), texts), [dates.seconds_of(t, [unit]) for t in texts])


def test_names_and_texts_are_quoted():
    assert sql_values.name('a"b') == '"a""b"'
    assert sql_values.literal("it's") == "'it''s'"
