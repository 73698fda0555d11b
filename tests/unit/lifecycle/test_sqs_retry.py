"""A failed message comes back soon, and later each time."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from lifecycle.adapters.clients import client
from lifecycle.adapters.sqs_retry import PAUSES, bring_back, pause, queue_url


@pytest.mark.parametrize(
    ("received", "seconds"), [(1, 2), (2, 10), (3, 60), (4, 300), (5, 0), (9, 0)]
)
def test_the_pause_grows_with_every_failure_but_the_last(received, seconds):
    """By how often SQS has handed the message out; a dead letter is to be seen at once."""
    message = {"attributes": {"ApproximateReceiveCount": str(received)}}

    assert pause(message) == seconds


def test_an_address_is_made_from_the_arn():
    """As Lambda names the queue in every message."""
    arn = "arn:aws:sqs:eu-west-1:111122223333:baton-StartRun"

    assert queue_url(arn) == "https://sqs.eu-west-1.amazonaws.com/111122223333/baton-StartRun"


@pytest.fixture
def message(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    client.cache_clear()
    with mock_aws():
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "900"})["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="x")
        received = sqs.receive_message(QueueUrl=url)["Messages"][0]
        yield {
            "receiptHandle": received["ReceiptHandle"],
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:q",
            "attributes": {"ApproximateReceiveCount": "1"},
        }
    client.cache_clear()


def test_a_real_queue_takes_the_pause(message):
    """The message's own timeout becomes the pause."""
    bring_back(message)

    from moto.backends import get_backend

    backend = get_backend("sqs")["123456789012"]["us-east-1"]
    (held,) = backend.queues["q"]._messages
    assert 0 < held.visible_at / 1000 - held.sent_timestamp / 1000 <= PAUSES[0] + 1


def test_a_pause_may_be_asked_for(message):
    bring_back(message, 91)

    from moto.backends import get_backend

    backend = get_backend("sqs")["123456789012"]["us-east-1"]
    (held,) = backend.queues["q"]._messages
    assert 90 < held.visible_at / 1000 - held.sent_timestamp / 1000 <= 92


def test_a_refusal_is_no_failure_of_its_own(message):
    """A stale handle only means that the queue's own timeout counts."""
    bring_back(message | {"receiptHandle": "stale"})
