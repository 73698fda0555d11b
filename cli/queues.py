"""The stack's queues: which leg each belongs to, and what lies in its dead-letter queue."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cli.stack import Stack

QUEUE = "AWS::SQS::Queue"
DEAD_LETTERS = "DeadLetters"
"""Logical ids in template.yaml: ``PrepareDataQueue`` and ``PrepareDataDeadLetters``."""

AT_ONCE = 8
VISIBILITY_SECONDS = 60


@dataclass(frozen=True)
class DeadLetters:
    """What one leg gave up on.

    Attributes:
        leg: the function's name, such as ``prepare_data``.
        url: the dead-letter queue.
        source_url: the leg's own queue; None where messages came from elsewhere (the stream).
        depth: about how many messages lie there.
    """

    leg: str
    url: str
    source_url: str | None
    depth: int


def leg_name(logical_id: str) -> str:
    """A leg's name out of a logical id: ``PrepareData`` → ``prepare_data``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", logical_id).lower()


def dead_letters(stack: Stack) -> list[DeadLetters]:
    """Every dead-letter queue of the stack, by leg."""
    queues = stack.of_type(QUEUE)
    named = {name: url for name, url in queues.items() if name.endswith(DEAD_LETTERS)}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        depths = list(pool.map(lambda url: _depth(stack, url), named.values()))
    found = []
    for (name, url), depth in zip(named.items(), depths, strict=True):
        leg = name.removesuffix(DEAD_LETTERS)
        found.append(DeadLetters(leg_name(leg), url, queues.get(f"{leg}Queue"), depth))
    return sorted(found, key=lambda queue: queue.leg)


def _depth(stack: Stack, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    answer = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(answer["Attributes"][name])


def problem_of(body: str) -> str | None:
    """The problem that a message of a leg's queue is about, where that can be told."""
    try:
        envelope = json.loads(body)
        detail = envelope.get("detail") or {}
        data = detail.get("data")
        if isinstance(data, dict) and data.get("problem"):
            return str(data["problem"])
        return _of_aws(detail)
    except (ValueError, AttributeError):
        return None


def _of_aws(detail: dict[str, Any]) -> str | None:
    """The problem in what AWS sends: an object's first folder, an endpoint, a package group."""
    key = (detail.get("object") or {}).get("key")
    if key:
        return str(key).split("/", 1)[0]
    name = detail.get("EndpointName") or detail.get("ModelPackageGroupName")
    return str(name) if name else None


def redrive(
    client: Any,
    queue: DeadLetters,
    wanted: Callable[[str], bool],
) -> int:
    """Move messages back to the leg's own queue, and return how many were.

    Each is sent before it is deleted: a crash between leaves it twice, which legs do not mind.
    StartMessageMoveTask would move all or nothing, says not how many, and the laptop lacks it.

    Args:
        client: boto3's SQS client.
        queue: the dead-letter queue.
        wanted: tells by a message's body whether it goes back.

    Raises:
        CliError: there is no queue to move them back to.
    """
    if queue.source_url is None:
        raise CliError(
            f"The dead letters of {queue.leg} name stretches of the stream, not events.",
            "Send the records again: `baton put PROBLEM FILE --stream`.",
        )
    moved = 0
    for message in _messages(client, queue):
        if wanted(message["Body"]):
            attributes = message.get("MessageAttributes") or {}
            client.send_message(
                QueueUrl=queue.source_url,
                MessageBody=message["Body"],
                MessageAttributes=attributes,
            )
            client.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def _messages(client: Any, queue: DeadLetters) -> Iterator[dict[str, Any]]:
    """Each message once; those left alone become visible again when the caller is done."""
    seen: dict[str, str] = {}
    while True:
        answer = client.receive_message(
            QueueUrl=queue.url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=VISIBILITY_SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
        )
        new = [each for each in answer.get("Messages", []) if each["MessageId"] not in seen]
        if not new:
            return
        for message in new:
            seen[message["MessageId"]] = message["ReceiptHandle"]
            yield message
