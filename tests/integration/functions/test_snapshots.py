"""Files of one write are learned from together: once, and whole."""

import json

import pytest

from close_snapshot import Folder, decide_settled
from handle_close_snapshot import lambda_handler as close_snapshot
from handle_define_problem import lambda_handler as define_problem
from handle_ingest_files import lambda_handler as ingest_files
from handle_start_run import lambda_handler as start_run
from lifecycle.cause import parse_cause
from lifecycle.records import SnapshotRecord
from tests.builders import object_created, problem_record
from tests.integration.functions.world import World

DAY = "churn/data/2026-02-03"
DEFINITION = "name: churn\ntarget: Churn\n"


class Drops(World):
    """Lets every leg that hears of a snapshot answer, in the order of the events."""

    def __init__(self, *rows):
        super().__init__(*rows)
        self.seen = 0

    def drop(self, key, rows=600):
        """Land a table of so many rows and let it be read; what was said on the bus."""
        self.put(key, rows)
        return self.hear(key)

    def put(self, key, rows=600):
        lines = [f"{number},{'Yes' if number % 2 else 'No'}" for number in range(rows)]
        self.land(key, "\n".join(["age,Churn", *lines]).encode())

    def hear(self, key):
        self.deliver(ingest_files, object_created(key))
        return self.follow()

    def mark(self, key):
        self.land(key, b"")
        self.deliver(ingest_files, object_created(key))
        self.deliver(close_snapshot, object_created(key))
        return self.follow()

    def follow(self):
        """Route what was said to the two legs, until they have nothing more to say."""
        first = self.seen
        while self.seen < len(self.bus.envelopes):
            event = self.bus.envelopes[self.seen]
            self.seen += 1
            name, data = event["detail-type"], event["detail"]["data"]
            if name in {"DataIngested", "DataRejected"} and data["snapshot"]:
                self.deliver(close_snapshot, event)
            if name in {"DataIngested", "DataRejected", "SnapshotClosed", "ProblemDefined"}:
                self.deliver(start_run, event)
            if name in {"ProblemDefined", "WaitingDataReleased"}:
                self.deliver(ingest_files, event)
        said = self.bus.envelopes[first:]
        return [(item["detail-type"], item["detail"]["data"]) for item in said]

    def timers(self):
        """The messages that SQS holds back, with their delays."""
        return [
            (request["DelaySeconds"], json.loads(request["MessageBody"]))
            for operation, request in self.api.done
            if operation == "SendMessage"
        ]

    def ring(self, envelope):
        self.deliver(close_snapshot, envelope)
        return self.follow()


@pytest.fixture
def drops():
    return Drops(problem_record())


def names(said):
    return [name for name, _ in said]


def test_a_lone_file_starts_a_run_at_once(drops):
    assert names(drops.drop("churn/data/january.csv")) == ["DataIngested", "RunStarted"]
    assert drops.timers() == []


def test_parts_wait_for_their_marker_and_count_once(drops):
    """The run learns from all of them; the marker again changes nothing."""
    for number in range(3):
        assert names(drops.drop(f"{DAY}/part-0000{number}-a.csv")) == ["DataIngested"]

    said = dict(drops.mark(f"{DAY}/_SUCCESS"))

    assert said["SnapshotClosed"] == {
        "problem": "churn",
        "run": None,
        "snapshot": f"{DAY}#0",
        "by": "marker",
        "files": 3,
        "rows": 1800,
        "rejected": 0,
    }
    assert (said["RunStarted"]["inputs"], said["RunStarted"]["rows"]) == (3, 1800)
    assert drops.mark(f"{DAY}/_SUCCESS") == []


def test_a_marker_that_outruns_its_files_waits_for_the_last_of_them(drops):
    """The marker is small and is heard first; the files have landed and are still being read."""
    keys = [f"{DAY}/part-{number}.csv" for number in range(3)]
    for key in keys:
        drops.put(key)

    assert drops.mark(f"{DAY}/_SUCCESS") == []
    assert names(drops.hear(keys[1])) == ["DataIngested"]
    assert names(drops.hear(keys[0])) == ["DataIngested"]
    assert names(drops.hear(keys[2])) == ["DataIngested", "SnapshotClosed", "RunStarted"]


def test_without_a_marker_the_quiet_closes_it(drops):
    """Only the last file's period finds that nothing came since."""
    drops.drop(f"{DAY}/part-0.csv")
    drops.drop(f"{DAY}/part-1.csv")
    (first_delay, first), (_, second) = drops.timers()

    assert first_delay == 60
    assert drops.ring(first) == []
    assert names(drops.ring(second)) == ["SnapshotClosed", "RunStarted"]
    assert drops.ring(second) == []


def test_a_period_that_is_counted_anew_is_not_taken_for_the_one_before(drops):
    """Two files are settled at once: one of the decisions is made anew, with a higher count."""
    drops.put(f"{DAY}/part-0.csv")
    drops.deliver(ingest_files, object_created(f"{DAY}/part-0.csv"))
    (event,) = drops.bus.envelopes
    row = SnapshotRecord(problem="churn", folder=DAY)
    folder = Folder([], [], [])
    setting = {"close": "quiet", "quiet": "2s"}
    ids = set()
    for settled in (0, 1):
        counted = row.model_copy(update={"settled": settled})
        (call,) = decide_settled(
            parse_cause(event), counted, folder, setting, drops.ports.settings
        ).calls
        ids.add(json.loads(call.request["MessageBody"])["id"])

    assert len(ids) == 2


