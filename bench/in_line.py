"""What it costs a message to be put in line by its problem before it is handled.

Messages about objects that hold no rows, with which `ingest_files` is done at once, are put into
its queue, in turn without a group and with one: the first kind is put in line, the second is not.
What is measured is the time until the event's history row is there, and the difference.

Run: .venv/bin/python -m bench.in_line [--messages 100] [--state FOLDER]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bench.laptop import Laptop

if TYPE_CHECKING:
    from collections.abc import Sequence

PROBLEM, LEG = "turns", "ingest_files"
WARM_UP = 10
PATIENCE_SECONDS = 600.0
LOOK_SECONDS = 0.003


def landed(identity: str, bucket: str) -> dict[str, Any]:
    """S3's event of an object whose name says that it holds no rows."""
    return {
        "version": "0",
        "id": identity,
        "source": "aws.s3",
        "detail-type": "Object Created",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "bucket": {"name": bucket},
            "object": {"key": f"{PROBLEM}/data/_{identity}", "size": 1, "etag": "e"},
        },
    }


def handled_in(laptop: Laptop, url: str, group: dict[str, str]) -> float:
    """Seconds from sending one message until it is handled.

    Raises:
        TimeoutError: it never was.
    """
    identity = str(uuid4())
    body = json.dumps(landed(identity, laptop.outputs["LandingBucket"]))
    key = {"pk": {"S": f"event#{identity}"}, "sk": {"S": LEG}}
    sqs, table = laptop.client("sqs"), laptop.client("dynamodb")
    began = time.perf_counter()
    sqs.send_message(QueueUrl=url, MessageBody=body, **group)
    while "Item" not in table.get_item(TableName=laptop.outputs["RecordTable"], Key=key):
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise TimeoutError(f"message {identity} was never handled")
        time.sleep(LOOK_SECONDS)
    return time.perf_counter() - began


def measure(state: Path, messages: int) -> dict[str, float]:
    """Start a cloud and send so many messages of each kind, one after another."""
    laptop = Laptop(state)
    try:
        laptop.start()
        url = laptop.client("sqs").get_queue_url(QueueName="baton-IngestFiles")["QueueUrl"]
        kinds: tuple[dict[str, str], ...] = ({}, {"MessageGroupId": PROBLEM})
        found: list[list[float]] = [[], []]
        for _ in range(WARM_UP + messages):
            for kind, seconds in zip(kinds, found, strict=True):
                seconds.append(handled_in(laptop, url, kind))
        return told(found[0][WARM_UP:], found[1][WARM_UP:])
    finally:
        laptop.stop()


def told(in_line: Sequence[float], at_once: Sequence[float]) -> dict[str, float]:
    """Medians in milliseconds."""
    medians = [1000 * statistics.median(each) for each in (in_line, at_once)]
    return {
        "messages": len(in_line),
        "in_line_ms": round(medians[0], 1),
        "at_once_ms": round(medians[1], 1),
        "difference_ms": round(medians[0] - medians[1], 1),
    }


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100)
    parser.add_argument("--state", type=Path, help="keep the cloud's state here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(arguments.state or Path(folder, "state"), arguments.messages)))


if __name__ == "__main__":
    main()
