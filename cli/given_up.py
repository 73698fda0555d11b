"""Stretches of the stream that were given up: read again while the stream still holds them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cli.errors import CliError
from cli.queues import messages

if TYPE_CHECKING:
    from cli.queues import DeadLetters
    from cli.stack import Stack

FUNCTION = "AWS::Lambda::Function"
LEG = "IngestRecords"
PATIENCE_SECONDS = 130
"""A little longer than the function may take."""


@dataclass(frozen=True)
class StretchAgain:
    """What became of one stretch.

    Attributes:
        shard: the shard that held it.
        first: the sequence number of its first record.
        last: and of its last.
        arrived: when its first record arrived, ISO 8601.
        held: how many of its records the stream still has.
        taken: how many of those were taken in now; the others had been before.
        lost: how many the stream has no more.
    """

    shard: str
    first: str
    last: str
    arrived: str
    held: int
    taken: int
    lost: int

    def document(self) -> dict[str, Any]:
        """As programs read it."""
        return asdict(self)


def take_up(stack: Stack, queue: DeadLetters) -> list[StretchAgain]:
    """Let the leg that reads the stream take up every stretch that it gave up.

    A note is deleted once its stretch was taken in; asked twice, the leg takes in nothing twice.

    Raises:
        CliError: the leg failed again; its note stays.
    """
    client = stack.client("sqs")
    found = []
    for message in messages(client, queue):
        note = json.loads(message["Body"])
        info = note["KinesisBatchInfo"]
        answer = _ask(stack, note)
        client.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
        found.append(
            StretchAgain(
                shard=info["shardId"],
                first=info["startSequenceNumber"],
                last=info["endSequenceNumber"],
                arrived=str(info.get("approximateArrivalOfFirstRecord", "")),
                **answer,
            )
        )
    return found


def _ask(stack: Stack, note: dict[str, Any]) -> dict[str, int]:
    """Call the leg with a note; it answers with counts."""
    function = stack.of_type(FUNCTION)[LEG]
    client = stack.client("lambda", seconds=PATIENCE_SECONDS)
    answer = client.invoke(FunctionName=function, Payload=json.dumps(note).encode())
    said = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise CliError(
            f"The stretch could not be taken in: {said.get('errorMessage', 'it ended untold')}.",
            f"Its note stays in the dead letters; the log of {function} tells more.",
        )
    return {name: int(said[name]) for name in ("held", "taken", "lost")}
