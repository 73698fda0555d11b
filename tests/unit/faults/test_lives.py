"""A fault counts only where it befell a life."""

from faults.lives import Lives, Outcome, steady
from faults.points import BUS, Point
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
