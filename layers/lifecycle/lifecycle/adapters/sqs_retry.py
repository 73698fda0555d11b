"""When a message that failed comes back: soon at first, then later and later."""

from __future__ import annotations

import json
from typing import Any

from lifecycle.adapters.clients import client

PAUSES = (2, 10, 60, 300, 0)
"""Seconds after the first, second … failure. After the fifth the queue gives the message up, which
it does when it would hand it out again: so at once (``maxReceiveCount`` in template.yaml). Without
this a message waits out its queue's whole visibility timeout, which must be long enough for the
longest work ("Using Lambda with Amazon SQS").
"""


def queue_url(arn: str) -> str:
    """A queue's address from its ARN; SQS looks at the account and the name in it."""
    _, _, _, region, account, name = arn.split(":")
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


def pause(message: dict[str, Any]) -> int:
    """Seconds until a failed message should come back, by how often it was received."""
    received = int(message.get("attributes", {}).get("ApproximateReceiveCount", 1))
    return PAUSES[min(received, len(PAUSES)) - 1]


def bring_back(message: dict[str, Any], seconds: int | None = None) -> None:
    """Let a failed message come back after so many seconds, or else after its pause.

    A refusal changes nothing: the message then comes back after the queue's own timeout.
    """
    from botocore.exceptions import ClientError

    try:
        client("sqs").change_message_visibility(
            QueueUrl=queue_url(message["eventSourceARN"]),
            ReceiptHandle=message["receiptHandle"],
            VisibilityTimeout=pause(message) if seconds is None else seconds,
        )
    except ClientError:
        return


def is_last(message: dict[str, Any]) -> bool:
    """Whether the queue moves a message to its dead letters if it fails now."""
    found = client("sqs").get_queue_attributes(
        QueueUrl=queue_url(message["eventSourceARN"]), AttributeNames=["RedrivePolicy"]
    )
    policy = json.loads(found.get("Attributes", {}).get("RedrivePolicy", "{}"))
    received = int(message.get("attributes", {}).get("ApproximateReceiveCount", 1))
    return "maxReceiveCount" in policy and received >= int(policy["maxReceiveCount"])


def send_again(
    message: dict[str, Any], seconds: int, attributes: dict[str, Any], group: str = ""
) -> None:
    """Put a message's body on its queue once more, as a new message.

    Args:
        message: a record of the event by which Lambda passes on messages of SQS.
        seconds: for how long the new message is hidden.
        attributes: its message attributes, as SendMessage takes them.
        group: its group, in place of the message's own.
    """
    known = message.get("attributes", {})
    more: dict[str, Any] = {}
    if group := group or known.get("MessageGroupId", ""):
        more["MessageGroupId"] = group
    if trace := known.get("AWSTraceHeader"):
        header = {"DataType": "String", "StringValue": trace}
        more["MessageSystemAttributes"] = {"AWSTraceHeader": header}
    client("sqs").send_message(
        QueueUrl=queue_url(message["eventSourceARN"]),
        MessageBody=message["body"],
        DelaySeconds=seconds,
        MessageAttributes=attributes,
        **more,
    )
