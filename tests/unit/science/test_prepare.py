"""From ingested files to all that training, judging and serving need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from science import features, prepare
from science.flow.reading import read
from tests.unit.science.data_builders import ingested, prepared, problem, read_json, table

if TYPE_CHECKING:
    from pathlib import Path


def rows_of(path: Path):
    """A Parquet file as a list of dictionaries, NaN-free."""
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT * FROM '{path}'")
        titles = [column[0] for column in found.description]
        return [dict(zip(titles, row, strict=True)) for row in found.fetchall()]


def matrix_of(path: Path):
    """A Parquet file of floats as a matrix."""
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT * FROM '{path}'").fetchnumpy()
        return np.column_stack([np.ma.filled(column, np.nan) for column in found.values()])


def cells_of(rows, names):
    """Rows as columns of raw cells."""
    return {name: np.array([row[name] for row in rows], dtype=object) for name in names}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A prepared table, the table itself, and the summary."""
    folder = tmp_path_factory.mktemp("made")
    columns = table()
    out, summary = prepared(folder, columns)
    return out, columns, summary


def test_every_file_is_written(made):
    out, _, _ = made

    written = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}

    assert written == {
        "prepared/train/train.parquet",
        "prepared/validation/validation.parquet",
        "holdout/holdout.parquet",
        "prepared/recipe.flow",
        *(
            f"prepared/{name}.json"
            for name in (
                *("problem", "recipe", "features", "summary"),
                *("statistics", "constraints", "baseline"),
            )
        ),
        *(
            f"reports/{name}.{kind}"
            for name in ("profile", "cleaning")
            for kind in ("json", "html")
        ),
    }


def test_label_comes_first_then_the_features_as_float32(made):
    out, _, summary = made
    path = out / "prepared/train/train.parquet"

    with duckdb.connect() as connection:
        described = connection.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()

    titles = features.names(read_json(out / "prepared/features.json"))
    assert [row[0] for row in described] == ["label", *titles]
    assert {row[1] for row in described} == {"FLOAT"}
    assert len(titles) == summary["features"]


def test_training_features_are_what_apply_gives_for_the_raw_rows(made):
    """Row by row: the endpoint encodes a raw record as training encoded it."""
    out, columns, _ = made
    document = read_json(out / "prepared/features.json")
    names = read_json(out / "prepared/problem.json")["inputs"]
    held = {tuple(row.values()) for row in rows_of(out / "holdout/holdout.parquet")}
    raw = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    learned = [row for row in raw if tuple(cell or None for cell in row.values()) not in held]

    encoded = features.apply(document, cells_of(learned, names))

    written = np.vstack(
        [matrix_of(out / f"prepared/{part}/{part}.parquet") for part in ("train", "validation")]
    )[:, 1:]
    assert encoded.shape == written.shape
    order, wanted = (
        np.lexsort(np.nan_to_num(each.astype(np.float64), nan=-9e9).T)
        for each in (encoded, written)
    )
    np.testing.assert_array_equal(encoded[order], written[wanted])


def test_the_held_out_rows_are_raw_and_in_no_other_part(made):
    out, columns, summary = made

    held = rows_of(out / "holdout/holdout.parquet")

    assert list(held[0]) == list(columns)
    assert any(str(row["income"]).startswith("$") for row in held)
    assert len(held) == summary["holdout_rows"]
    total = sum(summary[f"{part}_rows"] for part in ("train", "validation", "holdout"))
    assert total == summary["rows"] == 400


def test_the_problem_says_what_the_data_made_of_it(made):
    out, columns, _ = made

    found = read_json(out / "prepared/problem.json")

    assert found["task"] == "binary_classification"
    assert found["classes"] == ["no", "yes"]
    assert found["positive"] == "yes"
    assert found["inputs"] == [name for name in columns if name != "left"]
    assert found["target"] == "left"
    assert found["target_position"] == len(columns) - 1
    assert found["prepare"] == problem()["prepare"]


def test_reports_open_without_anything_else(made):
    out, _, _ = made

    for name in ("profile", "cleaning"):
        page = (out / f"reports/{name}.html").read_text(encoding="utf-8")
        assert page.startswith("<!doctype html>")
        assert "http" not in page.replace("http://www.w3.org", "")
        assert "income" in page


