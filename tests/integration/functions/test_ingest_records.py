"""Stretches of the stream become rows, each once, however they are delivered."""

import base64
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from handle_define_problem import lambda_handler as define_problem
from handle_ingest_files import lambda_handler as ingest_files
from handle_ingest_records import take_in
from handle_start_run import lambda_handler as start_run
from lifecycle.records import InputRecord, ShardRecord
from tests.builders import object_created, problem_record
from tests.fakes.crashing import CrashError, CrashPoints, crashing
from tests.integration.functions.world import World

ARN = "arn:aws:kinesis:eu-west-1:111122223333:stream/baton-records"
PARENT, CHILD = "shardId-000000000000", "shardId-000000000007"
MOST = 40


def record(sequence, content, shard=PARENT):
    """As Lambda passes it on; sequence numbers grow, with gaps."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return {
        "eventID": f"{shard}:{sequence * 17}",
        "eventSourceARN": ARN,
        "kinesis": {
            "sequenceNumber": str(sequence * 17),
            "data": base64.b64encode(raw).decode(),
            "approximateArrivalTimestamp": 1770113472.1,
        },
    }


def row(number, problem="churn"):
    return {"problem": problem, "record": {"n": number, "note": f"row {number}"}}


def batch(first, last, shard=PARENT):
    """Records first to last, every seventh of them poison, and two problems in turn."""
    return [
        record(n, b"poison" if n % 7 == 0 else row(n, "fraud" if n % 3 == 0 else "churn"), shard)
        for n in range(first, last + 1)
    ]


def rows_of(world, problem):
    """All rows that the recorded inputs hold."""
    found = []
    for item in world.records.inputs(problem):
        if item.uri:
            table = parquet.read_table(io.BytesIO(world.objects.read(item.uri)))
            assert table.num_rows == item.rows
            found += [int(each["n"]) for each in table.to_pylist()]
    return sorted(found)


def poisoned(world):
    """Sequence numbers of the records that were told to be set aside."""
    uris = [
        envelope["detail"]["data"]["quarantine_uri"]
        for envelope in world.bus.envelopes
        if envelope["detail-type"] == "DataRejected"
    ]
    lines = [line for uri in set(uris) for line in world.objects.read(uri).splitlines()]
    return sorted(int(json.loads(line)["sequenceNumber"]) // 17 for line in lines)


def of(problem, last=MOST):
    wanted = [n for n in range(1, last + 1) if n % 7]
    return [n for n in wanted if (n % 3 == 0) == (problem == "fraud")]


@pytest.fixture
def world():
    return defined()


def defined():
    return World(problem_record(), problem_record(problem="fraud"))


deliveries = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 15), st.one_of(st.none(), st.integers(0, 14))),
    max_size=6,
)


@given(deliveries)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_delivery_loses_or_doubles_a_record(steps):
    """Batches overlap those before by any number, end early at any step, and come again.

    As from Lambda: none begins beyond what was acknowledged, so that none leaves a gap.
    """
    world = defined()
    acknowledged = 0
    for overlap, length, survives in steps:
        first = max(1, acknowledged + 1 - overlap)
        last = min(first + length, MOST)
        try:
            points = CrashPoints(survives if survives is not None else 1000)
            take_in(batch(first, last), crashing(world.ports, points))
        except CrashError:
            continue
        acknowledged = max(acknowledged, last)
    take_in(batch(max(1, acknowledged), MOST), world.ports)
    take_in(batch(1, MOST), world.ports)

    assert rows_of(world, "churn") == of("churn")
    assert rows_of(world, "fraud") == of("fraud")
    assert poisoned(world) == [n for n in range(1, MOST + 1) if n % 7 == 0]


@pytest.mark.parametrize("survives", range(12))
def test_a_batch_that_ends_anywhere_and_comes_again_is_told_once(survives):
    """The same events, with the same ids, also when it ended before they were said."""
    world, undisturbed = defined(), defined()
    take_in(batch(1, 20), undisturbed.ports)
    points = CrashPoints(survives)
    with pytest.raises(CrashError):
        take_in(batch(1, 20), crashing(world.ports, points))
    take_in(batch(1, 20), world.ports)
    take_in(batch(1, 20), world.ports)

    ids = {(item["detail-type"], item["id"]) for item in world.bus.envelopes}
    assert ids == {(item["detail-type"], item["id"]) for item in undisturbed.bus.envelopes}
    assert sorted(world.objects.bodies) == sorted(undisturbed.objects.bodies)


def test_a_shard_that_was_split_is_followed_by_its_children(world):
    """Each shard has a mark of its own; the parent may come again after its child."""
    take_in(batch(1, 10), world.ports)
    take_in(batch(11, 20, CHILD), world.ports)
    take_in(batch(5, 10), world.ports)
    take_in(batch(11, 20, CHILD), world.ports)

    assert rows_of(world, "churn") == of("churn", 20)
    marks = [item for item in world.records.rows.values() if isinstance(item, ShardRecord)]
    assert {item.shard: int(item.sequence) for item in marks} == {PARENT: 170, CHILD: 340}


def test_late_and_out_of_order_rows_keep_their_event_time(world):
    """Rows are kept as they came; when they arrived is told by the archive, and is no column."""
    times = ["2026-02-03T10:00:02Z", "2026-02-03T10:00:01Z", "2025-12-31T23:59:59Z"]
    take_in(
        [
            record(n, {"problem": "churn", "record": {"at": time}})
            for n, time in enumerate(times, 1)
        ],
        world.ports,
    )

    (item,) = world.records.inputs("churn")
    table = parquet.read_table(io.BytesIO(world.objects.read(item.uri)))
    assert table.to_pydict() == {"at": times}


def defining(world, name):
    key = f"{name}/problem.yaml"
    world.land(key, f"name: {name}\ntarget: note\ndata: {{minimum_rows: 5}}\n".encode())
    return world.deliver(define_problem, object_created(key))


def test_records_of_a_problem_that_was_never_defined_wait_and_are_told_of_once():
    """In the bucket that users write to; its definition takes them up, and a run starts."""
    world = World()
    for first in (1, 11):
        take_in([record(n, row(n, "chrun")) for n in range(first, first + 10)], world.ports)
        take_in([record(n, row(n, "chrun")) for n in range(first, first + 10)], world.ports)

    said = {(item["id"], item["detail-type"]) for item in world.bus.envelopes}
    assert [name for _, name in said] == ["ProblemAwaited"]
    assert {uri.split("/")[2] for uri in world.objects.bodies} == {"landing"}

    defining(world, "chrun")
    (definition,) = (e for e in world.bus.envelopes if e["detail-type"] == "ProblemDefined")
    before = len(world.bus.envelopes)
    world.deliver(ingest_files, definition)
    released = {item["id"]: item for item in world.bus.envelopes[before:]}
    for event in released.values():
        ((name, data),) = world.deliver(ingest_files, event)
        assert (name, data["origin"], data["snapshot"]) == ("DataIngested", "stream", None)
        assert world.deliver(ingest_files, event) == []

    assert rows_of(world, "chrun") == list(range(1, 21))
    said = world.deliver(start_run, world.bus.envelopes[-1])
    assert [(name, data["rows"]) for name, data in said[:1]] == [("RunStarted", 20)]


def test_a_definition_that_lands_meanwhile_leaves_nothing_waiting():
    """The waiting row rests on there being no problem; if there is one by then, it is made anew."""
    world = World()

    class Racing(type(world.records)):
        raced = False

        def commit(self, rows, history, absent=()):
            rows, absent = list(rows), list(absent)
            if absent and not self.raced:
                self.raced = True
                defined_now = problem_record(problem="chrun")
                self.rows[defined_now.key] = defined_now.model_copy(update={"version": 1})
            super().commit(rows, history, absent)

    world.records.__class__ = Racing
    take_in([record(n, row(n, "chrun")) for n in range(1, 4)], world.ports)

    (item,) = (r for r in world.records.rows.values() if isinstance(r, InputRecord))
    assert not item.waiting
    assert rows_of(world, "chrun") == [1, 2, 3]
