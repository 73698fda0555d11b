"""What every record table promises, in memory and on DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from lifecycle.adapters.clients import client
from lifecycle.adapters.dynamodb_records import DynamodbRecords
from lifecycle.errors import (
    AlreadyRecordedError,
    ClaimedError,
    RecordMissingError,
    StaleRecordError,
)
from lifecycle.events import Fault
from lifecycle.given_up import given_up
from lifecycle.records import (
    AwaitedRecord,
    HistoryRecord,
    MonthRecord,
    ProblemRecord,
    Record,
    ShardRecord,
    SnapshotRecord,
    WatchRecord,
)
from lifecycle.stretches import stretch, stretch_after
from tests.builders import input_record, job_record, problem_record, run_record
from tests.fakes import FakeRecords

if TYPE_CHECKING:
    from lifecycle.ports import Records

TABLE = "baton-records"


@pytest.fixture
def records(side: str, request: pytest.FixtureRequest) -> Records:
    if side == "fake":
        return FakeRecords()
    request.getfixturevalue("aws")
    return DynamodbRecords(TABLE)


def history(event_id: str = "event", leg: str = "leg", **changes: object) -> HistoryRecord:
    row = HistoryRecord(
        event_id=event_id, leg=leg, heard="Heard", reason="because", at="2026-02-03T10:11:12.000Z"
    )
    return row.model_copy(update=changes)


ROWS: list[Record] = [
    problem_record("metric: {name: roc_auc, approve_at: 0.8}\nalerts: [a@example.com]"),
    run_record(cost_usd=0.125, tuned_score=0.9, stage="training"),
    input_record(rejected=(Fault(message="no", line=3, accepted=("a",)),)),
    job_record(detail={"key": "a b+ü.csv", "count": 3, "share": 0.25, "none": None}),
    ShardRecord(stream="rows", shard="shardId-000", sequence="49590338271490256608559692538361571"),
    stretch("rows", "shardId-000", "4959", "49590338271490256608559692538361571", "id"),
    given_up("start_run", '{"detail-type": "RunStarted"}', StaleRecordError("moved")),
    AwaitedRecord(problem="chrun", at="2026-02-03T10:11:12Z"),
    SnapshotRecord(problem="churn", folder="churn/data/a b#ü", number=3, files=2, opened_at="t"),
    WatchRecord(problem="churn", run="r", window_rows=12, drift_announced=True),
    MonthRecord(problem="churn", month="2026-02", usd=1.5),
]


@pytest.mark.parametrize("row", ROWS, ids=[row.kind for row in ROWS])
def test_a_row_comes_back_as_it_went_in_one_version_on(records: Records, row: Record) -> None:
    """Every kind of row survives the table, numbers, nothing and unicode included."""
    records.commit([row], history())
    assert records.get(row) == row.model_copy(update={"version": 1})


def test_a_row_that_was_never_written_is_not_there(records: Records) -> None:
    """Absence is None where it is normal, and an error where the queue should retry."""
    assert records.problem("churn") is None
    assert records.get(input_record()) is None
    assert records.history("event", "leg") is None
    with pytest.raises(RecordMissingError):
        records.run("churn", "run")
    with pytest.raises(RecordMissingError):
        records.job("training-job", "job")


def test_rows_are_found_by_what_names_them(records: Records) -> None:
    """Problems, runs and jobs are loaded by name."""
    rows = [problem_record(), run_record(), job_record()]
    records.commit(rows, history())
    run, job = rows[1], rows[2]
    problem = records.problem("churn")
    assert problem is not None
    assert problem.etag == "first"
    assert records.run("churn", run.run).key == run.key  # type: ignore[attr-defined]
    assert records.job("training-job", job.name).key == job.key  # type: ignore[attr-defined]


def test_inputs_are_those_of_one_problem(records: Records) -> None:
    """Inputs of other problems, and rows beside the inputs, are left out."""
    other = input_record("data/z.csv", problem="other")
    records.commit(
        [problem_record(), input_record("data/b.csv"), input_record("data/a.csv"), other], history()
    )
    assert [row.source for row in records.inputs("churn")] == [
        "churn/data/a.csv",
        "churn/data/b.csv",
    ]


def test_only_open_jobs_are_listed(records: Records) -> None:
    """A job leaves the list with its end."""
    records.commit([job_record(name="open"), job_record(name="ended", ended=True)], history())
    assert [job.name for job in records.open_jobs()] == ["open"]
    records.commit([records.open_jobs()[0].model_copy(update={"ended": True})], history("later"))
    assert records.open_jobs() == []


def test_problems_are_listed_by_name(records: Records) -> None:
    """All of them, wherever their other rows are."""
    rows = [problem_record(problem=name) for name in ("zebra", "ant")]
    records.commit([*rows, run_record()], history())
    assert [row.problem for row in records.problems()] == ["ant", "zebra"]


def test_recent_history_is_newest_first_and_bounded(records: Records) -> None:
    """What happened to a problem last; what happened to others is not in it."""
    for second in range(4):
        at = f"2026-02-03T10:11:1{second}.000Z"
        records.commit([], history(f"event-{second}", at=at, problem="churn"))
    records.commit([], history("elsewhere", problem="other"))
    found = records.recent_history("churn", 3)
    assert [row.event_id for row in found] == ["event-3", "event-2", "event-1"]


def test_an_event_is_recorded_once(records: Records) -> None:
    """The second commit for an event and leg writes nothing."""
    records.commit([], history())
    with pytest.raises(AlreadyRecordedError):
        records.commit([problem_record()], history())
    assert records.problem("churn") is None


def test_one_delivery_at_a_time_holds_a_claim(aws: object) -> None:
    """Until it gives up or its time is over. In memory, time is always over."""
    table = DynamodbRecords(TABLE)
    table.claim("event", "leg", 60)

    with pytest.raises(ClaimedError):
        table.claim("event", "leg", 60)
    table.claim("event", "other leg", 60)
    table.give_up("event", "leg")
    table.claim("event", "leg", -1)
    table.claim("event", "leg", 60)


def test_a_claim_that_is_written_again_is_no_other_deliverys(aws: object, monkeypatch: Any) -> None:
    """As botocore does where the first answer did not arrive in time."""
    table, dynamodb = DynamodbRecords(TABLE), client("dynamodb")
    monkeypatch.setattr(dynamodb, "put_item", twice(dynamodb.put_item))

    table.claim("event", "leg", 60)

    with pytest.raises(ClaimedError):
        table.claim("event", "leg", 60)


def twice(call: Any) -> Any:
    """Make a call that is sent again though it was carried out."""

    def called(**request: Any) -> Any:
        call(**request)
        return call(**request)

    return called


def test_two_legs_may_hear_the_same_event(records: Records) -> None:
    """History is kept for each leg by itself."""
    records.commit([], history(leg="one"))
    records.commit([], history(leg="two"))
    assert records.history("event", "one") is not None
    assert records.history("event", "two") is not None


def test_history_keeps_the_entries_it_announced(records: Records) -> None:
    """What is to be put on the bus again is exactly what was put first."""
    entry = {"Source": "baton", "DetailType": "ModelTrained", "Detail": '{"data":{"score":0.75}}'}
    row = history(announced=(entry,), calls=("sagemaker:CreateTrainingJob",), problem="churn")
    records.commit([], row)
    assert records.history("event", "leg") == row.model_copy(update={"version": 1})


def test_a_stale_row_is_refused_and_nothing_is_written(records: Records) -> None:
    """Rows and history are one transaction, guarded by every row's version."""
    records.commit([problem_record()], history("first"))
    fresh = records.problem("churn")
    assert fresh is not None
    records.commit([fresh.model_copy(update={"champion": "a"})], history("second"))
    with pytest.raises(StaleRecordError):
        records.commit([fresh.model_copy(update={"champion": "b"}), run_record()], history("third"))
    kept = records.problem("churn")
    assert kept is not None
    assert (kept.champion, kept.version) == ("a", 2)
    assert records.history("third", "leg") is None
    with pytest.raises(RecordMissingError):
        records.run("churn", run_record().run)


