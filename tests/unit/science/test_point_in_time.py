"""Features as they were known: the newest that is not later than the row, and never a later one."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from science.faults import UnusableData
from science.point_in_time import Group, join
from science.tables import ingest

PROBLEM = {"target": "left", "columns": {"time": "at"}}
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)

keys = st.sampled_from(["a", "b", "c"])
hours = st.integers(0, 12)
records = st.lists(
    st.tuples(keys, hours, st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=20
)
questions = st.lists(st.tuples(keys, hours), min_size=1, max_size=8)
LIGHT = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def when(hour):
    return EPOCH + timedelta(hours=hour)


def iso(hour):
    return f"{when(hour):%Y-%m-%dT%H:%M:%S}.000Z"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("point-in-time")


def store(folder, told, name="store.parquet"):
    """Records (key, hour, call, write, deleted) as the offline store keeps them."""
    columns = {
        "record_id": pa.array([key for key, *_ in told], pa.string()),
        "event_time": pa.array([iso(hour) for _, hour, *_ in told], pa.string()),
        "total": pa.array([float(number) for number in range(len(told))], pa.float64()),
        "api_invocation_time": pa.array([when(call) for *_, call, _, _ in told], _TIME),
        "write_time": pa.array([when(write) for *_, write, _ in told], _TIME),
        "is_deleted": pa.array([deleted for *_, deleted in told], pa.bool_()),
    }
    parquet.write_table(pa.table(columns), folder / name)
    return [folder / name]


_TIME = pa.timestamp("ms", tz="UTC")


def rows(folder, asked, name="rows"):
    with (folder / f"{name}.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["customer", "at", "left"])
        lines.writerows([key, f"{when(hour):%Y-%m-%d %H:%M:%S}", "yes"] for key, hour in asked)
    ingest(folder / f"{name}.csv", f"{name}.csv", folder / f"{name}.parquet")
    return folder / f"{name}.parquet"


def given_to(folder, asked, told, **more):
    """What each row is given."""
    group = Group("orders", store(folder, told), on="customer", columns=["total"], **more)
    (path,), _ = join([rows(folder, asked)], [group], PROBLEM, folder / "joined")
    cells = parquet.ParquetFile(path).read().column("orders.total").to_pylist()
    return [None if cell is None else float(cell) for cell in cells]


def by_hand(asked, told, within=None):
    """The same by looking at every record for every row."""
    found = []
    for key, hour in asked:
        known = [
            (record[1], record[2], record[3], record[4], number)
            for number, record in enumerate(told)
            if record[0] == key and record[1] <= hour
        ]
        best = max(known, key=lambda record: record[:4], default=None)
        old = best is not None and within is not None and hour - best[0] > within
        found.append(None if best is None or best[3] or old else float(best[4]))
    return found


def unlike(told):
    """Without records that nothing tells apart: which of them counts is nobody's promise."""
    return list(dict.fromkeys(told))


@LIGHT
@given(questions, records, st.none() | hours)
def test_each_row_is_given_what_looking_at_every_record_gives(folder, asked, told, within):
    told = unlike(told)
    seconds = None if within is None else 3600 * within

    assert given_to(folder, asked, told, within=seconds) == by_hand(asked, told, within)


@LIGHT
@given(questions, records, records)
def test_no_record_of_the_future_changes_anything(folder, asked, told, later):
    """Whatever happens after the last row's time: new records, deletions, other orders."""
    last = max(hour for _, hour in asked)
    past = [record for record in unlike(told) if record[1] <= last]
    future = [(key, last + 1 + hour, *rest) for key, hour, *rest in later]

    assert given_to(folder, asked, past + future) == given_to(folder, asked, past)


@LIGHT
@given(questions, st.data())
def test_the_order_of_the_records_changes_nothing(folder, asked, data):
    told = [
        ("a", 1, 0, 0, False),
        ("a", 3, 0, 0, True),
        ("a", 3, 1, 0, False),
        ("b", 2, 1, 1, False),
    ]
    order = data.draw(st.permutations(range(4)))
    first, shuffled = given_to(folder, asked, told), [told[number] for number in order]
    numbers = dict(enumerate(order))

    again = given_to(folder, asked, shuffled)

    assert [None if at is None else float(numbers[int(at)]) for at in again] == first


def test_event_times_may_be_seconds_since_1970(tmp_path):
    """As a group of another system may have them: type Fractional."""
    columns = {
        "record_id": ["a"],
        "event_time": [when(2).timestamp() + 0.25],
        "total": [7.0],
        "api_invocation_time": pa.array([when(2)], _TIME),
        "write_time": pa.array([when(2)], _TIME),
        "is_deleted": [False],
    }
    parquet.write_table(pa.table(columns), tmp_path / "store.parquet")
    group = Group("orders", [tmp_path / "store.parquet"], on="customer")

    (path,), _ = join([rows(tmp_path, [("a", 2), ("a", 3)])], [group], PROBLEM, tmp_path / "out")

    cells = parquet.ParquetFile(path).read().column("orders.total").to_pylist()
    assert cells == [None, "7.0"]


def test_files_keep_their_rows_and_their_order(tmp_path):
    """So that what is known of a row by its place stays true."""
    first, second = rows(tmp_path, [("b", 5), ("a", 1)], "x"), rows(tmp_path, [("c", 4)], "y")
    group = Group("orders", store(tmp_path, [("a", 0, 0, 0, False)]), on="customer")

    written, joined = join([first, second], [group], PROBLEM, tmp_path / "out")

    tables = [parquet.ParquetFile(path).read().to_pydict() for path in written]
    assert [table["customer"] for table in tables] == [["b", "a"], ["c"]]
    assert [table["orders.total"] for table in tables] == [[None, "0.0"], [None]]
    assert joined == [
        {
            "problem": "orders",
            "on": "customer",
            "within": None,
            "columns": {"orders.total": {"name": "total", "type": "Fractional"}},
        }
    ]


def test_records_kept_by_the_hash_of_their_identifier_are_found_too(tmp_path):
    """As rows that another engine cleaned are kept."""
    import duckdb

    ((mark,),) = duckdb.sql("SELECT md5_number_lower('a')::VARCHAR").fetchall()

    found = given_to(tmp_path, [("a", 3), ("b", 3)], [(mark, 1, 0, 0, False)])

    assert found == [0.0, None]


def test_what_is_lacking_is_told_all_at_once(tmp_path):
    """With the columns that there are."""
    files = store(tmp_path, [("a", 0, 0, 0, False)])
    groups = [
        Group("orders", files, on="buyer"),
        Group("orders", files, on="customer", columns=["sum"]),
        Group("visits", [], on="customer"),
    ]

    with pytest.raises(UnusableData) as refused:
        join([rows(tmp_path, [("a", 1)])], groups, PROBLEM, tmp_path / "out")

    where = [fault.where for fault in refused.value.faults]
    assert where == ["features.join[0].on", "features.join[1].columns", "features.join[2]"]
    assert "orders has: total" in refused.value.faults[1].cure
