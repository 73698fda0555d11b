"""Two engines, one result: DuckDB, Spark and the row engine give the same rows.

``RECIPE_EXAMPLES`` sets how many tables each property is tried on: few by default, since each asks
Spark for several jobs, and 200 before a change to the recipe is merged.
"""

from __future__ import annotations

import math
import os

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as some

from science import sql_values, values
from science.dialects import SPARK
from science.recipe import documents
from science.recipe.duckdb_engine import DuckDBEngine
from science.recipe.engines import carry_out, sound
from science.recipe.plans import UnfitStepError
from science.recipe.row_engine import RowEngine
from science.values import MISSING
from tests.row_files import differences
from tests.unit.science.recipe.conftest import SparkFailedError
from tests.unit.science.recipe.tables_of_dirt import (
    CELL_STEPS,
    DATES,
    FIT_STEPS,
    NUMERIC,
    ODD,
    ROW_STEPS,
    SCHEMA,
    SMALL_WHOLES,
    recipes,
    tables,
)

pytestmark = pytest.mark.xdist_group("spark")

MANY = int(os.environ.get("RECIPE_EXAMPLES", "6"))
SQL_TYPES = {"text": "VARCHAR", "number": "DOUBLE", "whole": "BIGINT", "boolean": "BOOLEAN"}
PROFILE = settings(
    max_examples=MANY,
    deadline=None,
    # A failing table is small as it is; making it smaller asks Spark hundreds of times.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def in_duckdb(rows, told):
    """The outcome's steps, schema and rows."""
    with duckdb.connect() as connection:
        listed = ", ".join(f'"{column}" {SQL_TYPES[kind]}' for column, kind in SCHEMA.items())
        connection.execute(f"CREATE TABLE landed ({listed})")
        places = ", ".join("?" * len(SCHEMA))
        connection.executemany(f"INSERT INTO landed VALUES ({places})", rows)
        engine = DuckDBEngine(connection)
        relation = sound(engine, "landed", SCHEMA)
        outcome = carry_out(engine, relation, SCHEMA, documents.parse(told))
        found = engine.query(f'SELECT * FROM {outcome.relation} ORDER BY "_row_"')
        return outcome.steps, outcome.schema, [list(row) for row in found]


def fits(rows, told):
    """The outcome in DuckDB; recipes that fit no table are left out of the property."""
    try:
        return in_duckdb(rows, told)
    except UnfitStepError:
        assume(condition=False)
        raise


def assert_same_outcome(spark, rows, told, *, compiled=False):
    steps, schema, found = fits(rows, told)

    answer = spark.ask("carry_out", schema=SCHEMA, rows=rows, steps=told, compiled=compiled)

    assert answer["schema"] == schema
    assert differences(answer["steps"], [documents.written(step) for step in steps]) == []
    assert differences(answer["rows"], found) == []


@PROFILE
@given(tables(), recipes(CELL_STEPS))
def test_steps_of_cells_are_the_same_in_duckdb_and_spark(spark, rows, told):
    assert_same_outcome(spark, rows, told)


@PROFILE
@given(tables(SMALL_WHOLES), recipes(FIT_STEPS))
def test_steps_that_learn_are_the_same_in_duckdb_and_spark(spark, rows, told):
    assert_same_outcome(spark, rows, told)


@PROFILE
@given(tables(), recipes(ROW_STEPS))
def test_steps_that_drop_rows_are_the_same_in_duckdb_and_spark(spark, rows, told):
    assert_same_outcome(spark, rows, told)


@PROFILE
@given(tables(SMALL_WHOLES), recipes(CELL_STEPS, FIT_STEPS, ROW_STEPS))
def test_recipes_of_all_kinds_are_the_same_in_duckdb_and_spark(spark, rows, told):
    """Here Spark compiles its statements, as it does on Glue."""
    assert_same_outcome(spark, rows, told, compiled=True)


def cells_of(row):
    """A row as the row engine takes it: numbers are finite or missing, and there is one zero."""
    cells = dict(zip(SCHEMA, row, strict=True))
    for column, kind in SCHEMA.items():
        if kind == "number" and cells[column] is not None:
            cells[column] = cells[column] + 0.0 if math.isfinite(cells[column]) else None
    return cells


@settings(PROFILE, max_examples=10 * MANY)
@given(tables(), recipes(CELL_STEPS, FIT_STEPS))
def test_the_row_engine_gives_what_duckdb_gives(rows, told):
    told = [each for each in told if each.get("action") != "drop"]
    assume(told)
    steps, schema, found = fits(rows, told)

    engine = RowEngine(steps, SCHEMA)
    made = [engine.row(cells_of(row)) for row in rows]

    hidden = {"_row_", "_part_"}
    assert engine.schema == schema
    for one, other in zip(made, found, strict=True):
        wanted = dict(zip(schema, other, strict=True))
        left, right = ({k: v for k, v in e.items() if k not in hidden} for e in (one, wanted))
        assert differences(left, right) == []


WORD_FOR_NUMBERS = {"step": "impute", "method": "constant", "columns": ["size"], "value": "none"}
ONE_ROW = [0, "train", None, None, None, None, None, -5.0, 3, None]


@PROFILE
@example(rows=[ONE_ROW], told=[WORD_FOR_NUMBERS], cut=False)
@given(tables(SMALL_WHOLES), recipes(FIT_STEPS), some.booleans())
def test_a_fitted_recipe_learns_nothing_anew(rows, told, cut):
    steps, _, _ = fits(rows, told)
    fewer = rows[: len(rows) // 2 + 1] if cut else rows

    again, _, _ = in_duckdb(fewer, [documents.written(step) for step in steps])

    assert again == steps


SPELLED = sorted({*ODD, *NUMERIC, *DATES, *MISSING, *(each.upper() for each in MISSING)})
AROUND = [("", ""), (" ", "\t"), ("\u00a0", "\ufeff"), ("_", ""), ("\u2003", "\x1f")]


def test_spark_trims_cells_and_reads_numbers_as_python_does(spark):
    """Spark's SQL of these two is its own, since they are most of what cleaning costs there."""
    cells = [f"{before}{text}{after}" for text in SPELLED for before, after in AROUND]
    cell = sql_values.clean("cell", SPARK)

    found = spark.ask(
        "values", cells=cells, expressions=[cell, sql_values.plain_number(cell, SPARK)]
    )["rows"]

    texts = [values.text_of(each) for each in cells]
    numbers = [values.number_of(each) for each in texts]
    assert [row[0] for row in found] == texts
    assert [row[1] for row in found] == [None if math.isnan(e) else e for e in numbers]


def test_spark_says_what_is_wrong(spark):
    told = [{"step": "leave_out", "columns": ["nowhere"]}]

    with pytest.raises(SparkFailedError, match="'nowhere', which is not there"):
        spark.ask("carry_out", schema=SCHEMA, rows=[[0] + [None] * 9], steps=told)
