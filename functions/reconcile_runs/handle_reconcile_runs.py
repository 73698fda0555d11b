"""Hears: the clock. Says: CompletionMissed for every end that was never heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.aws_events import ScheduleTicked
from lifecycle.leg import leg
from reconcile_runs import decide, due, question

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(ScheduleTicked)
def lambda_handler(cause: Cause[ScheduleTicked], ports: Ports) -> Decision:
    """Ask after every open job that is not brand new."""
    jobs = [job for job in ports.records.open_jobs() if due(job, cause.time)]
    answers = [(job, ports.api.describe(*question(job))) for job in jobs]
    return decide(cause, answers)
