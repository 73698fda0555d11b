"""Small stretches of the stream become few files, and no row is missed or counted twice."""

import io

import pyarrow as pa
import pytest
from pyarrow import parquet

from gather_records import TOGETHER, due
from handle_gather_records import lambda_handler as gather_records
from lifecycle.snapshots import Snapshots, usable
from tests.builders import input_record, own_event, problem_record
from tests.fakes.crashing import CrashError, CrashPoints, crashing
from tests.integration.functions.world import World


def ingested():
    numbers = {"rows": 3, "columns": 1}
    data = {"problem": "churn", "origin": "stream", "source": "s", "uri": "s3://lake/churn/s"}
    return own_event("DataIngested", data | numbers)


def streaming(stretches):
    """A world of so many stretches of three rows each, every other with a column more."""
    world = World(problem_record())
    for number in range(stretches):
        add(world, number)
    return world


def add(world, number):
    name = f"stream/{number:05d}"
    row = input_record(name, origin="stream", rows=3, at=f"2026-02-03T10:{number:05d}")
    columns = {"n": [str(number * 3 + each) for each in range(3)]}
    columns |= {"more": ["x"] * 3} if number % 2 else {}
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out)
    world.objects.write(row.uri, out.getvalue())
    world.records.rows[row.key] = row.model_copy(update={"version": 1})


def learned(world):
    """The inputs that a run would learn from, and their rows."""
    inputs = [row for row in world.records.inputs("churn") if row.uri and row.rows]
    taken = usable(inputs, Snapshots("churn", ()))
    rows = [
        int(row["n"])
        for item in taken
        for row in parquet.read_table(io.BytesIO(world.objects.read(item.uri))).to_pylist()
    ]
    return taken, sorted(rows)


def test_few_stretches_stay_as_they_are():
    world = streaming(TOGETHER - 1)

    assert world.deliver(gather_records, ingested()) == []
    assert len(learned(world)[0]) == TOGETHER - 1


def test_fifty_become_one_with_the_same_rows():
    """The ones gathered are dropped from the record table after a while."""
    world = streaming(TOGETHER + 2)

    world.deliver(gather_records, ingested())

    taken, rows = learned(world)
    assert len(taken) == 3
    assert rows == list(range(3 * (TOGETHER + 2)))
    old = [row for row in world.records.inputs("churn") if row.gathered]
    assert len(old) == TOGETHER
    assert all(row.expires_at for row in old)


def test_gathered_ones_are_gathered_in_turn():
    """So that their number grows with the logarithm of the rows."""
    rows = [
        input_record(f"stream/{n}", origin="stream", level=1, rows=150) for n in range(TOGETHER)
    ]

    assert len(due(rows)) == TOGETHER
    assert due([*rows[1:], input_record("stream/low", origin="stream")]) == []


@pytest.mark.parametrize("survives", range(4))
def test_gathering_that_ends_anywhere_is_done_once(survives):
    world, event = streaming(TOGETHER), ingested()
    with pytest.raises(CrashError):
        gather_records.answer(event, crashing(world.ports, CrashPoints(survives)))

    world.deliver(gather_records, event)

    taken, rows = learned(world)
    assert (len(taken), rows) == (1, list(range(3 * TOGETHER)))
