"""A fault counts only where it befell a life."""

import pytest

from faults.lives import SENDS_ALERTS, Lives, Outcome, alerts_may_repeat, is_harmless, steady
from faults.points import BUS, RECORDS, Point
from local.call_faults import FOR_GOOD, KILL_AFTER, THROTTLE
from local.ministack_hooks.planned_faults import ALL_DROPPED, DROPPED

JOB_ENDED = "SageMaker Training Job State Change Completed"
ALL = Point("batch", BUS, "any", 1, 0, "", ALL_DROPPED)
ONE = Point("batch", BUS, JOB_ENDED, 1, 0, "", DROPPED)


class Folder:
    """Every fault was claimed at the start."""

    def befallen_at(self, _life, _point):
        return 1.0


def befallen(point, *heard):
    outcome = Outcome("fm1", "batch", [point])
    notes = [
        {"function": "F", "heard": each, "occurrence": 1, "at": 2.0, "ends": True, "failed": False}
        for each in heard
    ]
    Lives(None, Folder())._recoveries(outcome, notes)
    return outcome.befallen


def test_a_life_lived_without_events_if_its_legs_heard_none():
    assert befallen(ALL, "DataIngested", "CompletionMissed") == {ALL: None}


def test_one_event_that_came_all_the_same_and_it_did_not():
    assert befallen(ALL, "DataIngested", JOB_ENDED) == {}
    assert befallen(ONE, "DataIngested", JOB_ENDED) == {ONE: None}


def test_what_depends_on_the_machine_is_in_no_picture():
    """A checkpoint is written by the clock: a slow training leaves one, a fast one does not."""
    objects = ["PROBLEM/capture/a", "PROBLEM/runs/run 1/checkpoints/1", "PROBLEM/runs/run 1/model"]

    assert steady({"rows": {}, "objects": objects})["objects"] == ["PROBLEM/runs/run 1/model"]


@pytest.mark.parametrize(
    ("function", "operation", "way", "may"),
    [
        (SENDS_ALERTS, "sns:Publish", KILL_AFTER, True),
        (SENDS_ALERTS, RECORDS, THROTTLE + FOR_GOOD, True),
        (SENDS_ALERTS, RECORDS, THROTTLE, False),
        (SENDS_ALERTS, "sns:Publish", THROTTLE + FOR_GOOD, False),
        ("baton-StartRun", RECORDS, KILL_AFTER, False),
    ],
)
def test_an_alert_may_come_twice_only_if_it_could_be_sent_and_not_noted(
    function, operation, way, may
):
    assert alerts_may_repeat([Point("batch", function, "E", 1, 4, operation, way)]) == may


def left_behind(rows="40 rows"):
    at = f"PROBLEM/ingested/HASH.parquet ({rows})"
    return f"other_end: it is there: {at} and undisturbed not there (objects)"


def test_a_stretch_of_a_killed_delivery_may_lie_there_unread():
    """Its records were read again, cut otherwise; of files that is not so."""
    assert is_harmless(left_behind(), "stream")
    assert not is_harmless(left_behind(), "files")
    assert not is_harmless(left_behind().replace("HASH", "input stream/STRETCH"), "stream")


def test_a_stretch_that_is_missing_is_a_finding():
    missing = (
        "other_end: it is not there and undisturbed there: PROBLEM/ingested/HASH.parquet (40 rows)"
    )

    assert not is_harmless(missing, "stream")
