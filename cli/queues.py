"""The stack's queues: which leg each belongs to, and what lies in its dead-letter queue."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lifecycle.given_up import problem_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cli.stack import Stack

QUEUE = "AWS::SQS::Queue"
DEAD_LETTERS = "DeadLetters"
"""Logical ids in template.yaml: ``PrepareDataQueue`` and ``PrepareDataDeadLetters``."""

AT_ONCE = 8
VISIBILITY_SECONDS = 60
UNTOLD = "the function ended before it could say why (its time, its memory); its log tells more"


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

    @property
    def of_stream(self) -> bool:
        """Whether it holds notes of stretches of the stream, and not messages."""
        return self.source_url is None


@dataclass(frozen=True)
class Moved:
    """What became of one dead letter.

    Attributes:
        problem: whose it was, where that can be told.
        reason: why the leg had given up on it.
    """

    problem: str | None
    reason: str


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


def redrive(
    client: Any,
    queue: DeadLetters,
    wanted: Callable[[str], bool],
    told: Callable[[str], str | None],
) -> list[Moved]:
    """Move messages back to the leg's own queue.

    Each is sent before it is deleted: a crash between leaves it twice, which legs do not mind.
    StartMessageMoveTask would move all or nothing, says not how many, and the laptop lacks it.

    Args:
        client: boto3's client of SQS.
        queue: the dead-letter queue of a leg that a queue drives.
        wanted: tells by a message's body whether it goes back.
        told: why a leg gave up on the message of a body, where that was kept.
    """
    moved, left = [], []
    for message in messages(client, queue):
        body = message["Body"]
        if wanted(body):
            client.send_message(QueueUrl=queue.source_url, MessageBody=body)
            client.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
            moved.append(Moved(problem_of(body), told(body) or UNTOLD))
        else:
            left.append(message["ReceiptHandle"])
    for handle in left:  # who looks next is to find them
        client.change_message_visibility(
            QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=0
        )
    return moved


def messages(client: Any, queue: DeadLetters) -> Iterator[dict[str, Any]]:
    """Each message once; one that the caller leaves there is hidden from others for a while."""
    seen: set[str] = set()
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
            seen.add(message["MessageId"])
            yield message
