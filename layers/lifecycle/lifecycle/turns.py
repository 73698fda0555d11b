"""Whose turn it is: what lands in a leg's queue is put in line by problem before it is worked on.

One problem's flood of files must not stand before another's single one. SQS sees to that where
messages of a standard queue bear a ``MessageGroupId`` ("Amazon SQS fair queues"); each without one
counts as a group of its own, and goes first where a group is noisy. EventBridge can set the group
to a field of the event as it is (``SqsParameters``), and an object's key is no problem's name. So
the leg itself sends what bears no group to its own queue once more, with the problem as the group,
before it loads anything. The body is the same, and with it the event's id: a crash between sending
and forgetting leaves a second message, which meets the first one's history row.
"""

from __future__ import annotations

import re
from typing import Any

from lifecycle.given_up import problem_of
from lifecycle.names import digest

ATTRIBUTE = "problem"
"""The message attribute that says that a message was put in line, besides its group.

Lambda's page names ``MessageGroupId`` among the attributes of FIFO queues' records alone ("Using
Lambda with Amazon SQS"). Were it missing, a message would go round for ever; message attributes
are in every record.
"""

_GROUP = re.compile(r"[!-~]{1,128}")
"""What SQS takes as a group ("SendMessage"): letters, digits and punctuation of ASCII."""


def group_of(problem: str) -> str:
    """A problem's group: its name, or a digest of one that SQS would refuse."""
    return problem if _GROUP.fullmatch(problem) else digest(problem, length=32)


def group_wanted(message: dict[str, Any]) -> str:
    """The group under which a message has to wait for its turn; empty if it is to be handled now.

    It is where it was put in line before, is of no problem, or comes from no queue: a function that
    is called directly is to do its work.

    Args:
        message: a record of the event by which Lambda passes on messages of SQS.
    """
    if "receiptHandle" not in message or "eventSourceARN" not in message:
        return ""
    grouped = (message.get("attributes") or {}).get("MessageGroupId")
    if grouped or ATTRIBUTE in (message.get("messageAttributes") or {}):
        return ""
    problem = problem_of(message["body"])
    return group_of(problem) if problem else ""


def put_in_line(message: dict[str, Any]) -> str:
    """Send a message to its queue once more if it has to wait for its turn; under which group.

    Raises:
        ClientError: SQS refused; the message comes back by itself.
    """
    group = group_wanted(message)
    if group:
        from lifecycle.adapters.sqs_retry import send_again

        attributes = {ATTRIBUTE: {"DataType": "String", "StringValue": group}}
        send_again(message, 0, attributes, group=group)
    return group
