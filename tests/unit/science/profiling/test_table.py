"""The profile of a file that belongs to no problem."""

from __future__ import annotations

import json

import numpy as np
import pytest

from science import reports
from science.faults import UnusableData
from science.profiling import landed
from science.profiling.table import profile_file
from science.recipe import documents
from tests.unit.science.data_builders import table, write_csv


def by_name(told):
    """The columns' entries by name."""
    return {column["name"]: column for column in told["columns"]}


def of_kind(told, kind):
    """The findings of a kind."""
    return [each for each in told["insights"] if each["kind"] == kind]


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    """A table with one of everything that deserves a look, and its profile."""
    rng = np.random.default_rng(1)
    columns = table(rows=1500)
    rows = len(columns["age"])
    columns["leak"] = list(columns["left"])
    columns["amount"] = [
        f"{value:.2f}" for value in np.append(rng.normal(50, 5, rows - 20), [9e4] * 20)
    ]
    columns["days"] = [
        "-1" if value else str(day)
        for value, day in zip(rng.random(rows) < 0.6, rng.integers(1, 400, rows), strict=True)
    ]
    columns["oz"] = list(rng.choice(["12.0 oz", "12.0 oz.", "16 oz", "16-oz"], rows))
    columns["mostly"] = ["x" if value else "" for value in rng.random(rows) < 0.2]
    columns["weight"] = [str(value) for value in rng.integers(10_000, 99_999, rows)]
    columns["size"] = [f"{float(value) * 2:.1f}" for value in columns["weight"]]
    for name in columns:
        columns[name] += columns[name][:200]
    folder = tmp_path_factory.mktemp("dirty")
    return profile_file(write_csv(folder / "dirty.csv", columns), target="left"), columns


def test_figures_of_a_number_are_those_of_all_its_cells(dirty):
    told, columns = dirty
    known = np.array([float(cell) for cell in columns["amount"]])

    found = by_name(told)["amount"]

    assert found["numbers"]["mean"] == pytest.approx(known.mean())
    assert found["numbers"]["deviation"] == pytest.approx(known.std())
    assert found["numbers"]["quantiles"]["0.25"] == pytest.approx(np.quantile(known, 0.25))
    assert found["distinct"] == len(set(columns["amount"]))
    low, high = np.quantile(known, (0.05, 0.95))
    reach = 5 * np.clip(known, low, high).std()
    beyond = np.abs(known - np.median(known)) > reach
    assert found["outliers"]["rows"] == beyond.sum() >= 20


def test_missing_and_unreadable_cells_are_told_apart(dirty):
    told, columns = dirty

    found = by_name(told)["mostly"]

    assert found["missing"] == sum(cell == "" for cell in columns["mostly"])
    assert by_name(told)["age"]["missing"] == sum(c in {"", "NA", "?"} for c in columns["age"])


def test_levels_come_with_their_counts_and_shapes(dirty):
    told, columns = dirty

    found = by_name(told)["oz"]

    assert {each["value"]: each["rows"] for each in found["top"]} == {
        each: columns["oz"].count(each) for each in set(columns["oz"])
    }
    assert {each["shape"] for each in found["shapes"]} <= {"9.9 A", "9.9 A.", "9 A", "9-A"}


@pytest.mark.parametrize(
    ("kind", "severity", "column"),
    [
        ("target_leakage", "high", "leak"),
        ("duplicate_rows", "high", None),
        ("hidden_missing", "medium", "days"),
        ("spelling_variants", "medium", "oz"),
        ("mostly_missing", "medium", "mostly"),
        ("outliers", "medium", "amount"),
        ("same_columns", "low", "size"),
        ("codes", "low", "weight"),
        ("constant_columns", "low", "one"),
        ("often_missing", "low", "age"),
    ],
)
def test_what_deserves_a_look_is_found(dirty, kind, severity, column):
    told, _ = dirty

    found = of_kind(told, kind)

    assert found, kind
    assert found[0]["severity"] == severity
    assert column is None or any(column in each["columns"] for each in found)


def test_the_gravest_come_first(dirty):
    told, _ = dirty

    order = [("high", "medium", "low").index(each["severity"]) for each in told["insights"]]

    assert order == sorted(order)


def test_every_step_can_be_pasted_into_a_recipe(dirty):
    told, _ = dirty
    steps = [each["step"] for each in told["insights"] if each["step"]]

    assert len(documents.parse(steps)) == len(steps) >= 9


def test_rows_that_repeat_are_counted_and_shown(dirty):
    told, _ = dirty

    assert told["duplicates"]["rows"] == 200
    assert told["duplicates"]["most"][0]["rows"] == 2
    assert told["duplicates"]["most"][0]["first"] < 200


