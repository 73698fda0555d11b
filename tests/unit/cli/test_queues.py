"""`baton redrive` moves back what legs gave up on; `baton replay` asks the archive."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.queues import UNTOLD, leg_name
from lifecycle.errors import RecordMissingError
from lifecycle.given_up import given_up, problem_of
from tests.builders import problem_record


def _own_event(problem: str) -> str:
    return json.dumps({"source": "baton", "detail": {"data": {"problem": problem}}})


def _give_up(cloud: Any, leg: str, *bodies: str) -> None:
    url = cloud.stack.of_type("AWS::SQS::Queue")[f"{leg}DeadLetters"]
    for body in bodies:
        cloud.stack.client("sqs").send_message(QueueUrl=url, MessageBody=body)


def _bodies(cloud: Any, queue: str) -> list[str]:
    url = cloud.stack.of_type("AWS::SQS::Queue")[queue]
    answer = cloud.stack.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return sorted(message["Body"] for message in answer.get("Messages", []))


def test_all_dead_letters_go_back_where_they_failed(cloud: Any, baton: Any) -> None:
    """Without an argument every leg's messages are tried again, and the dead queues are empty."""
    _give_up(cloud, "PrepareData", "a", "b")
    _give_up(cloud, "StartRun", "c")

    answer = baton.json("redrive")

    assert answer["moved"] == {"prepare_data": 2, "start_run": 1}
    assert (answer["total"], answer["stretches"], answer["fetched"]) == (3, [], [])
    assert _bodies(cloud, "PrepareDataQueue") == ["a", "b"]
    assert _bodies(cloud, "StartRunQueue") == ["c"]
    assert _bodies(cloud, "PrepareDataDeadLetters") == []


def test_one_leg_may_be_named(cloud: Any, baton: Any) -> None:
    """Only that leg's messages move."""
    _give_up(cloud, "PrepareData", "a")
    _give_up(cloud, "StartRun", "c")

    assert "start_run: 1 message tried again" in baton("redrive", "start_run").stdout
    assert _bodies(cloud, "PrepareDataQueue") == []


def test_one_problem_may_be_named(cloud: Any, baton: Any) -> None:
    """Only messages about that problem move, whatever leg gave up on them."""
    cloud.happened("start_run", "2026-02-03T10:11:13.000Z")
    _give_up(cloud, "PrepareData", _own_event("churn"), _own_event("other"))

    assert baton.json("redrive", "churn")["moved"] == {"prepare_data": 1}
    assert _bodies(cloud, "PrepareDataQueue") == [_own_event("churn")]


def test_what_is_left_where_it_lies_is_found_by_who_looks_next(cloud: Any, baton: Any) -> None:
    """Looking at it hid it; it must neither count as gone nor be missed by the next try."""
    cloud.happened("start_run", "2026-02-03T10:11:13.000Z")
    _give_up(cloud, "PrepareData", _own_event("churn"), _own_event("other"))

    baton.json("redrive", "churn")

    assert baton.json("status")["dead_letters"] == {"prepare_data": 1}
    assert baton.json("redrive", "prepare_data")["moved"] == {"prepare_data": 1}


def test_what_is_neither_is_told(cloud: Any, baton: Any) -> None:
    """An unknown name is met with the functions and problems that exist."""
    cloud.write(problem_record())

    result = baton("redrive", "nonsense")

    assert result.exit_code == 1
    assert "nonsense is neither a function nor a problem" in result.stderr
    assert "prepare_data" in result.stderr
    assert "churn" in result.stderr


def test_the_reason_is_told_with_what_is_tried_again(cloud: Any, baton: Any) -> None:
    """Where the leg could still keep it; otherwise that it could not."""
    body = _own_event("churn")
    cloud.write(given_up("prepare_data", body, RecordMissingError("run 7 is not recorded")))
    _give_up(cloud, "PrepareData", body)
    _give_up(cloud, "StartRun", "c")

    reasons = baton.json("redrive")["reasons"]

    reason = "RecordMissingError: run 7 is not recorded"
    assert reasons["prepare_data"] == [{"problem": "churn", "reason": reason}]
    assert reasons["start_run"] == [{"problem": None, "reason": UNTOLD}]


def test_why_and_status_tell_what_was_given_up(cloud: Any, baton: Any) -> None:
    """With the reason, and with the command that tries again."""
    body = _own_event("churn")
    cloud.write(problem_record())
    cloud.write(given_up("prepare_data", body, RecordMissingError("run 7 is not recorded")))
    _give_up(cloud, "PrepareData", body)

    assert "run 7 is not recorded" in baton("why", "churn").stdout.replace("\n", " ")
    assert "baton redrive prepare_data" in baton("status").stdout.replace("\n", " ")
    assert baton.json("status")["dead_letters"] == {"prepare_data": 1}


def test_nothing_to_redrive_is_no_error(cloud: Any, baton: Any) -> None:
    """Empty queues are good news."""
    assert "hold nothing" in baton("redrive").stdout


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (_own_event("churn"), "churn"),
        (json.dumps({"detail": {"object": {"key": "churn/data/a.csv"}}}), "churn"),
        (json.dumps({"detail": {"EndpointName": "churn"}}), "churn"),
        (json.dumps({"detail": {"TrainingJobName": "x"}}), None),
        ("no json", None),
        ("[]", None),
    ],
)
def test_the_problem_of_a_message_is_read_from_it(body: str, problem: str | None) -> None:
    """Own events, objects and endpoints name their problem; others tell none."""
    assert problem_of(body) == problem


def test_legs_are_named_as_their_folders() -> None:
    """A logical id and a function's folder are two spellings of one name."""
    assert leg_name("TakeUpApproval") == "take_up_approval"


def test_a_replay_asks_the_archive_for_its_stretch(cloud: Any, baton: Any) -> None:
    """The stack's own archive is replayed onto its own bus."""
    answer = baton.json("replay", "--from", "2026-02-03T10:00:00", "--to", "2026-02-03T11:00:00Z")

    replay = cloud.stack.client("events").describe_replay(ReplayName=answer["replay"])
    assert replay["EventStartTime"].isoformat().startswith("2026-02-03T10:00:00")
    assert replay["Destination"]["Arn"].endswith("event-bus/baton")
    assert answer["from"] == "2026-02-03T10:00:00.000Z"


def test_a_replay_begins_with_a_whole_second(cloud: Any, baton: Any) -> None:
    """Events are stamped so: one that was said later in the same second would be left out."""
    answer = baton.json("replay", "--from", "2026-02-03T10:00:00.7", "--to", "2026-02-03T11:00:00")

    replay = cloud.stack.client("events").describe_replay(ReplayName=answer["replay"])
    assert replay["EventStartTime"].isoformat().startswith("2026-02-03T10:00:00+")
    assert answer["from"] == "2026-02-03T10:00:00.000Z"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--from", "yesterday"], "is no time"),
        (["--from", "2026-02-03T10:00:00", "--to", "2026-02-03T09:00:00"], "before --to"),
    ],
)
def test_times_that_make_no_stretch_are_told(baton: Any, words: list[str], message: str) -> None:
    """Times are checked before anything is asked."""
    result = baton("replay", *words)

    assert result.exit_code == 1
    assert message in result.stderr
