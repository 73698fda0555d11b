"""A data file landed: take it into the lake as Parquet, once, or set it aside with its reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lifecycle.decision import Decision
from lifecycle.events import DataIngested, DataRejected
from lifecycle.records import ProblemRecord, SnapshotRecord

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.events import Fault
    from lifecycle.records import InputRecord


def decide_waiting(cause: Cause[Any], row: InputRecord) -> Decision:
    """There is no problem yet: the object stays where it is until there is one."""
    nobody = ProblemRecord(problem=row.problem, definition={})
    waiting = row.model_copy(update={"waiting": True, "at": cause.time})
    return Decision(
        f"{row.source} waits until {row.problem}/problem.yaml lands.",
        problem=row.problem,
        records=(waiting,),
        absent=(nobody,),
    )


def decide_no_data(problem: str, key: str) -> Decision:
    """A marker, a hidden object or a folder's placeholder: no fault, and nothing to read."""
    return Decision(f"{key} is named as something that holds no rows.", problem=problem)


def decide_ingested(
    cause: Cause[Any], row: InputRecord, uri: str, rows: int, columns: int
) -> Decision:
    """The object was read; its rows lie at ``uri``. Its snapshot must not be closed meanwhile."""
    problem = row.problem
    taken = row.model_copy(
        update={"waiting": False, "uri": uri, "rows": rows, "columns": columns, "at": cause.time}
    )
    said = DataIngested(
        problem=problem,
        origin="file",
        source=row.source,
        uri=uri,
        rows=rows,
        columns=columns,
        snapshot=row.snapshot,
    )
    return Decision(
        f"{row.source} was taken in: {rows} rows, {columns} columns.",
        problem=problem,
        records=(taken,),
        absent=_next_snapshot(row),
        events=(said,),
    )


def decide_left_out(
    taken: Decision, row: InputRecord, faults: tuple[Fault, ...], quarantine_uri: str
) -> Decision:
    """Some examples of the object cannot be read; the others go on, and a copy is set aside."""
    said = DataRejected(
        problem=row.problem,
        source=row.source,
        faults=faults,
        quarantine_uri=quarantine_uri,
        snapshot=row.snapshot,
    )
    reason = f"{taken.reason} {len(faults)} fault(s), the first: {faults[0].message}"
    return replace(taken, reason=reason, events=(*taken.events, said))


def _next_snapshot(row: InputRecord) -> tuple[SnapshotRecord, ...]:
    """The row that closing the input's snapshot would make."""
    if row.snapshot is None:
        return ()
    folder, _, number = row.snapshot.rpartition("#")
    return (SnapshotRecord(problem=row.problem, folder=folder, number=int(number) + 1),)


def decide_unreadable(
    cause: Cause[Any], row: InputRecord, faults: tuple[Fault, ...], quarantine_uri: str
) -> Decision:
    """The object cannot be read; it lies unchanged in quarantine, with its reason beside it."""
    refused = row.model_copy(update={"waiting": False, "rejected": faults, "at": cause.time})
    said = DataRejected(
        problem=row.problem,
        source=row.source,
        faults=faults,
        quarantine_uri=quarantine_uri,
        snapshot=row.snapshot,
    )
    return Decision(
        f"{row.source} was set aside: {faults[0].message}",
        problem=row.problem,
        records=(refused,),
        absent=_next_snapshot(row),
        events=(said,),
    )
