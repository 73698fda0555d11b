"""Time passed, or a problem was defined: say which databases are due to be fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.decision import Decision
from lifecycle.events import FetchRequested, ProblemDefined
from lifecycle.schedules import is_due
from lifecycle.sources import fingerprint

if TYPE_CHECKING:
    from lifecycle.aws_events import ScheduleTicked
    from lifecycle.cause import Cause
    from lifecycle.problem.sources import Source
    from lifecycle.records import ProblemRecord
    from lifecycle.source_records import SourceRecord

type Known = tuple[ProblemRecord, Source, SourceRecord]

MOST_AT_ONCE = 40
"""Rows of one transaction; what is left is due at the next tick."""


def decide(cause: Cause[ScheduleTicked | ProblemDefined], known: list[Known]) -> Decision:
    """Ask for what is due: databases that were defined or redefined, and by their schedules.

    A schedule counts from when it last asked, or from the definition: what was missed while
    nothing ran is made up for once.

    Args:
        cause: the tick, or the definition.
        known: databases with their problem and their row.
    """
    records: list[SourceRecord] = []
    events: list[FetchRequested] = []
    for problem, source, row in known:
        if source.through not in {"glue", "dms"} or len(records) == MOST_AT_ONCE:
            continue
        mark = fingerprint(source)
        defined = row.asked_for != mark
        since = row.asked_at or problem.defined_at
        if not defined and not (source.schedule and is_due(source.schedule, since, cause.time)):
            continue
        records.append(row.model_copy(update={"asked_for": mark, "asked_at": cause.time}))
        events.append(
            FetchRequested(
                problem=problem.problem,
                source=source.called,
                through=source.through,
                because="definition" if defined else "schedule",
            )
        )
    about = cause.event.problem if isinstance(cause.event, ProblemDefined) else ""
    return Decision(
        f"{len(events)} of {len(known)} database(s) are due.",
        problem=about,
        records=tuple(records),
        events=tuple(events),
    )
