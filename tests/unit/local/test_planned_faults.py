"""Messages and events meet what is planned for them, and nothing else does."""

import json
import threading
import time

import pytest

from local.fault_plan import FaultPlan
from local.ministack_hooks.planned_faults import (
    ALL_DROPPED,
    AT_ONCE,
    DOUBLED,
    DROPPED,
    LATE,
    REVERSED,
    SWAPPED,
    TWICE,
    EventFaults,
    MessageFaults,
    bring_back_soon,
)

FUNCTION = {"config": {"FunctionName": "F", "Timeout": 30}}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "names").write_text("fm[0-9]")
    (tmp_path / "plans").mkdir()
    (tmp_path / "released").mkdir()
    return tmp_path


def plan(folder, way, heard="DataIngested", function="F"):
    point = {"id": "fm1-a", "life": "fm1", "function": function, "heard": heard}
    document = [{**point, "occurrence": 1, "way": way}]
    (folder / "plans" / "fm1.json").write_text(json.dumps(document))


def release(folder):
    (folder / "released" / "fm1").write_text(str(time.time()))


class Queue:
    """Hands messages to a function that only counts."""

    def __init__(self, folder):
        self.handed = []
        self._lock = threading.Lock()
        self.faults = MessageFaults(
            FaultPlan(folder),
            lambda _esm, _function, event, *_: self.execute(None, event),
            execute=self.execute,
            backing_off={},
            wake=lambda: None,
        )

    def execute(self, _function, event):
        with self._lock:
            self.handed.append(event["id"])
        return {}

    def hand(self, message_id, problem="fm1"):
        detail = {"data": {"problem": problem}, "metadata": {"event_id": message_id}}
        body = json.dumps({"detail-type": "DataIngested", "detail": detail})
        message = {"id": message_id, "body": body, "visible_at": 0.0, "receive_count": 1}
        self.faults({"UUID": "u"}, FUNCTION, {"id": message_id}, [message], "url", "queue")
        return message


@pytest.mark.parametrize(("way", "times"), [(TWICE, 2), (AT_ONCE, 3)])
def test_a_message_is_handled_more_than_once_as_planned_and_once_only_so(folder, way, times):
    plan(folder, way)
    queue = Queue(folder)

    queue.hand("a")
    queue.hand("b")
    queue.hand("c", problem="churn")

    assert queue.handed == ["a"] * times + ["b", "c"]


def test_a_late_message_is_held_until_its_life_is_quiet(folder):
    plan(folder, LATE)
    queue = Queue(folder)

    held = queue.hand("a")
    queue.hand("b")
    assert (queue.handed, held["receive_count"]) == (["b"], 0)
    release(folder)
    queue.hand("a")

    assert queue.handed == ["b", "a"]


def test_a_message_is_held_even_if_its_life_was_quiet_before(folder):
    plan(folder, LATE)
    queue = Queue(folder)

    release(folder)
    queue.hand("a")
    assert queue.handed == []
    release(folder)
    queue.hand("a")

    assert queue.handed == ["a"]


def test_messages_of_a_leg_go_last_first(folder):
    plan(folder, REVERSED, heard="any")
    queue = Queue(folder)

    for name in ("a", "b", "c"):
        queue.hand(name)
    assert queue.handed == []
    release(folder)
    for _ in range(3):
        for name in ("a", "b", "c"):
            if name not in queue.handed:
                queue.hand(name)

    assert queue.handed == ["c", "b", "a"]


def test_the_message_of_a_dead_function_comes_back_soon_and_a_pause_is_shortened():
    now = time.time()
    dead, paused = {"visible_at": now + 900}, {"visible_at": now + 60}

    bring_back_soon(dead, died=True)
    bring_back_soon(paused, died=False)

    assert 0 < dead["visible_at"] - now < 2
    assert 2 < paused["visible_at"] - now < 4


def entry(name, problem="fm1"):
    detail = {"TrainingJobName": f"{problem}-{name}", "TrainingJobStatus": "Completed"}
    kind = "SageMaker Training Job State Change"
    return {"DetailType": kind, "Detail": json.dumps(detail), "Time": "2026"}


@pytest.mark.parametrize(
    ("way", "put"),
    [(DROPPED, ["b", "c"]), (DOUBLED, ["a", "a", "b", "c"]), (SWAPPED, ["b", "a", "c"])],
)
def test_an_event_is_lost_doubled_or_overtaken_as_planned(folder, way, put):
    plan(folder, way, heard="SageMaker Training Job State Change Completed", function="bus")
    arrived = []
    faults = EventFaults(folder, lambda entries: arrived.extend(entries) or [])

    answers = [faults([entry(name)]) for name in ("a", "b", "c")]

    names = [json.loads(item["Detail"])["TrainingJobName"].removeprefix("fm1-") for item in arrived]
    assert names == put
    assert [len(answer) for answer in answers] == [1, 1, 1]


def test_a_life_without_events_gets_none_of_either_service_and_others_keep_theirs(folder):
    """From the first to the last; what a Glue run is about stands in its arguments alone."""
    plan(folder, ALL_DROPPED, heard="any", function="bus")
    arrived = []
    faults = EventFaults(folder, lambda entries: arrived.extend(entries) or [])
    glue = {"DetailType": "Glue Job State Change", "Detail": '{"jobName": "baton-fetch"}'}

    assert not FaultPlan(folder).claimed({"id": "fm1-a"})
    for name in ("a", "b"):
        assert len(faults([entry(name)])) == 1
    faults([glue], '{"--baton-run": "fm1/shop/f1"}')
    faults([glue], '{"--baton-run": "churn/shop/f1"}')
    faults([entry("c", problem="churn")])

    assert arrived == [glue, entry("c", problem="churn")]
    assert FaultPlan(folder).claimed({"id": "fm1-a"})


def test_what_was_lost_is_noted_as_what_was_sent(folder):
    """So that a life tells what it did without."""
    plan(folder, ALL_DROPPED, heard="any", function="bus")
    faults = EventFaults(folder, lambda _entries: [])

    for name in ("a", "b"):
        faults([entry(name)])

    (file,) = (folder / "calls").iterdir()
    notes = [json.loads(line) for line in file.read_text().splitlines()]
    assert [note["number"] for note in notes] == [1, 2]