def test_the_document_is_json_and_its_page_opens_offline(dirty):
    told, _ = dirty
    page = reports.render("profile", told)

    json.dumps(told, allow_nan=False)

    assert "What deserves a look" in page
    assert "<script" not in page
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_without_a_target_nothing_is_said_of_one(tmp_path):
    told = profile_file(write_csv(tmp_path / "rows.csv", table()))

    assert told["task"] is None
    assert told["target"] is None
    assert told["quick_model"] is None
    assert not any(column["power"] for column in told["columns"])
    reports.render("profile", told)


def test_a_target_that_is_not_there_is_refused_with_the_columns_there_are(tmp_path):
    path = write_csv(tmp_path / "rows.csv", table())

    with pytest.raises(UnusableData, match="no column 'lft'") as refused:
        profile_file(path, target="lft")

    assert "did you mean 'left'" in refused.value.faults[0].cure


def test_a_target_that_cannot_be_learned_is_a_finding_not_a_failure(tmp_path):
    told = profile_file(write_csv(tmp_path / "rows.csv", table()), target="one")

    assert told["insights"][0]["kind"] == "target_unusable"
    assert told["insights"][0]["severity"] == "high"
    assert told["target"] is None


def test_rare_classes_and_imbalance_are_found(tmp_path):
    columns = table(rows=1500)
    columns["left"] = ["yes"] * 4 + ["no"] * 1496

    told = profile_file(write_csv(tmp_path / "rows.csv", columns), target="left")

    assert of_kind(told, "rare_classes")[0]["severity"] == "high"
    assert of_kind(told, "class_imbalance")[0]["severity"] == "high"


def test_outliers_of_a_target_of_numbers_are_found(tmp_path):
    columns = table(rows=1500)
    rng = np.random.default_rng(2)
    values = rng.normal(100, 10, 1500)
    values[7] = 9000
    columns["price"] = [f"{value:.3f}" for value in values]

    told = profile_file(write_csv(tmp_path / "rows.csv", columns), target="price")

    assert told["task"] == "regression"
    assert told["target"]["outliers"]["most"] == [{"row": 7, "value": 9000.0}]
    assert of_kind(told, "target_outliers")[0]["severity"] == "medium"


def test_a_large_file_read_by_types_gives_the_same_figures(tmp_path, monkeypatch):
    """Gaps and numbers that both readers understand are told the same."""
    rng = np.random.default_rng(3)
    rows = 3000
    columns = {
        "number": [f"{value:.3f}" if value > -1 else "" for value in rng.normal(size=rows)],
        "whole": [str(value) for value in rng.integers(0, 50, rows)],
        "level": list(rng.choice(["a", "b", "c"], rows)),
        "day": [f"2024-0{month}-11" for month in rng.integers(1, 9, rows)],
        "target": list(rng.choice(["yes", "no"], rows)),
    }
    path = write_csv(tmp_path / "rows.csv", columns)
    small = profile_file(path, target="target")
    monkeypatch.setattr(landed, "LARGE_BYTES", 0)

    large = profile_file(path, target="target")

    assert (small["read"], large["read"]) == ("texts", "types")
    assert large["task"] == small["task"]
    assert large["quick_model"]["rows"] == small["quick_model"]["rows"]
    for one, other in zip(small["columns"], large["columns"], strict=True):
        for key in ("name", "kind", "role", "present", "missing", "distinct", "top"):
            assert other[key] == one[key], (one["name"], key)
        for key in ("min", "max", "mean", "deviation", "zeros") if one["numbers"] else ():
            # Sums of floats depend on their order.
            assert other["numbers"][key] == pytest.approx(one["numbers"][key], rel=1e-12)


@pytest.mark.parametrize("large", [False, True])
def test_cells_that_no_formula_likes_do_no_harm(tmp_path, monkeypatch, large):
    """Huge numbers, one row's worth of a kind, empty columns, quotes in names."""
    monkeypatch.setattr(landed, "LARGE_BYTES", 0 if large else 10**9)
    columns = {
        'a "quoted" name': ["1e300", "-1e300", "5e-324", "0", "", "1"] * 10,
        "empty": [""] * 60,
        "evil": ["<img src=x>", "'; DROP TABLE cells; --", "é", "", " x ", "\u202e"] * 10,
        "target": ["yes", "no"] * 30,
    }

    told = profile_file(write_csv(tmp_path / "rows.csv", columns), target="target")

    json.dumps(told, allow_nan=False)
    assert "<img" not in reports.render("profile", told)
    assert by_name(told)["empty"]["kind"] == "empty"


def test_sampling_is_told_where_it_happened(tmp_path, monkeypatch):
    monkeypatch.setattr("science.profiling.table.SAMPLED", 500)
    path = write_csv(tmp_path / "rows.csv", table(rows=2000))

    told = profile_file(path, target="left")

    assert any("of 2,000 rows, drawn by a hash" in note for note in told["sampling"])
    assert profile_file(path, target="left")["quick_model"] == told["quick_model"]
