"""Small tables for tests of preparing, as Parquet files of texts."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np

from science import prepare
from science.tables import ingest

if TYPE_CHECKING:
    from pathlib import Path

PROBLEM = {
    "name": "churn",
    "target": "left",
    "columns": {"id": None, "time": None, "exclude": [], "sensitive": []},
    "prepare": {
        "missing": "auto",
        "duplicates": "drop",
        "outliers": "clip",
        "text": "tokenize",
        "scale": "standardize",
    },
    "evaluate": {"holdout": 0.15},
    "features": {"store": False},
}

WORDS = [
    "slow",
    "answer",
    "broken",
    "late",
    "refund",
    "friendly",
    "quick",
    "fine",
    "good",
    "parcel",
    "price",
    "again",
]


def problem(**changes):
    """The definition, with parts of it changed."""
    merged = dict(PROBLEM)
    for key, value in changes.items():
        merged[key] = {**merged[key], **value} if isinstance(merged.get(key), dict) else value
    return merged


def table(rows=400, seed=1):
    """Columns of every kind, with gaps, and a target that follows from some of them."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, rows)
    plan = rng.choice(["basic", "plus", "PRO "], rows)
    left = (age > 50) ^ (rng.random(rows) < 0.2)
    columns = {
        "age": [str(value) for value in age],
        "income": [f"${value:,.2f}" for value in rng.lognormal(10, 1, rows)],
        "plan": list(plan),
        "city": [f"town {value}" for value in rng.integers(0, 40, rows)],
        "member": list(rng.choice(["yes", "no"], rows)),
        "grade": list(rng.choice(["low", "medium", "high"], rows)),
        "since": [f"20{y:02d}-{m:02d}-15" for y, m in rng.integers(1, 13, (rows, 2))],
        "note": [" ".join(rng.choice(WORDS, 8)) for _ in range(rows)],
        "one": ["1"] * rows,
        "left": ["yes" if value else "no" for value in left],
    }
    for name in ("age", "income", "plan", "member", "grade", "since", "note"):
        for at in np.flatnonzero(rng.random(rows) < 0.06):
            columns[name][at] = ["", "NA", "?"][at % 3]
    return columns


def write_csv(path: Path, columns):
    """Columns as a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def ingested(folder: Path, columns, name="rows"):
    """Columns as an ingested file."""
    out = folder / f"{name}.parquet"
    ingest(write_csv(folder / f"{name}.csv", columns), f"{name}.csv", out)
    return out


def read_json(path: Path):
    """A JSON document."""
    return json.loads(path.read_text(encoding="utf-8"))


def prepared(folder, cells, /, **changes):
    """Prepare a table; the output folder and the summary."""
    out = folder / "out"
    out.mkdir()
    made = prepare.prepare([ingested(folder, cells)], problem(**changes), out)
    return out, made.summary
