"""The Kinesis handler: one large batch on one core, and its memory over many batches.

Each batch is as Lambda passes it on (base64, one shard). All doors but the record table are
in-memory; the science is the real one: rows are parsed, written as Parquet, and recorded.

Run: .venv/bin/python -m bench.stream [--records 10000] [--bytes 500] [--batches 1000]
Prints the seconds of one batch (median of five, on one core), how long one record takes, and the
resident memory after 100 batches and after all.
"""

from __future__ import annotations

import argparse
import base64
import json
import logging
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / part) for part in ("functions/ingest_records", "layers/lifecycle")]
sys.path[:0] = [str(ROOT / "layers/science")]

ARN = "arn:aws:kinesis:eu-west-1:111122223333:stream/baton-records"
SHARD = "shardId-000000000000"
FIRST = 49590338271490256608559692540925702759324208523137515618
TURNS, MOST_SECONDS = 5, 1.0
SMALL = 100
"""Records in each of the many batches."""


def batch(number: int, records: int, size: int) -> list[dict[str, Any]]:
    """So many records of about so many bytes; sequence numbers grow from batch to batch."""
    made = []
    for index in range(records):
        at = number * records + index
        row = {"id": at, "age": at % 90, "spent": at * 0.37, "town": f"town {at % 500}", "note": ""}
        body = json.dumps({"problem": "churn", "record": row})
        row["note"] = "x" * max(0, size - len(body))
        data = json.dumps({"problem": "churn", "record": row}).encode()
        made.append(
            {
                "eventID": f"{SHARD}:{FIRST + at}",
                "eventSourceARN": ARN,
                "kinesis": {
                    "sequenceNumber": str(FIRST + at),
                    "data": base64.b64encode(data).decode(),
                },
            }
        )
    return made


def doors() -> Any:
    """A stack in memory with the problem defined; objects are counted and forgotten."""
    from tests.builders import problem_record
    from tests.fakes import FakeBus, FakeObjects, FakeRecords, fake_ports

    class Forgetful(FakeObjects):
        def upload(self, path: Path, *_about: Any, **_more: Any) -> None:
            path.read_bytes()

    class Deaf(FakeBus):
        def put(self, _entries: Any) -> None:
            pass

    return fake_ports(FakeRecords(problem_record()), Forgetful(), bus=Deaf())


def resident() -> float:
    """The process's resident memory now, in MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def forget(ports: Any) -> None:
    """Drop what the table in memory holds of batches before; a real one is elsewhere."""
    kept = {"problem", "shard"}
    rows = ports.records.rows
    for key in [key for key, row in rows.items() if row.kind not in kept]:
        del rows[key]


def main() -> None:
    """Time one batch, then watch the memory."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--bytes", type=int, default=500)
    parser.add_argument("--batches", type=int, default=1000)
    chosen = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    logging.disable(logging.INFO)
    from handle_ingest_records import take_in

    seconds = []
    for turn in range(TURNS + 1):
        records = batch(turn, chosen.records, chosen.bytes)
        ports = doors()
        started, worked = time.perf_counter(), time.process_time()
        take_in(records, ports)
        seconds.append((time.perf_counter() - started, time.process_time() - worked))
    wall = statistics.median(each for each, _ in seconds[1:])
    work = statistics.median(each for _, each in seconds[1:])
    print(
        f"{chosen.records:,} records of {chosen.bytes} bytes on one core: "
        f"{wall:.3f} s ({work:.3f} s of CPU), {work / chosen.records * 1e6:.1f} µs a record; "
        f"under {MOST_SECONDS:g} s: {'yes' if wall < MOST_SECONDS else 'no'}"
    )
    ports = doors()
    for number in range(1, chosen.batches + 1):
        take_in(batch(number, SMALL, chosen.bytes), ports)
        forget(ports)
        if number in {SMALL, chosen.batches}:
            print(f"resident memory after {number:,} batches: {resident():.1f} MB")


if __name__ == "__main__":
    main()
