"""Hears: a stretch of the Kinesis stream. Says: DataIngested and DataRejected.

The batch succeeds even when records in it are bad: each of those is set aside by itself. Only a
failure of AWS raises, and then the whole batch comes again and is taken in once, since the shard's
mark and the rows are one transaction.
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest_records import Taken, decide, sort_records, source_name
from lifecycle.advance import advance
from lifecycle.aws_events import RecordsArrived
from lifecycle.cause import Cause
from lifecycle.names import digest
from lifecycle.personal import personal_data, protection
from lifecycle.quarantine import reason_document
from lifecycle.records import ShardRecord
from science.personal import protect
from science.tables import ingest

if TYPE_CHECKING:
    from ingest_records import Stretch
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


def lambda_handler(event: dict[str, Any], _context: object = None) -> dict[str, Any]:
    """Take in a batch of one shard (Lambda Developer Guide, "Using Lambda with Kinesis")."""
    from lifecycle.adapters import ports_from_environment

    take_in(event["Records"], ports_from_environment())
    return {"batchItemFailures": []}


def take_in(records: list[dict[str, Any]], ports: Ports) -> None:
    """Take in a stretch of one shard, once, however often it is delivered."""
    first, last = (records[end]["kinesis"]["sequenceNumber"] for end in (0, -1))
    name = records[0]["eventID"].split(":", 1)[0]
    stream = records[0]["eventSourceARN"].rsplit("/", 1)[-1]
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    identity = digest(stream, name, first, last, length=32)
    arrived = RecordsArrived(stream=stream, shard=name, first=first, last=last)
    cause = Cause(arrived, identity, now, identity)

    def load_and_decide() -> Decision:
        row = ShardRecord(stream=stream, shard=name)
        shard = ports.records.get(row) or row
        source = source_name(shard, last)
        taken = [
            _store(problem, stretch, source, ports)
            for problem, stretch in sort_records(records, shard).items()
        ]
        mark = str(max(int(last), int(shard.sequence)))
        return decide(cause, taken, shard, mark)

    advance("ingest_records", cause, load_and_decide, ports)


def _store(problem: str, stretch: Stretch, source: str, ports: Ports) -> Taken:
    """Write one problem's rows, truths and poison to the lake, under names of the stretch."""
    name = digest(problem, source)
    uri = aside = None
    columns = 0
    known = ports.records.problem(problem)
    definition = known.definition if known else {}
    if stretch.rows:
        uri = ports.settings.lake(problem, "ingested", f"{name}.parquet")
        with tempfile.TemporaryDirectory() as folder:
            rows = Path(folder, "rows.jsonl")
            rows.write_bytes(_lines(stretch.rows))
            columns = ingest(rows, rows.name, Path(folder, "rows.parquet")).columns
            protect(Path(folder, "rows.parquet"), *personal_data(problem, definition, ports))
            ports.objects.upload(Path(folder, "rows.parquet"), uri)
    if stretch.truths:
        target = ports.settings.lake(problem, "truth", "incoming", f"{name}.jsonl")
        ports.objects.write(target, _lines(stretch.truths))
    faults = tuple(fault for _, _, fault in stretch.poison)
    if faults:
        aside = _quarantine(problem, definition, source, f"{name}.jsonl", ports)
        kept = [{"sequenceNumber": number, "data": raw} for number, raw, _ in stretch.poison]
        ports.objects.write(aside, _lines(kept))
        reason = reason_document(source, faults)
        ports.objects.write(f"{aside}.reason.json", reason, "application/json")
    truths = len(stretch.truths)
    treated = protection(definition)
    return Taken(problem, uri, len(stretch.rows), columns, truths, faults, aside, treated)


def _quarantine(
    problem: str, definition: dict[str, Any], source: str, name: str, ports: Ports
) -> str:
    """Where poison is kept: in the landing bucket, where the problem has personal data."""
    settings = ports.settings
    if protection(definition):
        return f"s3://{settings.landing_bucket}/{problem}/quarantine/{source}/{name}"
    return settings.lake(problem, "quarantine", source, name)


def _lines(documents: list[dict[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(item, ensure_ascii=False)}\n" for item in documents).encode()
