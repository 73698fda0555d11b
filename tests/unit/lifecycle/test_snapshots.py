"""Which files belong to one write, and which of them a run may learn from."""

from __future__ import annotations

import pytest

from lifecycle.records import InputRecord, SnapshotRecord
from lifecycle.snapshots import (
    Snapshots,
    complete,
    folder_of,
    is_data,
    marked_folder,
    snapshot_folder,
    usable,
)
from tests.builders import input_record

FOLDER = "churn/data/day"


@pytest.mark.parametrize(
    "name",
    ["_SUCCESS", ".part-0000.crc", "_temporary/0/part-0", "day/", "day_$folder$", "_x/a.csv"],
)
def test_markers_and_hidden_objects_are_no_data(name: str) -> None:
    assert not is_data(f"churn/data/{name}")


@pytest.mark.parametrize("name", ["a.csv", "_year=2026/a.csv", "a_b/c.d.csv", "x_SUCCESS.csv"])
def test_other_objects_are_data(name: str) -> None:
    """A partition may begin with an underscore, as in Spark."""
    assert is_data(f"churn/data/{name}")


@pytest.mark.parametrize(
    "name",
    [
        "part-00000-9cd5b0d1-c000.snappy.parquet",
        "part-r-00001.gz",
        "part.3.parquet",
        "rows-0003-of-0010.csv",
        "rows_3_of_10.jsonl.zst",
        "unload0002_part_00.gz",
        "export-000000000007.csv",
        "data_0_1_0.csv.gz",
    ],
)
def test_names_of_parts_are_told(name: str) -> None:
    """Those that Spark, Dask, Redshift, BigQuery and Snowflake give."""
    assert snapshot_folder(f"{FOLDER}/{name}", "auto") == FOLDER


@pytest.mark.parametrize(
    "name", ["january.csv", "partners.csv", "20260203101112.csv", "rows-202602031011.csv", "3.csv"]
)
def test_a_lone_file_stands_by_itself(name: str) -> None:
    """Its run starts at once; in a folder that is being written to it does not."""
    assert snapshot_folder(f"{FOLDER}/{name}", "auto") is None
    assert snapshot_folder(f"{FOLDER}/{name}", "auto", [FOLDER]) == FOLDER
    assert snapshot_folder(f"{FOLDER}/{name}", "marker") == FOLDER
    assert snapshot_folder(f"{FOLDER}/{name}", "quiet") == "churn/data"
    assert snapshot_folder(f"{FOLDER}/{name}", "at_once", [FOLDER]) is None


def test_partitions_belong_to_the_folder_above_them() -> None:
    assert folder_of(f"{FOLDER}/year=2026/month=01/part-0.parquet") == FOLDER


def test_a_marker_closes_its_own_folder_and_temporary_objects_open_theirs() -> None:
    assert marked_folder(f"{FOLDER}/_SUCCESS") == FOLDER
    assert marked_folder("churn/data/_SUCCESS") == "churn/data"
    assert marked_folder(f"{FOLDER}/_temporary/0/task_1/part-0") == FOLDER
    assert marked_folder(f"{FOLDER}/part_SUCCESS") is None


def test_numbered_files_tell_by_themselves_that_all_are_there() -> None:
    """Another set beside them, or a number twice, does not help."""
    landed = [f"{FOLDER}/rows-{number}-of-3.csv" for number in (1, 2)]
    assert not complete(landed[0], [*landed, f"{FOLDER}/other-3-of-3.csv", landed[1]])
    assert complete(landed[0], [*landed, f"{FOLDER}/rows-3-of-3.csv"])
    assert not complete(f"{FOLDER}/part-0.csv", landed)


def _snapshots(*closed: str) -> Snapshots:
    rows = []
    for number, moment in enumerate(closed):
        row = SnapshotRecord(problem="churn", folder=FOLDER, number=number)
        rows.append(row.model_copy(update={"closed_at": moment}))
    return Snapshots("churn", rows)


def _input(name: str, at: str, snapshot: str | None = None, **changes: object) -> InputRecord:
    return input_record(name, at=at, snapshot=snapshot, **changes)


def test_inputs_of_an_open_snapshot_wait() -> None:
    part = _input("data/day/part-0.csv", "1", f"{FOLDER}#0")
    lone = _input("data/lone.csv", "1")

    assert usable([part, lone], _snapshots("")) == [lone]
    assert usable([part, lone], _snapshots()) == [lone]
    assert usable([part, lone], _snapshots("5", "")) == [part, lone]


def test_the_newest_snapshot_of_a_folder_takes_the_place_of_those_before_it() -> None:
    """A file by itself is a snapshot of one; streamed rows are replaced by no file."""
    old = _input("data/day/part-0.csv", "1", f"{FOLDER}#0")
    new = [_input(f"data/day/part-{number}.csv", "6", f"{FOLDER}#1") for number in (1, 2)]
    beside = _input("data/lone.csv", "2")
    streamed = _input("stream", "0", origin="stream")

    inputs = [old, *new, beside, streamed]
    assert usable(inputs, _snapshots("5", "9"), "folder") == [*new, beside, streamed]
    assert usable(inputs, _snapshots("5", "9"), "all") == [*new, streamed]
    assert usable(inputs, _snapshots("5", ""), "all") == [old, streamed]


@pytest.mark.parametrize("replace", ["none", "folder", "all"])
def test_nothing_that_waits_replaces_anything(replace: str) -> None:
    waiting = _input("data/day/part-1.csv", "6", f"{FOLDER}#1")
    lone = _input("data/day/lone.csv", "1")

    assert usable([waiting, lone], _snapshots("5", ""), replace) == [lone]  # type: ignore[arg-type]
