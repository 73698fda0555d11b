"""Model Monitor's three files, in its forms."""

from __future__ import annotations

import json

import numpy as np
import pytest

from science.monitor_files import baseline_files, constraints, statistics, violations
from science.sketch import Sketch

GENERATOR = np.random.default_rng(0)
ROWS = 2000
COLUMNS = {
    "amount": GENERATOR.exponential(100, ROWS).round(2),
    "visits": GENERATOR.integers(0, 9, ROWS).astype(float),
    "region": GENERATOR.choice(np.array(["eu", "us"], dtype=object), ROWS),
    "surname": np.array([f"n{n}" for n in GENERATOR.integers(0, 90, ROWS)], dtype=object),
}
SCHEMA = [
    {"name": "amount", "kind": "number"},
    {"name": "visits", "kind": "number"},
    {"name": "region", "kind": "category"},
    {"name": "surname", "kind": "category"},
]
FILES = baseline_files(COLUMNS, SCHEMA)
BASELINE = Sketch.from_json(json.dumps(FILES["baseline.json"]))


def feature(document: dict, name: str) -> dict:
    return next(entry for entry in document["features"] if entry["name"] == name)


def test_the_training_data_has_three_files():
    """All of them are JSON without NaN."""
    assert set(FILES) == {"baseline.json", "statistics.json", "constraints.json"}
    json.dumps(FILES, allow_nan=False)


def test_statistics_of_numbers():
    """Moments are those of the rows; types are told apart."""
    document = FILES["statistics.json"]
    found = feature(document, "amount")["numerical_statistics"]

    assert document["dataset"] == {"item_count": ROWS}
    assert found["common"] == {"num_present": ROWS, "num_missing": 0}
    assert found["mean"] == pytest.approx(COLUMNS["amount"].mean())
    assert found["std_dev"] == pytest.approx(COLUMNS["amount"].std())
    assert found["max"] == COLUMNS["amount"].max()
    assert feature(document, "amount")["inferred_type"] == "Fractional"
    assert feature(document, "visits")["inferred_type"] == "Integral"


def test_the_quantile_sketch_weighs_every_row():
    """Ten buckets and a sketch whose items of level h stand for 2^h rows."""
    kll = feature(FILES["statistics.json"], "amount")["numerical_statistics"]["distribution"]["kll"]
    weight = sum(len(items) << level for level, items in enumerate(kll["sketch"]["data"]))

    assert len(kll["buckets"]) == 10
    assert sum(bucket["count"] for bucket in kll["buckets"]) == ROWS
    assert weight == ROWS
    exact = np.histogram(COLUMNS["amount"], 10)[0]
    assert [b["count"] for b in kll["buckets"]] == pytest.approx(exact, abs=0.03 * ROWS)


def test_statistics_of_texts():
    """Levels with their counts."""
    found = feature(FILES["statistics.json"], "region")["string_statistics"]
    buckets = found["distribution"]["categorical"]["buckets"]

    assert found["distinct_count"] == 2
    assert sum(bucket["count"] for bucket in buckets) == ROWS


def test_constraints_are_what_the_training_data_suggests():
    """Signs, completeness, and the categories of a column that has seen all of them."""
    document = FILES["constraints.json"]

    assert feature(document, "amount")["num_constraints"] == {"is_non_negative": True}
    assert feature(document, "region")["completeness"] == 1.0
    assert sorted(feature(document, "region")["string_constraints"]["domains"]) == ["eu", "us"]
    assert (
        document["monitoring_config"]["distribution_constraints"]["comparison_method"] == "Robust"
    )


def test_a_column_with_categories_of_a_single_row_is_held_to_no_list():
    """Where rare ones come one by one, others will come."""
    names = np.array([f"n{number % 60}" for number in range(300)] + ["once"], dtype=object)
    sketch = Sketch.baseline({"x": names}, [{"name": "x", "kind": "category"}])

    assert "string_constraints" not in constraints(sketch)["features"][0]


def window(**changes: np.ndarray) -> Sketch:
    columns = {name: column[:500] for name, column in COLUMNS.items()}
    return Sketch.from_columns(BASELINE, columns | changes)


def checks(sketch: Sketch, seen: list[str] | None = None) -> set[tuple[str, str]]:
    found = violations(FILES["constraints.json"], BASELINE, sketch, seen=seen)["violations"]
    assert all(set(v) == {"feature_name", "constraint_check_type", "description"} for v in found)
    return {(v["feature_name"], v["constraint_check_type"]) for v in found}


def test_rows_of_the_same_kind_break_nothing():
    """Not even chance in five hundred rows."""
    assert checks(window(), list(COLUMNS)) == set()


def test_each_check_finds_its_own():
    """Types, completeness, categories, distribution, and columns that come or go."""
    words = np.array(["12.5", "none of it"] * 250, dtype=object)
    holes = np.array(["eu", None] * 250, dtype=object)
    strange = np.array(["eu", "us", "mars", "eu", "us"] * 100, dtype=object)

    assert ("amount", "data_type_check") in checks(window(amount=words))
    assert ("visits", "data_type_check") in checks(window(visits=COLUMNS["visits"][:500] + 0.5))
    assert ("region", "completeness_check") in checks(window(region=holes))
    assert ("region", "categorical_values_check") in checks(window(region=strange))
    assert ("amount", "baseline_drift_check") in checks(window(amount=COLUMNS["amount"][:500] * 3))
    assert checks(window(), ["amount", "visits", "region", "extra"]) == {
        ("surname", "missing_column_check"),
        ("extra", "extra_column_check"),
    }


def test_the_text_of_a_drift_says_distance_and_threshold():
    """Readers of Model Monitor's files look for these words."""
    sketch = window(amount=COLUMNS["amount"][:500] * 3)
    found = violations(FILES["constraints.json"], BASELINE, sketch)["violations"]

    assert "distance: " in found[0]["description"]
    assert "exceeds threshold: " in found[0]["description"]


def test_traffic_has_statistics_of_the_same_form():
    """Whatever was counted over the baseline's bins."""
    document = statistics(window())

    assert document["dataset"]["item_count"] == 500
    assert [entry["name"] for entry in document["features"]] == list(COLUMNS)


def test_a_column_without_values_is_unknown():
    """Nothing fails over an empty column."""
    sketch = Sketch.from_columns(BASELINE, {"amount": np.full(60, np.nan)})
    found = feature(statistics(sketch), "amount")

    assert found["inferred_type"] == "Unknown"
    assert found["numerical_statistics"]["distribution"]["kll"]["buckets"] == []
