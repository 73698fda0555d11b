"""Tables of a database arrived: what they are now, and the rows that the query makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lifecycle.decision import Decision
from lifecycle.events import ChangesDoubted, DataIngested, DataRejected, FetchFailed
from lifecycle.names import digest
from lifecycle.records import InputRecord, SourceRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lifecycle.cause import Cause
    from lifecycle.events import Event, Fault
    from lifecycle.problem.sources import Source
    from lifecycle.records import JobRecord, TableRecord

AWAITED = "changes wait for the full load of their table"
AWAITED_CURE = "Let DMS load the table (full load and ongoing replication); the changes are kept."
GLUE_CURE = "Read the job run's log (CloudWatch Logs, /aws-glue/jobs/error), and mend the cause."
DMS_CURE = "Mend what DMS tells of in its task's log, and resume the task."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What merging made of one table.

    Attributes:
        row: the table's row as it was read.
        now: as it is to be; the same row when nothing was merged.
        doubts: changes that did not fit its rows.
        stopped: why a file of it could not be merged, if so.
        file: that file's key.
    """

    row: TableRecord
    now: TableRecord
    doubts: tuple[Fault, ...] = ()
    stopped: Fault | None = None
    file: str = ""

    @property
    def moved(self) -> bool:
        """Whether the table's rows are others than before."""
        return self.now.files != self.row.files


@dataclass(frozen=True, slots=True)
class Rows:
    """What the query gave: rows in the lake, or the faults for which there are none."""

    uri: str = ""
    rows: int = 0
    columns: int = 0
    bytes: int = 0
    fingerprint: str = ""
    protection: str = ""
    faults: tuple[Fault, ...] = ()


def input_of(problem: str, source: str) -> InputRecord:
    """The one row of a database's rows: newer ones take the place of older ones."""
    return InputRecord(
        problem=problem,
        digest=digest(problem, source, "database"),
        source=source,
        origin="database",
    )


def decide(
    cause: Cause[Any],
    source: SourceRecord,
    known: InputRecord,
    outcomes: list[Outcome],
    rows: Rows | None,
    *,
    renew: bool,
    job: JobRecord | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Decision:
    """Record what the tables are now, and announce the rows or why there are none.

    Args:
        cause: what was heard.
        source: the database's row.
        known: the row of the database's rows so far.
        outcomes: what was merged.
        rows: what the query gave; None when not every table is there, or nothing changed.
        renew: whether the rows ask for a new run. A fetch does; changes that trickle in do not,
            but for the first rows: the next schedule does.
        job: the row of the job that fetched the tables.
        changes: what else is to be written of the database.
    """
    faults = (*(rows.faults if rows else ()), *(each.stopped for each in outcomes if each.stopped))
    records: list[Any] = [each.now for each in outcomes if each.now != each.row]
    events = [event for each in outcomes for event in _said(source, each, renew=renew)]
    if rows and rows.faults and (renew or source.faults != faults):
        events.append(FetchFailed(problem=source.problem, source=source.source, faults=rows.faults))
    if rows and not rows.faults:
        records.append(_renewed(known, rows, cause.time, renew=renew))
        events.append(
            DataIngested(
                problem=source.problem,
                origin="database",
                source=source.source,
                uri=rows.uri,
                rows=rows.rows,
                columns=rows.columns,
            )
        )
    now = source.model_copy(update={"faults": faults, **(changes or {})})
    if now != source:
        records.append(now)
    if job:
        records.append(job.model_copy(update={"ended": True}))
    return Decision(
        _reason(source.source, outcomes, rows),
        problem=source.problem,
        records=tuple(records),
        events=tuple(events),
    )


def _renewed(known: InputRecord, rows: Rows, at: str, *, renew: bool) -> InputRecord:
    """The rows of the database, in the place of those before."""
    asks = rows.fingerprint if renew or not known.renewed else known.renewed
    return known.model_copy(
        update={
            "uri": rows.uri,
            "rows": rows.rows,
            "columns": rows.columns,
            "bytes": rows.bytes,
            "renewed": asks,
            "protection": rows.protection,
            "at": at,
        }
    )


def _said(source: SourceRecord, outcome: Outcome, *, renew: bool) -> list[Event]:
    """What people hear of one table; of a file that stops it once, or when they asked."""
    said: list[Event] = []
    row, now = outcome.row, outcome.now
    about = {"problem": source.problem, "source": source.source}
    if outcome.doubts:
        said.append(ChangesDoubted(**about, table=row.table, faults=outcome.doubts))
    if outcome.stopped and (renew or now.stopped != row.stopped):
        said.append(
            DataRejected(
                problem=source.problem, source=outcome.file or row.table, faults=(outcome.stopped,)
            )
        )
    return said


def _reason(name: str, outcomes: list[Outcome], rows: Rows | None) -> str:
    told = [
        f"{each.now.table} has {each.now.rows} rows"
        if each.moved
        else f"{each.row.table} is as before"
        for each in outcomes
    ]
    stopped = [
        f"{each.row.table} stops: {each.stopped.message}" for each in outcomes if each.stopped
    ]
    waiting = [
        f"{each.now.table} awaits its full load" for each in outcomes if each.now.awaits_load
    ]
    if rows is None:
        ending = "no rows yet" if waiting or stopped else "nothing new"
    elif rows.faults:
        ending = f"no rows: {rows.faults[0].message}"
    else:
        ending = f"{rows.rows} rows"
    return f"{name}: {'; '.join([*told, *stopped, *waiting])} → {ending}."


def decide_failed(source: SourceRecord, faults: tuple[Fault, ...], job: JobRecord) -> Decision:
    """A fetch ended without the tables; the rows fetched before stay in use."""
    ended = source.model_copy(update={"fetch": None, "job": None, "faults": faults})
    said = FetchFailed(problem=source.problem, source=source.source, faults=faults)
    return Decision(
        f"{source.source} could not be fetched: {'; '.join(f.message for f in faults)}",
        problem=source.problem,
        records=(ended, job.model_copy(update={"ended": True})),
        events=(said,),
    )


def decide_task_failed(found: list[tuple[str, Source]], task: str, fault: Fault) -> Decision:
    """A task of DMS failed: every problem that lives by it hears so."""
    events = tuple(
        FetchFailed(problem=problem, source=source.called, faults=(fault,))
        for problem, source in found
    )
    about = found[0][0] if len(found) == 1 else ""
    return Decision(
        f"{len(found)} problem(s) live by the task {task}.", problem=about, events=events
    )


def nothing(problem: str, reason: str) -> Decision:
    """A normal decision: there is nothing to do."""
    return Decision(reason, problem=problem)
