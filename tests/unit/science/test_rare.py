"""Categories seen too rarely become one, and the recipe says so."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from science import features
from science.rare import FEWEST_OF_A_LEVEL, MANY_RARE, OTHER, Levels, grouped
from science.recipe.documents import parse
from science.recipe.row_engine import RowEngine
from science.recipe.statements import chain
from tests.unit.science.data_builders import prepared, read_json, table


def levels(often, rarely, rows=FEWEST_OF_A_LEVEL - 1):
    """So many frequent and so many rare levels."""
    counted = {f"often {at}": 50 for at in range(often)}
    counted |= {f"rarely {at}": rows for at in range(rarely)}
    return Levels(counted, {level: [level.upper()] for level in counted})


@pytest.mark.parametrize(
    ("found", "due"),
    [
        (levels(2, MANY_RARE), True),
        (levels(2, MANY_RARE - 1), False),
        (levels(1, 50), False),
        (levels(30, 40, FEWEST_OF_A_LEVEL), False),
    ],
    ids=["many rare ones", "few rare ones", "no others left", "none rare enough"],
)
def test_grouping_is_due_where_many_are_rare_beside_others(found, due):
    assert (grouped(found).other == OTHER) == due


def test_the_rare_ones_are_counted_together_in_their_place():
    found = grouped(levels(2, 15))

    assert found.counted == {OTHER: 60, "often 0": 50, "often 1": 50}
    assert found.kept == ["OFTEN 0", "OFTEN 1"]


def test_a_level_that_is_called_other_is_kept_as_it_is_spelled():
    found = levels(2, 15)
    found.counted[OTHER], found.spelled[OTHER] = 30, ["Other", "other"]

    assert grouped(found).kept == ["OFTEN 0", "OFTEN 1", "Other", "other"]
    assert grouped(found).counted[OTHER] == 90


def tailed():
    """A column of six towns and of many villages seen once or twice."""
    columns = table(600)
    rng = np.random.default_rng(5)
    villages = [f"village {at}" for at in range(60)]
    towns = [f"Town {at}" for at in range(6)]
    columns["city"] = [
        str(rng.choice(villages)) if rng.random() < 0.2 else str(rng.choice(towns))
        for _ in columns["city"]
    ]
    return columns


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The columns, and what was prepared of them."""
    columns = tailed()
    out, _ = prepared(tmp_path_factory.mktemp("rare"), columns)
    return columns, out


def step_of(out):
    (told,) = [
        each
        for each in read_json(out / "prepared/recipe.json")["steps"]
        if each["step"] == "rare_categories"
    ]
    return told


def test_the_recipe_and_the_report_name_the_step(made):
    _, out = made
    told = step_of(out)

    assert (told["columns"], told["into"]) == (["city"], OTHER)
    assert len(told["fitted"]["kept"]["city"]) < 20
    report = read_json(out / "reports/cleaning.json")
    assert "rare_categories" in [each["step"] for each in report["steps"]]
    assert "are categories" in (out / "reports/cleaning.html").read_text("utf-8")


def test_the_step_is_what_the_features_do(made):
    """In DuckDB, in the row engine, and where cells become features."""
    columns, out = made
    (step,) = parse([{key: v for key, v in step_of(out).items() if key not in DERIVED}])
    schema = {"_row_": "whole", "city": "text"}
    cells = [*columns["city"], "a village never seen", None]
    with duckdb.connect() as connection:
        connection.execute('CREATE TABLE rows ("_row_" BIGINT, city VARCHAR)')
        connection.executemany("INSERT INTO rows VALUES (?, ?)", [*enumerate(cells)])
        statement, _ = chain([step], schema, "rows")
        by_sql = [
            cell for _, cell in connection.execute(f'{statement} ORDER BY "_row_"').fetchall()
        ]
    engine = RowEngine([step], schema)

    by_row = [engine.row({"_row_": at, "city": cell})["city"] for at, cell in enumerate(cells)]

    assert by_sql == by_row
    assert by_sql[-2:] == [OTHER, None]
    document = read_json(out / "prepared/features.json")
    raw, grouped_cells = (
        features.apply(document, {"city": np.array(each, dtype=object)}) for each in (cells, by_row)
    )
    assert np.array_equal(raw, grouped_cells, equal_nan=True)


DERIVED = {"rows_before", "rows_after", "cells", "sql"}


def test_it_can_be_left_off(tmp_path):
    out, _ = prepared(tmp_path, tailed(), prepare={"rare_categories": "keep"})

    steps = [each["step"] for each in read_json(out / "prepared/recipe.json")["steps"]]
    (city,) = [
        each
        for each in read_json(out / "prepared/features.json")["columns"]
        if each["column"] == "city"
    ]
    assert "rare_categories" not in steps
    assert len(city["levels"]) > 40
