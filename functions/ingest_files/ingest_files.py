"""A data file landed: take it into the lake as Parquet, once, or set it aside with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.decision import Decision
from lifecycle.events import DataIngested, DataRejected, WaitingDataReleased
from lifecycle.names import digest
from lifecycle.records import InputRecord, ProblemRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lifecycle.aws_events import ObjectCreated
    from lifecycle.cause import Cause
    from lifecycle.events import Fault

RELEASED_AT_ONCE = 300
"""A history row keeps its events and holds 400 KB; what is left is released by the reconciler."""

type Landed = ObjectCreated | WaitingDataReleased


def new_input(landed: Landed) -> InputRecord:
    """The row of a landed object; the same key with the same content has the same row."""
    return InputRecord(
        problem=landed.problem,
        digest=digest(landed.key, landed.etag),
        source=landed.key,
        origin="file",
        bucket=landed.bucket,
        etag=landed.etag,
    )


def decide_known(row: InputRecord) -> Decision:
    """The same object, with the same content, was taken in before."""
    return Decision(f"{row.source} landed before and counts once.", problem=row.problem)


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


def decide_ingested(
    cause: Cause[Any], row: InputRecord, uri: str, rows: int, columns: int
) -> Decision:
    """The object was read; its rows lie at ``uri``."""
    problem = row.problem
    taken = row.model_copy(
        update={"waiting": False, "uri": uri, "rows": rows, "columns": columns, "at": cause.time}
    )
    said = DataIngested(
        problem=problem, origin="file", source=row.source, uri=uri, rows=rows, columns=columns
    )
    return Decision(
        f"{row.source} was taken in: {rows} rows, {columns} columns.",
        problem=problem,
        records=(taken,),
        events=(said,),
    )


def decide_unreadable(
    cause: Cause[Any], row: InputRecord, faults: tuple[Fault, ...], quarantine_uri: str
) -> Decision:
    """The object cannot be read; it lies unchanged in quarantine, with its reason beside it."""
    refused = row.model_copy(update={"waiting": False, "rejected": faults, "at": cause.time})
    said = DataRejected(
        problem=row.problem, source=row.source, faults=faults, quarantine_uri=quarantine_uri
    )
    return Decision(
        f"{row.source} was set aside: {faults[0].message}",
        problem=row.problem,
        records=(refused,),
        events=(said,),
    )


def decide_release(problem: str, inputs: Iterable[InputRecord]) -> Decision:
    """A problem was defined: what waited for it need wait no more."""
    waiting = [row for row in inputs if row.waiting and row.purpose == "data"][:RELEASED_AT_ONCE]
    events = tuple(
        WaitingDataReleased(
            problem=row.problem, purpose="data", bucket=row.bucket, key=row.source, etag=row.etag
        )
        for row in waiting
    )
    return Decision(f"{len(events)} waiting file(s) released.", problem=problem, events=events)
