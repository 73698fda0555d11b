"""The folder by which a cloud learns of its faults, and tells what happened."""

import base64
import json

import pytest

from local.fault_plan import FaultPlan, Heard, event_kind

POINT = {"id": "fm1-a", "function": "F", "heard": "E", "occurrence": 1, "call": 1, "way": "x"}


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "names").write_text("fm[0-9]")
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "fm1.json").write_text(json.dumps([POINT]))
    return FaultPlan(tmp_path)


def own_event(problem, event_id):
    metadata = {"event_id": event_id}
    detail = {"data": {"problem": problem}, "metadata": metadata}
    return {"id": "bus", "detail-type": "DataIngested", "source": "baton", "detail": detail}


def test_a_message_belongs_to_the_life_that_it_names(plan):
    assert plan.heard_message(json.dumps(own_event("fm1", "e"))) == Heard(
        "fm1", "DataIngested", "e"
    )
    assert plan.heard_message(json.dumps(own_event("churn", "e"))).life == ""


def test_a_message_that_was_put_in_line_is_another_one(plan):
    """The leg that put it there is handed the same body twice."""
    body = json.dumps(own_event("fm1", "e"))
    first, second = ({"body": body, "attributes": each} for each in ({}, {"MessageGroupId": "g"}))

    assert plan.heard({"Records": [first]}) == Heard("fm1", "DataIngested", "e")
    assert plan.heard({"Records": [second]}) == Heard("fm1", "DataIngested, in line", "e")
    assert plan.heard_message(body, "g") == Heard("fm1", "DataIngested, in line", "e")


def test_a_stretch_of_the_stream_belongs_to_the_life_in_its_records(plan):
    data = base64.b64encode(b'{"problem": "fm1"}').decode()
    record = {"eventID": "shard:1", "kinesis": {"data": data}}

    assert plan.heard({"Records": [record]}) == Heard("fm1", "stream", "shard:1")


@pytest.mark.parametrize(
    ("envelope", "kind"),
    [
        (
            {"detail-type": "Object Created", "detail": {"object": {"key": "fm1/data/a.csv"}}},
            "Object Created data",
        ),
        (
            {
                "DetailType": "SageMaker Endpoint State Change",
                "Detail": '{"EndpointStatus": "IN_SERVICE"}',
            },
            "SageMaker Endpoint State Change IN_SERVICE",
        ),
        ({"detail-type": "Scheduled Event", "detail": {}}, "Scheduled Event"),
    ],
)
def test_a_kind_tells_files_by_folder_and_jobs_by_status(envelope, kind):
    assert event_kind(envelope) == kind


def test_redeliveries_have_the_number_of_their_message(plan):
    numbers = [plan.occurrence("F", Heard("fm1", "E", name)) for name in ("a", "b", "a", "c", "b")]

    assert numbers == [1, 2, 1, 3, 2]
    assert plan.occurrence("G", Heard("fm1", "E", "b")) == 1


def test_a_fault_happens_once(plan):
    assert not plan.claimed(POINT)
    assert plan.claim(POINT)
    assert plan.claimed(POINT)
    assert not plan.claim(POINT)


def test_only_planned_lives_have_points(plan):
    assert plan.points("fm1") == [POINT]
    assert plan.points("fm2") == []
    assert plan.points("") == []
