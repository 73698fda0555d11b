"""The definition's own steps: done to what trains and to what is served alike."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from science import features, served_steps
from science.faults import UnusableData
from science.prepare import prepare
from science.recipe import documents
from tests.unit.science.data_builders import ingested, problem, read_json, table

STEPS = [
    {"step": "filter_rows", "column": "city", "test": "differs", "value": "town 7"},
    {"step": "normalise_text", "columns": ["plan"], "why": "PRO and pro are one plan."},
    {"step": "find_replace", "columns": ["city"], "find": "town ", "replace": "T"},
    {"step": "cast", "columns": ["age"], "to": "number"},
    {"step": "outliers", "columns": ["age"], "method": "quantile", "share": 0.05},
    {"step": "impute", "columns": ["age"], "method": "group", "group": "plan"},
    {"step": "rare_categories", "columns": ["city"], "share": 0.02},
    {"step": "missing_indicator", "columns": ["income"]},
    {"step": "date_parts", "columns": ["since"], "parts": ["month"]},
    {"step": "rename", "names": {"note": "remark"}},
    {"step": "leave_out", "columns": ["one"]},
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A table prepared with steps of its own; the folder and the raw columns."""
    folder = tmp_path_factory.mktemp("own")
    columns = table()
    definition = problem(prepare={"steps": STEPS}, features={"store": True})
    out = folder / "out"
    out.mkdir()
    prepare([ingested(folder, columns)], definition, out)
    return out, columns


def raw(columns, rows=None):
    """Rows as a caller sends them, without the target."""
    chosen = range(len(columns["age"])) if rows is None else rows
    return {
        name: np.array([cells[at] or None for at in chosen], dtype=object)
        for name, cells in columns.items()
        if name != "left"
    }


def parquet(path):
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT * FROM '{path}'").fetchnumpy()
        return np.column_stack([np.ma.filled(column, np.nan) for column in found.values()])


def in_order(matrix):
    return matrix[np.lexsort(np.nan_to_num(matrix.astype(np.float64), nan=-9e9).T)]


def test_what_is_served_is_encoded_as_what_was_trained(made):
    """Row by row: all rows that learn or validate are among the raw rows, encoded the same."""
    out, columns = made
    prepared, document = (read_json(out / f"prepared/{n}.json") for n in ("problem", "features"))

    served = features.apply(document, served_steps.stepped(prepared, raw(columns)))

    written = np.vstack(
        [parquet(out / f"prepared/{part}/{part}.parquet") for part in ("train", "validation")]
    )[:, 1:]
    known = {row.tobytes() for row in np.nan_to_num(served, nan=-9e9)}
    assert len(written) > 250
    assert all(row.tobytes() in known for row in np.nan_to_num(written, nan=-9e9))


def test_callers_send_the_columns_that_landed(made):
    out, columns = made
    prepared = read_json(out / "prepared/problem.json")
    names = {each["column"] for each in read_json(out / "prepared/features.json")["features"]}

    assert prepared["inputs"] == [name for name in columns if name != "left"]
    assert {"remark", "income_missing", "since_month"} <= names
    assert not {"note", "one"} & names


def test_rows_that_a_step_drops_are_in_no_part(made):
    out, columns = made
    summary = read_json(out / "prepared/summary.json")

    assert summary["rows_read"] == len(columns["city"]) - columns["city"].count("town 7")
    with duckdb.connect() as connection:
        path = out / "holdout/holdout.parquet"
        cities = connection.execute(f"SELECT DISTINCT city FROM '{path}'").fetchall()
        kept = connection.execute(f"SELECT count(*) FROM '{out}/rows/rows.parquet'").fetchall()
    assert ("town 7",) not in cities
    assert kept == [(summary["rows"],)]


def test_the_recipe_holds_the_steps_with_what_they_learned(made):
    out, _ = made
    recipe = read_json(out / "prepared/recipe.json")

    steps = documents.parse(recipe)

    kinds = [step.kind for step in steps]
    assert kinds[: len(STEPS) + 2] == ["unify_missing", "split", *(s["step"] for s in STEPS)]
    assert recipe["digest"] == documents.digest(steps)
    assert all(step.fitted is not None for step in steps if step.learns)


def test_the_recipe_as_one_statement_gives_the_rows_that_stay(made, tmp_path):
    """Executed over the landed texts, to all but the columns' encoding."""
    out, columns = made
    recipe = read_json(out / "prepared/recipe.json")
    landed = ingested(tmp_path, columns)

    from science.database import connect
    from science.recipe.duckdb_engine import DuckDBEngine

    with connect() as connection:
        connection.execute(
            f"CREATE TABLE rows AS SELECT row_number() OVER () - 1 AS \"_row_\", * FROM '{landed}'"
        )
        engine = DuckDBEngine(connection)
        counted = dict(engine.query(f'SELECT "_part_", count(*) FROM ({recipe["sql"]}) GROUP BY 1'))

    summary = read_json(out / "prepared/summary.json")
    for part in ("train", "validation", "holdout"):
        assert counted[part] == summary[f"{part}_rows"]


def test_only_rows_that_train_are_learned_from(tmp_path):
    """A value that occurs in held-out rows alone moves nothing."""
    columns = table()
    definition = problem(prepare={"steps": [STEPS[3], {"step": "standardise", "columns": ["age"]}]})
    fitted = []
    for name in ("as it is", "changed"):
        out = tmp_path / name
        out.mkdir()
        prepare([ingested(tmp_path, columns, name)], definition, out)
        recipe = documents.parse(read_json(out / "prepared/recipe.json"))
        fitted.append(next(step.fitted for step in recipe if step.kind == "standardise"))
        with duckdb.connect() as connection:
            path = out / "holdout/holdout.parquet"
            notes = connection.execute(f"SELECT note, city, income FROM '{path}'").fetchall()
        held = {tuple(cell or "" for cell in row) for row in notes}
        listed = zip(columns["note"], columns["city"], columns["income"], strict=True)
        rows = [at for at, row in enumerate(listed) if row in held]
        assert len(rows) > 30
        # A held-out row's part follows from its cells, so what is added must be held out as well:
        # the same rows once more are copies, and are left out.
        columns = {n: [*c, *(c[at] for at in rows)] for n, c in columns.items()}

    assert fitted[0] == fitted[1]


@pytest.mark.parametrize(
    ("step", "what", "where"),
    [
        ({"step": "trim", "columns": ["left"]}, "reads 'left', the target", "prepare.steps[0]"),
        (
            {"step": "impute", "columns": ["age"], "method": "group", "group": "left"},
            "reads 'left', the target",
            "prepare.steps[0]",
        ),
        (
            {"step": "trim", "columns": ["nowhere"]},
            "'nowhere', which is not there",
            "prepare.steps",
        ),
        ({"step": "split"}, "evaluate.holdout divides the rows", "prepare.steps[0]"),
        ({"step": "wash"}, "no step is called 'wash'", "prepare.steps[0].step"),
        ({"step": "rename", "names": {"age": "CITY"}}, "is there already", "prepare.steps"),
    ],
)
def test_steps_that_do_not_fit_are_refused_with_their_place(tmp_path, step, what, where):
    inputs = [ingested(tmp_path, table(60))]

    with pytest.raises(UnusableData) as caught:
        prepare(inputs, problem(prepare={"steps": [step]}), tmp_path)

    assert what in caught.value.faults[0].what
    assert caught.value.faults[0].where == where
