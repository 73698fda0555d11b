"""Hears: a stretch of the Kinesis stream. Says: DataIngested, DataRejected, ProblemAwaited.

The batch succeeds even when records in it are bad: each of those is set aside by itself. Only a
failure of AWS raises, and then the whole batch comes again and is taken in once, since the shard's
mark and the rows are one transaction.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from given_up_stretch import GivenUp, is_taken, read_again, untaken
from ingest_records import Piece, Taken, cut, decide, sort_records, source_name
from lifecycle.advance import advance, announce_again
from lifecycle.aws_events import RecordsArrived
from lifecycle.cause import Cause
from lifecycle.clock import now
from lifecycle.names import digest
from lifecycle.personal import personal_data, protection
from lifecycle.problem_scope import scoped
from lifecycle.quarantine import reason_document
from lifecycle.records import AwaitedRecord, ShardRecord
from lifecycle.stretches import stretch, stretch_after
from science.personal import protect
from science.tables import ingest

if TYPE_CHECKING:
    from ingest_records import Stretch
    from lifecycle.decision import Decision
    from lifecycle.events import Fault
    from lifecycle.ports import Ports
    from lifecycle.records import Record


LEG = "ingest_records"


def lambda_handler(event: dict[str, Any], _context: object = None) -> dict[str, Any]:
    """Take in a batch of one shard (Lambda Developer Guide, "Using Lambda with Kinesis").

    Called by hand with Lambda's note of a stretch that it gave up on, as ``baton redrive`` does,
    it reads the stretch again and answers how many records it ``held``, how many of those had
    not been taken in (``taken``), and how many the stream had ``lost``.
    """
    from lifecycle.adapters import ports_from_environment

    if "KinesisBatchInfo" in event:
        from lifecycle.adapters.clients import client

        return take_again(GivenUp.of(event), client("kinesis"), ports_from_environment())
    take_in(event["Records"], ports_from_environment())
    return {"batchItemFailures": []}


def take_in(records: list[dict[str, Any]], ports: Ports) -> None:
    """Take in a stretch of one shard, once, however often it is delivered."""
    name = records[0]["eventID"].split(":", 1)[0]
    stream = records[0]["eventSourceARN"].rsplit("/", 1)[-1]
    for piece in cut(records):
        _take_piece(piece, ShardRecord(stream=stream, shard=name), ports)


def _take_piece(piece: Piece, row: ShardRecord, ports: Ports) -> None:
    """Take in what comes after the shard's mark, and move the mark on."""
    cause = _cause(piece, row)
    before = ports.records.get(row)
    if before and before.cause and int(piece.first) <= int(before.sequence):
        # Some of it was taken in by a delivery that was cut differently, and may have ended before
        # it said so.
        announce_again(LEG, before.cause, ports)

    def load_and_decide() -> Decision:
        shard = ports.records.get(row) or row
        source = source_name(shard, piece.last)
        taken = _store_all(sort_records(piece, shard), source, ports)
        last = str(max(int(piece.last), int(shard.sequence)))
        moved = shard.model_copy(update={"sequence": last, "cause": cause.id})
        new = stretch_after(shard, piece.first, piece.last, cause.id)
        return decide(cause, taken, source, (moved, *new))

    advance(LEG, cause, load_and_decide, ports)


def take_again(note: GivenUp, client: Any, ports: Ports) -> dict[str, Any]:
    """Take in what of a stretch was never taken in, once, however often it is asked for.

    Args:
        note: the stretch that was given up.
        client: boto3's client of Kinesis.
        ports: the doors.
    """
    held = read_again(client, note)
    taken = ports.records.stretches(note.stream, note.shard)
    for each in taken:
        if note.meets(each):
            # The function may have ended, for the last time, before it said so.
            announce_again(LEG, each.cause, ports)
    wanted = untaken(held, taken)
    for piece in cut(wanted):
        _take_piece_again(piece, note, ports)
    return {"held": len(held), "taken": len(wanted), "lost": max(note.records - len(held), 0)}


