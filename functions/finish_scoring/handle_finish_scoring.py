"""Hears: a scoring job ended. Says: PredictionsReady or DataRejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finish_scoring import decide, fault_of
from lifecycle.aws_events import JobEnded
from lifecycle.completions import job_end
from lifecycle.events import CompletionMissed
from lifecycle.leg import leg
from lifecycle.personal import protection
from lifecycle.quarantine import set_aside

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(JobEnded, CompletionMissed)
def lambda_handler(cause: Cause[JobEnded | CompletionMissed], ports: Ports) -> Decision:
    """Find the file by the job's row; set it aside if it could not be scored."""
    end = job_end(cause.event)
    job = ports.records.job(end.kind, end.name)
    aside = None
    if not end.completed and not job.ended:
        faults = (fault_of(end, job),)
        problem = ports.records.problem(job.problem)
        personal = bool(problem and protection(problem.definition))
        source, key = job.detail["source"], job.detail["key"]
        aside = set_aside(ports, job.problem, source, key, faults, personal=personal)
    return decide(cause, end, job, aside)
