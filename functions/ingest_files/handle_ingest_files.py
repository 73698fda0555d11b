"""Hears: a data file landed, or need wait no more. Says: DataIngested or DataRejected."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest_files import (
    decide_ingested,
    decide_left_out,
    decide_no_data,
    decide_unreadable,
    decide_waiting,
)
from lifecycle.aws_events import ObjectCreated
from lifecycle.events import Fault, ProblemDefined, WaitingDataReleased
from lifecycle.landed import known_already, new_input, released
from lifecycle.leg import leg
from lifecycle.quarantine import set_aside
from lifecycle.snapshots import Snapshots, is_data, snapshot_folder, snapshot_settings
from read_landed import faults_of, read_landed
from science.examples.wanted import content_of
from science.readers.unreadable import UnreadableFile

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports
    from lifecycle.records import InputRecord


@leg(ObjectCreated, ProblemDefined, WaitingDataReleased)
def lambda_handler(
    cause: Cause[ObjectCreated | ProblemDefined | WaitingDataReleased], ports: Ports
) -> Decision:
    """Load what is known of the object; read it if it is new and its problem is defined."""
    event = cause.event
    if isinstance(event, ProblemDefined):
        return released(event.problem, ports.records.inputs(event.problem), "data")
    if not is_data(event.key):
        return decide_no_data(event.problem, event.key)
    row = new_input(event, "data")
    known = ports.records.get(row)
    if known and not known.waiting:
        return known_already(known)
    row = known or row
    problem = ports.records.problem(event.problem)
    if problem is None:
        return known_already(row) if known else decide_waiting(cause, row)
    return _take_in(cause, row, problem.definition, ports)


def _take_in(
    cause: Cause[Any], row: InputRecord, definition: dict[str, Any], ports: Ports
) -> Decision:
    source = f"s3://{row.bucket}/{row.source}"
    target = ports.settings.lake(row.problem, "ingested", f"{row.digest}.parquet")
    with tempfile.TemporaryDirectory() as folder:
        landed = ports.objects.download(source, Path(folder, "landed"))
        try:
            read = read_landed(landed, row, definition, Path(folder, "rows.parquet"), ports)
        except UnreadableFile as error:
            fault = Fault(path=row.source, message=error.reason, line=error.line, cure=error.cure)
            aside = set_aside(ports, row.problem, source, row.source, (fault,))
            return decide_unreadable(cause, _placed(row, definition, ports), (fault,), aside)
        ports.objects.upload(Path(folder, "rows.parquet"), target)
        row = row.model_copy(update={"bytes": Path(folder, "rows.parquet").stat().st_size})
    row = _placed(row, definition, ports)
    taken = decide_ingested(cause, row, target, read.rows, read.columns)
    left_out = faults_of(read.refused, row.source)
    if not left_out:
        return taken
    aside = set_aside(ports, row.problem, source, row.source, left_out)
    return decide_left_out(taken, row, left_out, aside)


def _placed(row: InputRecord, definition: dict[str, Any], ports: Ports) -> InputRecord:
    """The input in the snapshot that is open now: looked up after the reading, which takes long."""
    close = snapshot_settings(definition)["close"]
    if close == "auto" and content_of(row.source):
        close = "quiet"  # pictures and texts come one by one, and are learned from together
    if close == "at_once":
        return row
    snapshots = Snapshots(row.problem, ports.records.snapshots(row.problem))
    folder = snapshot_folder(row.source, close, snapshots.begun())
    name = snapshots.current(folder).name if folder else None
    return row.model_copy(update={"snapshot": name})