def test_a_row_cannot_be_made_twice(records: Records) -> None:
    """Version 0 means that the row must not be there."""
    records.commit([problem_record()], history("first"))
    with pytest.raises(StaleRecordError):
        records.commit([problem_record()], history("second"))


def test_an_absent_row_must_be_absent(records: Records) -> None:
    """A decision that rests on a row's absence is made anew when the row appears."""
    nobody = ProblemRecord(problem="churn", definition={})
    records.commit([input_record("data/a.csv")], history("first"), [nobody])
    records.commit([problem_record()], history("second"))
    with pytest.raises(StaleRecordError):
        records.commit([input_record("data/b.csv")], history("third"), [nobody])
    assert len(records.inputs("churn")) == 1


def test_an_event_recorded_meanwhile_outranks_a_stale_row(records: Records) -> None:
    """When both are true, the other delivery of the same event got there first."""
    records.commit([problem_record()], history())
    with pytest.raises(AlreadyRecordedError):
        records.commit([problem_record()], history())


def test_a_transaction_names_a_row_once(records: Records) -> None:
    """DynamoDB refuses a transaction with the same row in it twice; that is a fault of a leg."""
    with pytest.raises(ClientError):
        records.commit([problem_record(), problem_record()], history())


def test_snapshots_of_a_problem_are_listed_whole(records: Records) -> None:
    """Whatever their folder, and none of another problem; a number of many digits as well."""
    rows = [
        SnapshotRecord(problem=problem, folder=folder, number=number)
        for problem in ("churn", "churn-2")
        for folder in ("churn/data", "churn/data/" + "d" * 1000)
        for number in (0, 12)
    ]
    records.commit(rows, history())
    found = {(row.folder, row.number) for row in records.snapshots("churn")}
    assert found == {(row.folder, row.number) for row in rows[:4]}


def test_the_stretches_of_a_shard_are_listed_in_order(records: Records) -> None:
    """As numbers, not as texts; those of other shards are others' business."""
    shard = ShardRecord(stream="rows", shard="s1", sequence="8")
    rows = [*stretch_after(shard, "5", "9", "a"), *stretch_after(shard, "100", "120", "b")]
    rows += [stretch("rows", "s2", "1", "2", "c"), shard]
    records.commit(rows, history())

    found = records.stretches("rows", "s1")

    assert [(row.first, row.last) for row in found] == [("9", "9"), ("100", "120")]
    assert stretch_after(shard, "5", "8", "d") == ()


def test_a_note_is_written_whatever_is_there(records: Records) -> None:
    """It is nobody's ground for a decision."""
    row = given_up("start_run", "body", StaleRecordError("moved"))
    records.note(row)
    records.note(row.model_copy(update={"reason": "another"}))

    found = records.get(row)
    assert found is not None
    assert found.reason == "another"
