"""A table cleaned by Spark and finished by DuckDB is the table that DuckDB prepares alone."""

from __future__ import annotations

import duckdb
import pytest

from science import database
from science.cleaned import Cleaned
from science.faults import UnusableData
from science.prepare import clean, prepare, prepare_cleaned
from tests.row_files import differences
from tests.unit.science.data_builders import ingested, problem, read_json, table
from tests.unit.science.test_own_steps import STEPS

pytestmark = pytest.mark.xdist_group("spark")

PREPARED = [
    f"prepared/{name}.json"
    for name in ("features", "problem", "recipe", "summary", "statistics", "baseline")
]
FILES = [f"prepared/{part}/{part}.parquet" for part in ("train", "validation")]


def doubled(columns):
    """Every third row once more."""
    return {name: [*cells, *cells[::3]] for name, cells in columns.items()}


def thin(columns):
    """A target with a class of few rows."""
    rare = ["maybe" if at % 97 == 0 else cell for at, cell in enumerate(columns["left"])]
    return {**columns, "left": rare}


def written(columns):
    """Cells as people write them: blanks around, commas for points, quotes and other scripts."""
    return {
        **columns,
        "city": [
            f" {cell}\u00a0" if at % 2 else f"São \\'{cell}'"
            for at, cell in enumerate(columns["city"])
        ],
        "price": [f"{at}.{at % 10}00,{at % 7}5 €" for at in range(len(columns["city"]))],
    }


CASES = {
    "cells as people write them": ([written(table())], {}),
    "files whose columns differ and rows that occur twice": (
        [
            table(200),
            {k: v for k, v in doubled(table(250, 2)).items() if k not in {"city", "note"}},
        ],
        {},
    ),
    "rows split by time and those with gaps left out": (
        [table()],
        {"columns": {"time": "since"}, "prepare": {"missing": "drop"}},
    ),
    "a class of few rows and an identifier": ([thin(table(300))], {"columns": {"id": "city"}}),
    "steps of one's own": ([table()], {"prepare": {"steps": STEPS}}),
    "numbers as a target, copies kept, outliers left out": (
        [doubled(table(600))],
        {"target": "age", "prepare": {"duplicates": "keep", "outliers": "drop"}},
    ),
}


def rows_of(path):
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT * FROM '{path}'").fetchall()


@pytest.mark.parametrize("case", CASES)
def test_a_table_cleaned_by_spark_is_the_one_that_duckdb_prepares(spark, tmp_path, case):
    tables, changes = CASES[case]
    inputs = [ingested(tmp_path, each, f"rows {at}") for at, each in enumerate(tables)]
    definition = problem(**changes)
    folder, alone, together = (tmp_path / name for name in ("seam", "alone", "together"))
    for each in (folder, alone, together):
        each.mkdir()

    told = spark.ask(
        "clean", inputs=[str(each) for each in inputs], problem=definition, out=str(folder)
    )
    summary = prepare_cleaned(folder, definition, together).summary

    assert told["faults"] == []
    assert summary == prepare(inputs, definition, alone).summary
    for name in PREPARED:
        assert differences(read_json(together / name), read_json(alone / name)) == [], name
    for name in FILES:
        assert differences(rows_of(together / name), rows_of(alone / name)) == [], name
    held = [rows_of(each / "holdout/holdout.parquet") for each in (together, alone)]
    assert held[0] == held[1]


def test_what_spark_finds_out_is_what_duckdb_finds_out(spark, tmp_path):
    inputs, definition = [ingested(tmp_path, doubled(table()))], problem()
    (tmp_path / "seam").mkdir()

    spark.ask("clean", inputs=[str(inputs[0])], problem=definition, out=str(tmp_path / "seam"))

    with database.connect() as connection:
        first = clean(connection, inputs, definition)
    found = Cleaned.of(read_json(tmp_path / "seam" / "cleaned.json"))
    assert differences(found.document(), first.document()) == []


def test_data_that_no_model_can_learn_from_is_refused_alike(spark, tmp_path):
    columns = {**table(60), "left": ["yes"] * 60}
    inputs, definition = [ingested(tmp_path, columns)], problem()

    told = spark.ask("clean", inputs=[str(inputs[0])], problem=definition, out=str(tmp_path))

    with pytest.raises(UnusableData) as caught:
        prepare(inputs, definition, tmp_path)
    assert told["faults"] == [fault.what for fault in caught.value.faults]
