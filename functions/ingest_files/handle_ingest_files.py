"""Hears: a data file landed, or need wait no more. Says: DataIngested or DataRejected."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from follow_schema import follow
from ingest_files import (
    decide_gone,
    decide_ingested,
    decide_left_out,
    decide_no_data,
    decide_unreadable,
    decide_waiting,
)
from lifecycle.aws_events import ObjectCreated
from lifecycle.errors import ObjectChangedError
from lifecycle.events import Fault, ProblemDefined, WaitingDataReleased
from lifecycle.landed import counts, known_already, new_input, released
from lifecycle.leg import leg
from lifecycle.personal import personal_data, protection
from lifecycle.quarantine import set_aside
from lifecycle.snapshots import Snapshots, is_data, snapshot_folder, snapshot_settings
from read_landed import faults_of, read_landed
from science.examples.wanted import content_of
from science.personal import protect
from science.readers.unreadable import UnreadableFile
from science.schema import LostColumn

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports
    from lifecycle.records import InputRecord


@leg(ObjectCreated, ProblemDefined, WaitingDataReleased, fair=True)
def lambda_handler(
    cause: Cause[ObjectCreated | ProblemDefined | WaitingDataReleased], ports: Ports
) -> Decision:
    """Load what is known of the object; read it if it is new and its problem is defined."""
    event = cause.event
    if isinstance(event, ProblemDefined):
        return _released(event.problem, ports)
    if isinstance(event, ObjectCreated) and not is_data(event.key):
        return decide_no_data(event.problem, event.key)
    row = new_input(event, "data")
    known = ports.records.get(row)
    problem = ports.records.problem(event.problem)
    now = protection(problem.definition) if problem else ""
    if known and counts(known, event) and known.protection == now:
        return known_already(known)
    row = known.model_copy(update={"sequencer": row.sequencer}) if known else row
    if problem is None:
        return known_already(row) if known else decide_waiting(cause, row)
    row = row.model_copy(update={"protection": now})
    return _take_in(cause, row, problem.definition, ports)


def _released(name: str, ports: Ports) -> Decision:
    problem = ports.records.problem(name)
    now = protection(problem.definition) if problem else ""
    return released(name, ports.records.inputs(name), "data", now)


def _take_in(
    cause: Cause[Any], row: InputRecord, definition: dict[str, Any], ports: Ports
) -> Decision:
    source = f"s3://{row.bucket}/{row.source}"
    target = ports.settings.lake(row.problem, "ingested", f"{row.digest}.parquet")
    with tempfile.TemporaryDirectory() as folder:
        try:
            landed = ports.objects.download(source, Path(folder, "landed"), row.etag)
        except (FileNotFoundError, ObjectChangedError):
            return decide_gone(row)
        rows = Path(folder, "rows.parquet")
        try:
            read = read_landed(landed, row, definition, rows, ports)
            row, schema = follow(rows, row, definition, ports)
        except UnreadableFile as error:
            return _refuse(cause, _placed(row, definition, ports), error, ports)
        protect(rows, *personal_data(row.problem, definition, ports))
        ports.objects.upload(rows, target)
        row = row.model_copy(update={"bytes": rows.stat().st_size})
    row = _placed(row, definition, ports)
    taken = decide_ingested(cause, row, target, read, schema)
    left_out = faults_of(read.refused, row.source)
    if not left_out:
        return taken
    personal = bool(row.protection)
    aside = set_aside(ports, row.problem, source, row.source, left_out, personal=personal)
    return decide_left_out(taken, row, left_out, aside)


def _refuse(cause: Cause[Any], row: InputRecord, error: UnreadableFile, ports: Ports) -> Decision:
    fault = Fault(path=row.source, message=error.reason, line=error.line, cure=error.cure)
    source = f"s3://{row.bucket}/{row.source}"
    personal = bool(row.protection)
    aside = set_aside(ports, row.problem, source, row.source, (fault,), personal=personal)
    waits = isinstance(error, LostColumn)
    return decide_unreadable(cause, row, (fault,), aside, waits=waits)


def _placed(row: InputRecord, definition: dict[str, Any], ports: Ports) -> InputRecord:
    """The input in the snapshot that is open now: looked up after the reading, which takes long."""
    close = snapshot_settings(definition)["close"]
    if close == "auto" and content_of(row.source):
        close = "quiet"  # pictures and texts come one by one, and are learned from together
    if close == "at_once" or row.origin != "file":
        return row
    snapshots = Snapshots(row.problem, ports.records.snapshots(row.problem))
    folder = snapshot_folder(row.source, close, snapshots.begun())
    name = snapshots.current(folder).name if folder else None
    return row.model_copy(update={"snapshot": name})
