"""A leg whose queue all problems share puts each message in line by problem, once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from lifecycle.adapters.clients import client
from lifecycle.aws_events import ObjectCreated
from lifecycle.decision import Decision
from lifecycle.leg import Leg
from lifecycle.turns import ATTRIBUTE, group_of, group_wanted
from tests.builders import envelope, object_created, own_event
from tests.fakes import fake_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lifecycle.cause import Cause
    from lifecycle.ports import Ports

ARN = "arn:aws:sqs:us-east-1:123456789012:baton-IngestFiles"


def record(body: dict[str, Any] | str, **attributes: str) -> dict[str, Any]:
    """A message as Lambda passes it on."""
    return {
        "messageId": "m",
        "receiptHandle": "r",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1"} | attributes,
        "messageAttributes": {},
        "eventSourceARN": ARN,
    }


LANDED = object_created("churn/data/a.csv")
RELEASED = {"problem": "churn", "purpose": "data"}


@pytest.mark.parametrize(
    "body",
    [LANDED, own_event("WaitingDataReleased", RELEASED)],
    ids=["a file", "an own event"],
)
def test_what_comes_from_a_rule_waits_for_its_problems_turn(body: dict[str, Any]) -> None:
    """The problem is the first folder of the key, or the event's own."""
    assert group_wanted(record(body)) == "churn"


def test_what_has_a_group_is_handled() -> None:
    """It was put in line, or its sender did so."""
    assert group_wanted(record(LANDED, MessageGroupId="churn")) == ""


def test_what_was_put_in_line_is_handled_even_if_lambda_told_no_group() -> None:
    """Else it would go round for ever."""
    marked = {ATTRIBUTE: {"dataType": "String", "stringValue": "churn"}}

    assert group_wanted(record(LANDED) | {"messageAttributes": marked}) == ""


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        envelope("aws.glue", "Glue Job State Change", {"jobName": "j", "jobRunId": "r"}),
        object_created("/data/a.csv"),
    ],
    ids=["poison", "a list", "a job's end", "no folder"],
)
def test_what_is_of_no_problem_is_handled_at_once(body: dict[str, Any] | str) -> None:
    """Whether it can be handled is for the leg to say."""
    assert group_wanted(record(body)) == ""


@pytest.mark.parametrize("missing", ["receiptHandle", "eventSourceARN"])
def test_a_function_that_is_called_directly_does_its_work(missing: str) -> None:
    """There is no queue to wait in."""
    message = record(LANDED)
    del message[missing]

    assert group_wanted(message) == ""


@pytest.mark.parametrize("problem", ["churn", "credit-risk_2.v1", "x" * 128])
def test_a_problems_name_is_its_group(problem: str) -> None:
    """So that people find it in the queue's metrics."""
    assert group_of(problem) == problem


@pytest.mark.parametrize("problem", ["größe", "two words", "x" * 129, "tab\t"])
def test_a_name_that_sqs_refuses_has_a_group_of_its_own(problem: str) -> None:
    """Anybody may make such a folder; it must neither fail nor share another's turn."""
    group = group_of(problem)

    assert group.isalnum()
    assert group.isascii()
    assert group != group_of(problem + "!")


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    client.cache_clear()
    with mock_aws():
        yield boto3.client("sqs").create_queue(QueueName="baton-IngestFiles")["QueueUrl"]
    client.cache_clear()


def waiting(url: str) -> list[dict[str, Any]]:
    """What lies in the queue."""
    answer = boto3.client("sqs").receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
    )
    return list(answer.get("Messages", []))


class Counting:
    """A leg that counts what it handles, and what doors it opened for that."""

    def __init__(self, *, fair: bool = True) -> None:
        self.handled: list[str] = []
        self.leg = Leg("ingest_files", (ObjectCreated,), self._handle, fair=fair)

    def _handle(self, cause: Cause[ObjectCreated], _ports: Ports) -> Decision:
        self.handled.append(cause.event.key)
        return Decision("Taken in.", problem="churn")


def test_a_fair_leg_sends_a_message_to_its_own_queue_with_its_problem(url: str) -> None:
    """The body is the same to the letter, and nothing was loaded: the leg has no ports yet."""
    counting = Counting()
    message = record(LANDED, AWSTraceHeader="Root=1-2-3")

    assert counting.leg({"Records": [message]}) == {"batchItemFailures": []}

    (found,) = waiting(url)
    assert (found["Body"], counting.handled) == (message["body"], [])
    assert found["Attributes"]["MessageGroupId"] == "churn"
    assert found["Attributes"]["AWSTraceHeader"] == "Root=1-2-3"
    assert found["MessageAttributes"][ATTRIBUTE]["StringValue"] == "churn"
    assert counting.leg._ports is None


def test_it_handles_a_message_that_comes_again_and_sends_nothing_more(url: str) -> None:
    """One hop, whatever was delivered."""
    counting = Counting()
    counting.leg._ports = fake_ports()

    answer = counting.leg({"Records": [record(LANDED, MessageGroupId="churn")]})

    assert answer == {"batchItemFailures": []}
    assert (counting.handled, waiting(url)) == (["churn/data/a.csv"], [])


def test_sent_twice_it_is_handled_once(url: str) -> None:
    """A crash after sending, and before the first message is forgotten, sends it again."""
    counting = Counting()
    counting.leg._ports = fake_ports()
    for _ in range(2):
        counting.leg({"Records": [record(LANDED)]})

    for found in waiting(url):
        group = found["Attributes"]["MessageGroupId"]
        counting.leg({"Records": [record(found["Body"], MessageGroupId=group)]})

    assert counting.handled == ["churn/data/a.csv"]


def test_a_message_that_cannot_be_sent_comes_back(url: str) -> None:
    """It failed as any other does."""
    counting = Counting()
    counting.leg._ports = fake_ports()
    boto3.client("sqs").delete_queue(QueueUrl=url)

    assert counting.leg({"Records": [record(LANDED)]}) == {
        "batchItemFailures": [{"itemIdentifier": "m"}]
    }
    assert counting.handled == []


def test_other_legs_handle_at_once(url: str) -> None:
    """They have a message or two of each problem."""
    counting = Counting(fair=False)
    counting.leg._ports = fake_ports()

    counting.leg({"Records": [record(LANDED)]})

    assert (counting.handled, waiting(url)) == (["churn/data/a.csv"], [])
