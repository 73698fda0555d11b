"""Alerts, really received: a queue subscribed to the stack's topic."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.stack import Stack

NAME = "flights-demo-alerts"


@dataclass(frozen=True)
class Alert:
    """One alert as a subscriber gets it."""

    event: str
    severity: str
    subject: str
    message: str


class AlertQueue:
    """An SQS queue that hears everything the alert topic says."""

    def __init__(self, stack: Stack) -> None:
        """Make the queue and subscribe it."""
        self._sqs = stack.client("sqs")
        topic = stack.output("AlertTopic")
        self._url = self._sqs.create_queue(QueueName=NAME)["QueueUrl"]
        names = ["QueueArn"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        arn = found["Attributes"]["QueueArn"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
                }
            ],
        }
        attributes = {"Policy": json.dumps(policy)}
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes=attributes)
        stack.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self.received: list[Alert] = []

    def wait(self, event: str, seconds: float, check: Callable[[], None]) -> Alert | None:
        """Return the first alert of an event, once it is here; None when it does not come."""
        deadline = time.monotonic() + seconds
        while True:
            for alert in self.received:
                if alert.event == event:
                    return alert
            if time.monotonic() > deadline:
                return None
            check()
            self._receive()

    def _receive(self) -> None:
        answer = self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        for message in answer.get("Messages", []):
            self.received.append(_alert(json.loads(message["Body"])))
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])


def _alert(envelope: dict[str, Any]) -> Alert:
    """An alert out of the envelope in which SNS delivers to SQS."""
    said = {name: item["Value"] for name, item in envelope.get("MessageAttributes", {}).items()}
    return Alert(
        event=said.get("event", ""),
        severity=said.get("severity", ""),
        subject=envelope.get("Subject", ""),
        message=envelope.get("Message", ""),
    )
