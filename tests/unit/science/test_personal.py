"""Personal data that nobody can read, and that still tells one person from another."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.personal import protect, token

KEY = b"a secret of this problem"


def written(path, rows):
    columns = list(rows[0])
    with duckdb.connect() as connection:
        listed = ", ".join(f'"{column}" VARCHAR' for column in columns)
        connection.execute(f"CREATE TABLE t ({listed})")
        marks = ", ".join("?" for _ in columns)
        connection.executemany(f"INSERT INTO t VALUES ({marks})", [list(r.values()) for r in rows])
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    return path


def read(path):
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT * FROM '{path}'")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 200])
@settings(max_examples=15)
@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1))
def test_the_file_holds_what_hmac_says(tmp_path_factory, length, text):
    """Keys shorter and longer than a block; the same token as for a single cell."""
    key = bytes(range(256))[:length]
    path = written(tmp_path_factory.mktemp("rows") / "rows.parquet", [{"email": f"x{text}x"}])

    protect(path, ["email"], "hash", key)

    assert read(path) == [{"email": token(f"x{text}x", key)}]


def test_the_other_columns_and_the_gaps_stay(tmp_path):
    """Column order, missing cells, empty texts; the column is found whatever its letters' case."""
    rows = [
        {"age": "41", "E-Mail": "ann@example.com", "y": "1"},
        {"age": None, "E-Mail": None, "y": "0"},
        {"age": "7", "E-Mail": "", "y": "0"},
    ]
    path = written(tmp_path / "rows.parquet", rows)

    found = protect(path, ["e-mail", "telephone"], "hash", KEY)

    assert found == ["E-Mail"]
    assert read(path) == [{**rows[0], "E-Mail": token("ann@example.com", KEY)}, *rows[1:]]


def test_blanks_around_a_cell_make_no_other_person(tmp_path):
    """A stream's text and a file's are one."""
    rows = [{"who": "ann", "y": "1"}, {"who": " ann ", "y": "1"}]
    path = written(tmp_path / "rows.parquet", rows)

    protect(path, ["who"], "hash", KEY)

    first, second = read(path)
    assert first == second


def test_the_same_person_is_another_one_under_another_secret():
    """Two problems cannot be joined."""
    assert token("ann", b"churn") != token("ann", b"fraud")


def test_a_dropped_column_is_gone(tmp_path):
    """And a file of nothing else keeps its rows, empty."""
    path = written(tmp_path / "rows.parquet", [{"who": "ann", "y": "1"}])
    alone = written(tmp_path / "alone.parquet", [{"who": "ann"}])

    protect(path, ["who"], "drop", KEY)
    protect(alone, ["who"], "drop", KEY)

    assert read(path) == [{"y": "1"}]
    assert read(alone) == [{"who": None}]


def test_a_file_without_such_columns_is_left_as_it_is(tmp_path):
    """Not even written again."""
    path = written(tmp_path / "rows.parquet", [{"age": "41"}])
    before = path.stat().st_mtime_ns

    assert protect(path, ["email"], "hash", KEY) == []
    assert path.stat().st_mtime_ns == before
