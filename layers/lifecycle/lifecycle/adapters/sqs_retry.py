"""When a message that failed comes back: soon at first, then later and later."""

from __future__ import annotations

from typing import Any

from lifecycle.adapters.clients import client

PAUSES = (2, 10, 60, 300)
"""Seconds after the first, second … failure. Without this a message waits out its queue's whole
visibility timeout, which must be long enough for the longest work ("Using Lambda with Amazon SQS").
"""


def queue_url(arn: str) -> str:
    """A queue's address from its ARN; SQS looks at the account and the name in it."""
    _, _, _, region, account, name = arn.split(":")
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


def pause(message: dict[str, Any]) -> int:
    """Seconds until a failed message should come back, by how often it was received."""
    received = int(message.get("attributes", {}).get("ApproximateReceiveCount", 1))
    return PAUSES[min(received, len(PAUSES)) - 1]


def bring_back(message: dict[str, Any]) -> None:
    """Let a failed message come back after its pause.

    A refusal changes nothing: the message then comes back after the queue's own timeout.
    """
    from botocore.exceptions import ClientError

    try:
        client("sqs").change_message_visibility(
            QueueUrl=queue_url(message["eventSourceARN"]),
            ReceiptHandle=message["receiptHandle"],
            VisibilityTimeout=pause(message),
        )
    except ClientError:
        return