def test_the_same_files_give_the_same_bytes(made, tmp_path):
    out, columns, _ = made

    again, _ = prepared(tmp_path, columns)

    for name in ("prepared/features.json", "prepared/train/train.parquet", "reports/profile.json"):
        assert (again / name).read_bytes() == (out / name).read_bytes()


def test_a_row_stays_in_its_part_when_rows_are_added(made, tmp_path):
    out, columns, _ = made
    more = table(200, seed=2)
    grown = {name: columns[name] + more[name] for name in columns}

    again, _ = prepared(tmp_path, grown)

    before = {tuple(row.values()) for row in rows_of(out / "holdout/holdout.parquet")}
    after = {tuple(row.values()) for row in rows_of(again / "holdout/holdout.parquet")}
    assert before < after


def test_columns_may_come_and_go_between_files(tmp_path):
    first, second = table(300), table(300, seed=2)
    del second["income"]
    second["extra"] = second.pop("city")
    inputs = [ingested(tmp_path, first, "a"), ingested(tmp_path, second, "b")]
    out = tmp_path / "out"
    out.mkdir()

    made = prepare.prepare(inputs, problem(), out)

    assert made.summary["rows"] == 600
    assert made.summary["columns"] == 11
    assert read_json(out / "prepared/problem.json")["inputs"][-1] == "extra"


def test_copies_and_rows_without_a_target_are_left_out_and_counted(tmp_path):
    columns = table()
    doubled = {name: cells + cells[:50] for name, cells in columns.items()}
    doubled["left"][:10] = ["", "NA"] * 5

    _, summary = prepared(tmp_path, doubled)

    assert summary["rows_without_target"] == 10
    assert summary["duplicates"] == 40
    assert summary["rows"] == 400


def test_copies_stay_when_they_are_wanted(tmp_path):
    columns = {name: cells * 2 for name, cells in table().items()}

    out, summary = prepared(tmp_path, columns, prepare={"duplicates": "keep"})

    assert summary["rows"] == 800
    held = [tuple(row.values()) for row in rows_of(out / "holdout/holdout.parquet")]
    assert len(held) == 2 * len(set(held))


def test_the_newest_rows_are_held_out_by_time(tmp_path):
    columns = table()
    columns["since"] = [f"2024-{1 + i // 28 % 12:02d}-{1 + i % 28:02d}" for i in range(400)]
    columns["left"] = ["yes", "no"] * 200

    out, summary = prepared(tmp_path, columns, columns={"time": "Since"})

    held = {row["since"] for row in rows_of(out / "holdout/holdout.parquet")}
    assert min(held) > sorted(columns["since"])[int(400 * 0.8)]
    assert 55 <= summary["holdout_rows"] <= 65


def test_rows_of_one_identifier_lie_in_one_part(tmp_path):
    columns = table()
    columns["customer"] = [f"c{i // 4}" for i in range(400)]

    out, _ = prepared(tmp_path, columns, columns={"id": "customer"})

    counts: dict[str, int] = {}
    for row in rows_of(out / "holdout/holdout.parquet"):
        counts[row["customer"]] = counts.get(row["customer"], 0) + 1
    assert set(counts.values()) == {4}
    assert "customer" not in {
        each["column"] for each in read_json(out / "prepared/features.json")["columns"]
    }


def test_a_rare_class_lies_in_every_part(tmp_path):
    columns = table()
    columns["left"] = ["rare" if i % 40 == 0 else ("yes", "no")[i % 2] for i in range(400)]

    out, summary = prepared(tmp_path, columns)

    number = float(read_json(out / "prepared/problem.json")["classes"].index("rare"))
    for part in ("train", "validation"):
        assert (matrix_of(out / f"prepared/{part}/{part}.parquet")[:, 0] == number).sum() >= 3
    assert sum(row["left"] == "rare" for row in rows_of(out / "holdout/holdout.parquet")) >= 3
    assert any("few rows" in warning for warning in summary["warnings"])


def test_a_target_of_numbers_is_regression(tmp_path):
    columns = table()
    rng = np.random.default_rng(3)
    columns["left"] = [f"€ {value:,.2f}" for value in rng.normal(5000, 900, 400)]

    out, summary = prepared(tmp_path, columns)

    assert summary["task"] == "regression"
    assert read_json(out / "prepared/problem.json")["target_decimal"] == "."
    assert 4500 < matrix_of(out / "prepared/train/train.parquet")[:, 0].mean() < 5500


