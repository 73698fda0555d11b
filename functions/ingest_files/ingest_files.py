"""A data file landed: take it into the lake as Parquet, once, or set it aside with its reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lifecycle.decision import Decision
from lifecycle.events import DataIngested, DataRejected
from lifecycle.records import ProblemRecord, SchemaRecord, SnapshotRecord

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.events import Fault
    from lifecycle.records import InputRecord
    from science.examples.taking import Taken


CHANGES_TOLD = 3
"""So many changes of the columns stand in the history's sentence; the event has all that are kept.
"""


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


def decide_gone(row: InputRecord) -> Decision:
    """The object was removed or replaced before it was read; the one that is there now counts.

    Its row, if it waited for its problem, waits no more; dropped again it is a new object.
    """
    return Decision(
        f"{row.source} was removed or replaced before it was read.",
        problem=row.problem,
        records=(row.model_copy(update={"waiting": False}),) if row.version else (),
    )


def decide_ingested(
    cause: Cause[Any],
    row: InputRecord,
    uri: str,
    counted: Taken,
    schema: SchemaRecord | None = None,
) -> Decision:
    """The object was read; its rows lie at ``uri``. Its snapshot must not be closed meanwhile.

    Args:
        cause: what was heard.
        row: the object's row.
        uri: where its rows lie.
        counted: how many there are.
        schema: the columns of all files with this one, if it changed them.
    """
    rows, columns = counted.rows, counted.columns
    problem = row.problem
    taken = row.model_copy(
        update={
            "waiting": False,
            "rejected": (),
            "uri": uri,
            "rows": rows,
            "columns": columns,
            "at": cause.time,
        }
    )
    said = DataIngested(
        problem=problem,
        origin=row.origin,
        source=row.source,
        uri=uri,
        rows=rows,
        columns=columns,
        snapshot=row.snapshot,
        changes=row.changes,
    )
    return Decision(
        f"{row.source} was taken in: {rows} rows, {columns} columns.{_told(row.changes)}",
        problem=problem,
        records=(taken, schema) if schema else (taken,),
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


def _told(changes: tuple[str, ...]) -> str:
    """The first changes of the columns, in words."""
    more = f" And {len(changes) - CHANGES_TOLD} more." if len(changes) > CHANGES_TOLD else ""
    return "".join(f" {change}" for change in changes[:CHANGES_TOLD]) + more


def _next_snapshot(row: InputRecord) -> tuple[SnapshotRecord, ...]:
    """The row that closing the input's snapshot would make."""
    if row.snapshot is None:
        return ()
    folder, _, number = row.snapshot.rpartition("#")
    return (SnapshotRecord(problem=row.problem, folder=folder, number=int(number) + 1),)


def decide_unreadable(
    cause: Cause[Any],
    row: InputRecord,
    faults: tuple[Fault, ...],
    quarantine_uri: str,
    *,
    waits: bool = False,
) -> Decision:
    """The object cannot be used; it lies unchanged in quarantine, with its reason beside it.

    ``waits`` says that another definition of the problem may mend it, which then releases it.
    """
    refused = row.model_copy(update={"waiting": waits, "rejected": faults, "at": cause.time})
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
