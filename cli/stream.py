"""Rows onto the Kinesis stream, in batches, until every one of them is accepted."""

from __future__ import annotations

import json
import time
import uuid
from itertools import chain
from typing import TYPE_CHECKING, Any

from cli.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

BATCH_RECORDS = 500
BATCH_BYTES = 5 * 1024 * 1024
RECORD_BYTES = 1024 * 1024
"""Limits of PutRecords: records and bytes a request, bytes a record."""

ATTEMPTS = 10
FIRST_PAUSE = 0.1
LAST_PAUSE = 5.0

type Entry = dict[str, Any]


def record_entries(problem: str, rows: Iterable[dict[str, Any]]) -> Iterator[Entry]:
    """Rows to learn from as the contract's records."""
    for row in rows:
        yield _entry({"problem": problem, "record": row})


def truth_entries(problem: str, rows: Iterable[dict[str, Any]]) -> Iterator[Entry]:
    """What really happened as the contract's records.

    Raises:
        CliError: a row lacks ``inference_id`` or ``label``.
    """
    for number, row in enumerate(rows, 1):
        if row.get("inference_id") is None or row.get("label") is None:
            raise CliError(
                f"Row {number} has no inference_id or no label.",
                "Ground truth has exactly these two columns.",
            )
        yield _entry(
            {"problem": problem, "inference_id": row["inference_id"], "label": row["label"]}
        )


def _entry(document: dict[str, Any]) -> Entry:
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    if len(data) > RECORD_BYTES:
        raise CliError(f"A record of {len(data)} bytes is more than Kinesis takes (1 MiB).")
    return {"Data": data, "PartitionKey": uuid.uuid4().hex}


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Entries in groups that one PutRecords takes."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        length = len(entry["Data"]) + len(entry["PartitionKey"])
        if batch and (len(batch) == BATCH_RECORDS or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += length
    if batch:
        yield batch


def send(
    client: Any,
    stream: str,
    entries: Iterable[Entry],
    *,
    progress: Callable[[int], Any] = lambda _count: None,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Put entries on the stream; those that it refuses for now are put again, with growing pauses.

    Args:
        client: boto3's Kinesis client.
        stream: the stream's name or ARN.
        entries: what to send.
        progress: hears how many more were accepted.
        pause: waits so many seconds.

    Returns:
        How many records were accepted: all of them.

    Raises:
        CliError: some were refused again and again.
    """
    where = {"StreamARN" if stream.startswith("arn:") else "StreamName": stream}
    accepted = 0
    for batch in batches(entries):
        left = batch
        for attempt in range(ATTEMPTS):
            answer = client.put_records(Records=left, **where)
            failed = [
                entry
                for entry, result in zip(left, answer["Records"], strict=True)
                if result.get("ErrorCode")
            ]
            accepted += len(left) - len(failed)
            progress(len(left) - len(failed))
            if not failed:
                break
            left = failed
            pause(min(FIRST_PAUSE * 2**attempt, LAST_PAUSE))
        else:
            codes = {result.get("ErrorCode") for result in answer["Records"]} - {None}
            raise CliError(
                f"{accepted} records arrived; {len(left)} more were refused {ATTEMPTS} times "
                f"({', '.join(sorted(map(str, codes)))}).",
                "Give the stream more shards, or send more slowly (--rate).",
            )
    return accepted


def at_rate(
    entries: Iterable[Entry], per_second: float, pause: Callable[[float], None] = time.sleep
) -> Iterator[Entry]:
    """Hold entries back so that at most so many pass a second."""
    begin = time.monotonic()
    for number, entry in enumerate(chain(entries)):
        ahead = number / per_second - (time.monotonic() - begin)
        if ahead > 0:
            pause(ahead)
        yield entry