def test_a_column_that_gives_the_target_away_is_told_and_kept(tmp_path):
    columns = table()
    columns["refunded"] = ["1" if value == "yes" else "0" for value in columns["left"]]

    out, summary = prepared(tmp_path, columns)

    assert any("refunded" in warning for warning in summary["warnings"])
    assert not any("age alone" in warning for warning in summary["warnings"])
    assert "refunded" in {
        each["column"] for each in read_json(out / "prepared/features.json")["columns"]
    }


def test_excluded_constant_and_identifying_columns_are_no_features(tmp_path):
    columns = {"row_id": [str(i) for i in range(400)], **table()}

    out, _ = prepared(tmp_path, columns, columns={"exclude": ["City"]})

    kept = {each["column"] for each in read_json(out / "prepared/features.json")["columns"]}
    assert kept.isdisjoint({"row_id", "city", "one", "left"})
    notes = {each["name"]: each for each in read_json(out / "reports/cleaning.json")["columns"]}
    assert notes["row_id"]["role"] == notes["one"]["role"] == "dropped"
    assert notes["city"]["role"] == "excluded"


@pytest.mark.parametrize("missing", ["mean", "median", "mode"])
def test_gaps_are_filled_when_that_is_asked_for(tmp_path, missing):
    columns = table()
    del columns["note"]

    out, _ = prepared(tmp_path, columns, prepare={"missing": missing})

    assert not np.isnan(matrix_of(out / "prepared/train/train.parquet")).any()


def test_gaps_stay_gaps_by_default(made):
    out, _, _ = made

    assert np.isnan(matrix_of(out / "prepared/train/train.parquet")).any()


def test_rows_with_gaps_are_dropped_from_learning_alone(tmp_path):
    out, summary = prepared(tmp_path, table(), prepare={"missing": "drop"})

    assert summary["rows_left_out"]["missing"] > 50
    assert not np.isnan(matrix_of(out / "prepared/train/train.parquet")).any()
    assert any(None in row.values() for row in rows_of(out / "holdout/holdout.parquet"))


def test_outliers_are_clipped_or_dropped_as_asked(tmp_path):
    columns = table(3000)
    columns["age"][7] = "99999"
    clipped, dropped = tmp_path / "clip", tmp_path / "drop"
    clipped.mkdir()
    dropped.mkdir()

    out, _ = prepared(clipped, columns)
    _, summary = prepared(dropped, columns, prepare={"outliers": "drop"})

    encoders = {
        each["column"]: each for each in read_json(out / "prepared/features.json")["columns"]
    }
    assert encoders["age"]["clip"] is None or encoders["age"]["clip"][1] < 99999
    assert summary["rows_left_out"]["outliers"] >= 0
    assert summary["train_rows"] + summary["validation_rows"] + summary["holdout_rows"] == (
        3000 - summary["rows_left_out"]["outliers"]
    )


def test_names_that_sql_or_xgboost_could_stumble_over_are_no_trouble(tmp_path):
    columns = table()
    columns['it\'s "odd" [x] < y; --'] = columns.pop("age")
    columns["label"] = columns.pop("city")
    columns["part"] = columns.pop("since")
    columns["key"] = columns.pop("income")
    columns["Größe 尺寸"] = columns.pop("grade")

    out, _ = prepared(tmp_path, columns)

    titles = features.names(read_json(out / "prepared/features.json"))
    assert len({title.lower() for title in titles}) == len(titles)
    assert not any(mark in title for title in titles for mark in "[]<")


def test_hundreds_of_columns_are_no_trouble(tmp_path):
    rng = np.random.default_rng(5)
    columns = {f"c{i}": [f"{v:.3f}" for v in rng.normal(size=60)] for i in range(300)}
    columns["left"] = ["yes", "no"] * 30

    _, summary = prepared(tmp_path, columns)

    assert summary["features"] == 300


def test_the_recipe_lies_there_as_a_flow_too_and_reads_back(made):
    out, _, _ = made

    flow = read((out / "prepared/recipe.flow").read_bytes())

    left_out = read_json(out / "reports/cleaning.json")["flow_left_out"]
    assert {"drop_missing", "leave_out", "standardise"} <= {each["step"] for each in flow.steps}
    assert "split" in {each["step"] for each in left_out}
    assert all(each["why"] for each in left_out)
