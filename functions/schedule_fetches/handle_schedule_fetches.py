"""Hears: the clock, and ProblemDefined. Says: FetchRequested for every database that is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.aws_events import ScheduleTicked
from lifecycle.events import ProblemDefined
from lifecycle.leg import leg
from lifecycle.source_records import SourceRecord
from lifecycle.sources import sources_of
from schedule_fetches import decide

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(ScheduleTicked, ProblemDefined)
def lambda_handler(cause: Cause[ScheduleTicked | ProblemDefined], ports: Ports) -> Decision:
    """Load the databases of all problems, or of the one that was defined."""
    if isinstance(cause.event, ProblemDefined):
        found = ports.records.problem(cause.event.problem)
        problems = [found] if found else []
    else:
        problems = ports.records.problems()
    known = []
    for problem in problems:
        for source in sources_of(problem.definition):
            row = SourceRecord(problem=problem.problem, source=source.called)
            known.append((problem, source, ports.records.get(row) or row))
    return decide(cause, known)