def test_a_file_that_is_still_being_read_keeps_the_snapshot_open(drops):
    drops.drop(f"{DAY}/part-0.csv")
    drops.put(f"{DAY}/part-1.csv")
    ((_, timer),) = drops.timers()

    assert drops.ring(timer) == []
    drops.hear(f"{DAY}/part-1.csv")
    assert names(drops.ring(drops.timers()[-1][1])) == ["SnapshotClosed", "RunStarted"]


def test_a_period_longer_than_sqs_holds_back_is_waited_out_in_turns():
    drops = Drops(problem_record("data: {snapshot: {close: quiet, quiet: 20m}}"))
    drops.drop("churn/data/any name.csv")
    ((delay, timer),) = drops.timers()

    assert drops.ring(timer) == []
    (_, (rest, last)) = drops.timers()
    assert (delay, rest) == (900, 300)
    assert names(drops.ring(last)) == ["SnapshotClosed", "RunStarted"]


def test_numbered_files_need_neither_marker_nor_quiet(drops):
    said = [name for n in (1, 2, 3) for name in names(drops.drop(f"{DAY}/rows-{n}-of-3.csv"))]

    assert said == [*["DataIngested"] * 3, "SnapshotClosed", "RunStarted"]


def test_a_part_that_cannot_be_read_holds_nothing_up(drops):
    """It is set aside and counted, and the others are learned from."""
    drops.drop(f"{DAY}/part-0.csv")
    drops.land(f"{DAY}/part-1.csv", b"")
    assert names(drops.hear(f"{DAY}/part-1.csv")) == ["DataRejected"]

    closed = dict(drops.mark(f"{DAY}/_SUCCESS"))["SnapshotClosed"]

    assert (closed["files"], closed["rejected"]) == (1, 1)


def test_late_files_open_the_next_snapshot(drops):
    """Of which the next run learns, together with those before."""
    drops.drop(f"{DAY}/part-0.csv")
    drops.mark(f"{DAY}/_SUCCESS")

    ((name, data),) = drops.drop(f"{DAY}/part-1.csv")

    assert (name, data["snapshot"]) == ("DataIngested", f"{DAY}#1")


def test_any_file_of_a_folder_that_is_being_written_to_is_held(drops):
    """Spark writes below _temporary first; its files may have any name."""
    key = f"{DAY}/_temporary/0/task_1/part-0"
    drops.deliver(close_snapshot, object_created(key))

    assert names(drops.drop(f"{DAY}/rows.csv")) == ["DataIngested"]
    assert names(drops.mark(f"{DAY}/_SUCCESS")) == ["SnapshotClosed", "RunStarted"]


def test_files_and_marker_that_come_before_their_problem_are_one_snapshot():
    drops = Drops()
    for number in range(2):
        assert drops.drop(f"{DAY}/part-{number}.csv") == []
    assert drops.mark(f"{DAY}/_SUCCESS") == []

    drops.land("churn/problem.yaml", DEFINITION.encode())
    drops.deliver(define_problem, object_created("churn/problem.yaml"))

    said = drops.follow()
    assert names(said).count("SnapshotClosed") == 1
    assert said[-1][1]["rows"] == 1200


def test_with_markers_asked_for_nothing_else_closes():
    drops = Drops(problem_record("data: {snapshot: {close: marker}}"))

    assert names(drops.drop(f"{DAY}/one.csv")) == ["DataIngested"]
    assert names(drops.mark(f"{DAY}/_SUCCESS")) == ["SnapshotClosed", "RunStarted"]


def after_an_hour(drops):
    """Let the last message that SQS holds back come, until it holds none back any more."""
    said, rung = [], 0
    while rung < len(drops.timers()):
        rung = len(drops.timers())
        said += drops.ring(drops.timers()[-1][1])
    return said


def test_a_marker_that_does_not_come_is_told_after_an_hour():
    """Nothing is closed; the marker may still come."""
    drops = Drops(problem_record("data: {snapshot: {close: marker}}"))
    drops.drop(f"{DAY}/one.csv")

    ((name, said),) = after_an_hour(drops)

    assert (name, said["snapshot"], said["files"]) == ("MarkerAwaited", f"{DAY}#0", 1)
    assert f"_SUCCESS into {DAY}/" in said["cure"]
    assert [delay for delay, _ in drops.timers()] == [900] * 4
    assert names(drops.mark(f"{DAY}/_SUCCESS")) == ["SnapshotClosed", "RunStarted"]


def test_a_marker_that_came_is_not_missed():
    drops = Drops(problem_record("data: {snapshot: {close: marker}}"))
    drops.drop(f"{DAY}/one.csv")
    drops.mark(f"{DAY}/_SUCCESS")

    assert after_an_hour(drops) == []


def test_a_file_that_replaces_another_is_learned_from_alone():
    """Though there are no more files than the last run learned from, there are other ones."""
    drops = Drops(problem_record("data: {snapshot: {replace: folder}}"))
    drops.drop("churn/data/all.csv", rows=700)
    problem = drops.records.problem("churn")
    idle = problem.model_copy(update={"active_run": None, "version": problem.version})
    drops.records.rows[problem.key] = idle
    drops.put("churn/data/all again.csv", rows=900)
    event = object_created("churn/data/all again.csv") | {"time": "2026-02-04T10:11:12Z"}
    drops.deliver(ingest_files, event)

    started = dict(drops.follow())["RunStarted"]

    assert (started["inputs"], started["rows"]) == (1, 900)