def _take_piece_again(piece: Piece, note: GivenUp, ports: Ports) -> None:
    """Take in a piece beside the shard's mark, which has passed it.

    The row that everything taken again moves keeps two calls at a time from taking the same.
    """
    row = ShardRecord(stream=note.stream, shard=f"{note.shard}/again")
    cause = _cause(piece, row)

    def load_and_decide() -> Decision:
        shard = ports.records.get(row) or row
        taken = ports.records.stretches(note.stream, note.shard)
        left = Piece([item for item in piece.contents if not is_taken(item[0], taken)], set())
        source = source_name(row, piece.last)
        stored = _store_all(sort_records(left, row), source, ports)
        moved = shard.model_copy(update={"cause": cause.id})
        # All that lies between two records of a piece and is not in it was taken in before.
        marks: tuple[Record, ...] = (moved,)
        if left.contents:
            marks += (stretch(note.stream, note.shard, left.first, left.last, cause.id),)
        return decide(cause, stored, source, marks)

    advance(LEG, cause, load_and_decide, ports)


def _cause(piece: Piece, row: ShardRecord) -> Cause[RecordsArrived]:
    identity = digest(row.stream, row.shard, piece.first, piece.last, length=32)
    arrived = RecordsArrived(stream=row.stream, shard=row.shard, first=piece.first, last=piece.last)
    return Cause(arrived, identity, now(), identity)


def _store_all(stretches: dict[str, Stretch], source: str, ports: Ports) -> list[Taken]:
    return [
        _store(problem, each, source, scoped(ports, problem)) for problem, each in stretches.items()
    ]


def _store(problem: str, stretch: Stretch, source: str, ports: Ports) -> Taken:
    """Write one problem's rows, truths and poison, under names of the stretch."""
    name = digest(problem, source)
    if stretch.truths:
        target = ports.settings.lake(problem, "truth", "incoming", f"{name}.jsonl")
        ports.objects.write(target, _lines(stretch.truths))
    known = ports.records.problem(problem)
    definition = known.definition if known else {}
    faults, aside = _set_aside(problem, definition, stretch, source, ports)
    taken = Taken(problem, None, len(stretch.rows), 0, len(stretch.truths), faults, aside)
    if not stretch.rows:
        return taken
    if known is None:
        # Nothing is known of it yet, not even which columns are personal: its rows stay in the
        # bucket that users write to, outside data/, and are taken up when it is defined.
        key = f"{problem}/{source}.jsonl"
        bucket = ports.settings.landing_bucket
        ports.objects.write(f"s3://{bucket}/{key}", _lines(stretch.rows))
        awaited = ports.records.get(AwaitedRecord(problem=problem)) is not None
        return replace(taken, waits_in=bucket, waits_at=key, awaited=awaited)
    uri = ports.settings.lake(problem, "ingested", f"{name}.parquet")
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder, "rows.jsonl")
        rows.write_bytes(_lines(stretch.rows))
        made = ingest(rows, rows.name, Path(folder, "rows.parquet"))
        protect(Path(folder, "rows.parquet"), *personal_data(problem, definition, ports))
        ports.objects.upload(Path(folder, "rows.parquet"), uri)
    treated = protection(definition)
    return replace(taken, uri=uri, columns=made.columns, bytes=made.bytes, protection=treated)


def _set_aside(
    problem: str, definition: dict[str, Any], stretch: Stretch, source: str, ports: Ports
) -> tuple[tuple[Fault, ...], str | None]:
    """Keep each bad record as it came, beside its reason; the faults, and where they lie."""
    faults = tuple(fault for _, _, fault in stretch.poison)
    if not faults:
        return (), None
    name = f"{digest(problem, source)}.jsonl"
    aside = _quarantine(problem, definition, source, name, ports)
    kept = [{"sequenceNumber": number, "data": raw} for number, raw, _ in stretch.poison]
    ports.objects.write(aside, _lines(kept))
    reason = reason_document(source, faults)
    ports.objects.write(f"{aside}.reason.json", reason, "application/json")
    return faults, aside


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
