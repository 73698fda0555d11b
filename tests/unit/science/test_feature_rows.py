"""Cleaned rows as records: their identifier, their time, their place in the offline store."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from pyarrow import parquet

from science import cleaned
from science.database import connect
from science.feature_rows import definitions, read_records, write_newest, write_offline
from science.prepare import clean, prepare, prepare_cleaned
from science.tables import ingest
from tests import tables
from tests.builders import definition

ARRIVALS = ["2026-02-03T10:11:12Z", "2026-02-04T11:12:13.500Z"]
WRITTEN = "2026-02-05T00:00:00Z"
BEGAN = datetime(2025, 6, 1, 22, 59, tzinfo=UTC)


def rows_of(folder, files, extra):
    """The kept rows of some tables, and what is said of them."""
    inputs = []
    for number, table in enumerate(files):
        landed = folder / f"{number}.csv"
        landed.write_text(tables.to_csv(table))
        inputs.append(folder / f"{number}.parquet")
        ingest(landed, landed.name, inputs[-1])
    out = folder / "out"
    out.mkdir()
    prepare(inputs, definition(extra), out)
    problem = json.loads((out / "prepared" / "problem.json").read_text())
    return out / "rows" / "rows.parquet", problem["feature_store"]


@pytest.fixture
def dated(tmp_path):
    """Customers seen twice, a minute apart, in two files; the second time with another plan."""
    first = tables.customers(120)
    for number, row in enumerate(first):
        row["seen"] = f"{BEGAN + timedelta(minutes=number):%Y-%m-%d %H:%M:%S}"
    later = [row | {"seen": row["seen"].replace("2025", "2026"), "plan": "gold"} for row in first]
    del later[100:]
    extra = "columns: {id: customerID, time: seen}\n"
    return rows_of(tmp_path, [later, first], extra)


def test_a_late_record_keeps_its_event_time(dated, tmp_path):
    """The older rows came in the later file: they stand for the time that they tell."""
    rows, _ = dated

    files, count = write_offline(rows, tmp_path / "offline", ARRIVALS, WRITTEN, {})

    assert count == 220
    hours = [place for place, _ in files]
    assert hours[0] == "year=2025/month=06/day=01/hour=22/20250601T225900Z"
    assert hours[-1].startswith("year=2026/month=06/day=02/hour=00/20260602T003")
    assert len({place.rsplit("/", 1)[0] for place in hours}) == len(hours)
    times = parquet.ParquetFile(files[0][1]).read().column("event_time").to_pylist()
    assert times == ["2025-06-01T22:59:00.000Z"]


def test_the_newest_record_of_each_identifier_goes_online(dated, tmp_path):
    rows, _ = dated

    count = write_newest(rows, tmp_path / "newest.parquet", ARRIVALS, {})
    records = [each for some in read_records(tmp_path / "newest.parquet", 0, 50) for each in some]

    assert count == len(records) == 120
    seen = {record["record_id"]: record for record in records}
    assert seen["C7-00000"]["plan"] == "gold"
    assert seen["C7-00110"]["event_time"].startswith("2025-06-02")


def test_rows_without_a_time_stand_for_the_arrival_of_their_file(tmp_path):
    files = [tables.customers(60), tables.customers(60, seed=9)]
    rows, _ = rows_of(tmp_path, files, "columns: {id: customerID}\n")

    found, _ = write_offline(rows, tmp_path / "offline", ARRIVALS, WRITTEN, {})

    assert [place for place, _ in found] == [
        "year=2026/month=02/day=03/hour=10/20260203T101112Z",
        "year=2026/month=02/day=04/hour=11/20260204T111213Z",
    ]
    for (_, path), seed in zip(found, (7, 9), strict=True):
        names = parquet.ParquetFile(path).read().column("record_id").to_pylist()
        assert {name[:2] for name in names} == {f"C{seed}"}


def test_a_repeat_writes_the_same_files(dated, tmp_path):
    """Places and content: what is written twice is there once."""
    rows, _ = dated
    outcomes = []
    for name in ("once", "again"):
        found, _ = write_offline(rows, tmp_path / name, ARRIVALS, WRITTEN, {})
        outcomes.append([(place, path.read_bytes()) for place, path in found])

    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("extra", ["", "columns: {id: customerID}\n"])
def test_a_row_without_an_identifier_is_known_by_its_content(tmp_path, extra):
    """Two rows that say the same are one record; two that differ are two."""
    table = tables.customers(60)
    table[3]["customerID"] = table[4]["customerID"] = ""
    rows, _ = rows_of(tmp_path, [table], extra)

    identifiers = parquet.ParquetFile(rows).read().column("record_id").to_pylist()

    assert all(identifiers)
    assert len(set(identifiers)) == len(identifiers)
    assert ("C7-00000" in identifiers) == bool(extra)


def test_an_identifier_that_is_too_long_gives_way_to_its_fingerprint(tmp_path):
    table = tables.customers(60)
    table[0]["customerID"] = "x" * 3000
    rows, _ = rows_of(tmp_path, [table], "columns: {id: customerID}\n")

    identifiers = parquet.ParquetFile(rows).read().column("record_id").to_pylist()

    assert max(map(len, identifiers)) == 32


def test_what_is_kept_is_what_the_document_says(dated):
    """Every feature under its name and type, and the label besides."""
    rows, stored = dated

    assert dict(definitions(rows)) == {
        "label": "String",
        **{feature["name"]: feature["type"] for feature in stored["features"].values()},
    }


def test_missing_cells_are_left_out_and_numbers_are_read_as_they_were(tmp_path):
    table = tables.customers(60)
    table[0] |= {"age": "", "monthly": "0.1"}
    rows, _ = rows_of(tmp_path, [table], "columns: {id: customerID}\n")
    write_newest(rows, tmp_path / "newest.parquet", ARRIVALS, {})

    (record,) = next(read_records(tmp_path / "newest.parquet", 0, 1))

    assert "age" not in record
    assert float(record["monthly"]) == 0.1


def test_rows_that_were_cleaned_elsewhere_are_kept_too(tmp_path):
    """By the hash of their identifier, since that is what the other engine hands over."""
    landed = tmp_path / "rows.csv"
    landed.write_text(tables.to_csv(tables.customers(90)))
    ingest(landed, landed.name, tmp_path / "rows.parquet")
    problem = definition("columns: {id: customerID}\n")
    with connect() as connection:
        cleaned.write(clean(connection, [tmp_path / "rows.parquet"], problem), tmp_path)
        for relation in ("typed", "held"):
            (tmp_path / relation).mkdir()
            target = tmp_path / relation / "0.parquet"
            connection.execute(f"COPY {relation} TO '{target}' (FORMAT parquet)")
    out = tmp_path / "out"
    out.mkdir()

    prepare_cleaned(tmp_path, problem, out)

    stored = json.loads((out / "prepared" / "problem.json").read_text())["feature_store"]
    assert stored["hashed"]
    rows = out / "rows" / "rows.parquet"
    write_newest(rows, tmp_path / "newest.parquet", ARRIVALS, {})
    (first,) = next(read_records(tmp_path / "newest.parquet", 0, 1))
    assert first["event_time"] == "2026-02-04T11:12:13.500Z"
    assert first["since"].endswith("T00:00:00.000Z")
    assert first["label"] in {"Yes", "No"}
