"""Cells are read as they stand in the file, row by row."""

import gzip
import json

import duckdb
import pytest

from science.suspects.columns import read_table

CELLS = [["1", " Rome "], ["2", ""], ["3", "a,b"], ["4", "N/A"]]


def rows_of(table):
    return [
        [column.values[column.codes[row]] for column in table.columns] for row in range(table.rows)
    ]


@pytest.fixture(params=["csv", "tsv", "jsonl", "parquet", "csv.gz"])
def file(request, tmp_path):
    path = tmp_path / f"data.{request.param}"
    if request.param == "parquet":
        values = ", ".join(f"({one}::VARCHAR, '{two}')" for one, two in CELLS)
        duckdb.sql(f"COPY (SELECT * FROM (VALUES {values}) t(id, city)) TO '{path}'")
    elif request.param == "jsonl":
        path.write_text("".join(json.dumps({"id": a, "city": b}) + "\n" for a, b in CELLS))
    else:
        mark = "\t" if request.param == "tsv" else ","
        lines = [["id", "city"], *CELLS]
        text = "".join(f'{one}{mark}"{two}"\n' for one, two in lines)
        path.write_bytes(gzip.compress(text.encode()) if "gz" in request.param else text.encode())
    return path


def test_every_format_gives_the_same_texts(file):
    table = read_table(file)
    assert [column.name for column in table.columns] == ["id", "city"]
    assert rows_of(table) == CELLS


def test_of_many_rows_an_even_sample_is_read_with_those_that_are_asked_for(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("n\n" + "".join(f"{at}\n" for at in range(20_000)))
    table = read_table(path, most_rows=2_000, keep=[0, 19_999])
    assert table.file_rows == 20_000
    assert 1_700 < table.rows < 2_300
    assert {0, 19_999} <= set(table.numbers.tolist())
    assert rows_of(table) == [[str(number)] for number in table.numbers]
    assert 9_000 < table.numbers.mean() < 11_000
