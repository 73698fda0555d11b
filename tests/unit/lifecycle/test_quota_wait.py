"""While a quota is used up a message waits, and that is no failure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from lifecycle.adapters.clients import client
from lifecycle.aws_events import ObjectCreated
from lifecycle.errors import QuotaReachedError, RecordMissingError
from lifecycle.given_up import GivenUpRecord, given_up
from lifecycle.leg import Leg
from lifecycle.quota_wait import MOST_SECONDS, PATIENCE_SECONDS, Waited, patient
from tests.builders import object_created
from tests.fakes import FakeBus, FakeRecords, fake_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports

ACCOUNT = "123456789012"


class Queue:
    """A queue with dead letters, and Lambda's way of passing its messages on."""

    def __init__(self) -> None:
        self.sqs = boto3.client("sqs")
        dead = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        found = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
        policy = {
            "deadLetterTargetArn": found["Attributes"]["QueueArn"],
            "maxReceiveCount": "2",
        }
        attributes = {"RedrivePolicy": json.dumps(policy)}
        self.url = self.sqs.create_queue(QueueName="live", Attributes=attributes)["QueueUrl"]

    def receive(self, received: int = 1) -> dict[str, Any] | None:
        """The next message as a record of a Lambda event."""
        answer = self.sqs.receive_message(QueueUrl=self.url, MessageAttributeNames=["All"])
        for message in answer.get("Messages", []):
            attributes = {
                name: {"stringValue": value["StringValue"], "dataType": value["DataType"]}
                for name, value in message.get("MessageAttributes", {}).items()
            }
            return {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": {"ApproximateReceiveCount": str(received)},
                "messageAttributes": attributes,
                "eventSourceARN": f"arn:aws:sqs:us-east-1:{ACCOUNT}:live",
            }
        return None

    def put_off(self) -> dict[int, Any]:
        """Messages that were hidden when they were sent, by for how many seconds."""
        from moto.backends import get_backend

        messages = get_backend("sqs")[ACCOUNT]["us-east-1"].queues["live"]._messages
        return {
            round((message.delayed_until - message.sent_timestamp) / 1000): message
            for message in messages
            if message.delayed_until
        }


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    client.cache_clear()
    with mock_aws():
        made = Queue()
        made.sqs.send_message(
            QueueUrl=made.url, MessageBody=json.dumps(object_created("churn/data/a.csv"))
        )
        yield made
    client.cache_clear()


def failing(error: Exception, ports: Ports) -> Leg:
    def handle(_cause: Cause[ObjectCreated], _ports: Ports) -> Decision:
        raise error

    made = Leg("start_training", (ObjectCreated,), handle)
    made._ports = ports
    return made


REACHED = QuotaReachedError("CreateTrainingJob", "the limit is 1 Instances")


def test_a_message_that_meets_a_quota_is_put_off_and_told_of_once(queue: Queue) -> None:
    """It counts as handled, and comes again as a new message; people hear of it the first time."""
    bus, records = FakeBus(), FakeRecords()
    leg = failing(REACHED, fake_ports(bus=bus, records=records))
    message = queue.receive()
    assert message

    assert leg({"Records": [message]}) == {"batchItemFailures": []}
    again = queue.put_off()[5]
    assert again.body == message["body"]
    assert "waits" in again.message_attributes
    waits = {"waits": {"stringValue": Waited().once_more().attributes["waits"]["StringValue"]}}
    assert leg({"Records": [{**message, "messageAttributes": waits}]}) == {"batchItemFailures": []}

    (said,) = bus.said("QuotaReached")
    assert (said["problem"], said["leg"]) == ("churn", "start_training")
    assert sorted(queue.put_off()) == [5, 10]
    assert not [row for row in records.rows.values() if isinstance(row, GivenUpRecord)]


def test_the_pauses_grow_to_five_minutes() -> None:
    """And the moment it began stays."""
    waited, pauses = Waited(), []
    for _ in range(9):
        waited = waited.once_more(now=1000.0)
        pauses.append(waited.pause)

    assert pauses == [5, 10, 20, 40, 80, 160, MOST_SECONDS, MOST_SECONDS, MOST_SECONDS]
    assert waited.since == 1000


def test_what_waits_for_two_weeks_is_a_failure_after_all() -> None:
    """As long as SQS would keep a message."""
    message = {"messageAttributes": {"waits": {"stringValue": "9 1000"}}}

    assert patient(message, now=1000.0 + PATIENCE_SECONDS - 1)
    assert not patient(message, now=1000.0 + PATIENCE_SECONDS)


@pytest.mark.parametrize(("received", "kept"), [(1, 0), (2, 1), (3, 1)])
def test_a_message_that_fails_for_the_last_time_leaves_its_reason(
    queue: Queue, received: int, kept: int
) -> None:
    """The queue itself says after how many times it is the last."""
    records = FakeRecords()
    leg = failing(RecordMissingError("run 7 is not recorded"), fake_ports(records=records))
    message = queue.receive(received)
    assert message

    answer = leg({"Records": [message]})

    assert answer == {"batchItemFailures": [{"itemIdentifier": message["messageId"]}]}
    rows = [row for row in records.rows.values() if isinstance(row, GivenUpRecord)]
    assert len(rows) == kept
    for row in rows:
        assert (row.leg, row.problem, row.heard) == ("start_training", "churn", "Object Created")
        assert row.reason == "RecordMissingError: run 7 is not recorded"


def test_words_of_others_are_not_kept() -> None:
    """A reader of tables quotes cells, and a cell may be personal: where it failed is told."""

    def convert() -> None:
        raise ValueError("could not convert 'Ada Lovelace'")

    with pytest.raises(ValueError, match="convert") as failed:
        convert()
    row = given_up("prepare_data", "no json", failed.value)

    assert "Lovelace" not in row.reason
    assert "test_words_of_others_are_not_kept" in row.reason
    assert (row.problem, row.heard) == ("", "")
