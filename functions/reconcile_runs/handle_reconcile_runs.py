"""Hears: the clock. Says: CompletionMissed for every end that was never heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.aws_events import ScheduleTicked
from lifecycle.leg import leg
from reconcile_runs import awaits_approval, decide, due, package_question, question

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(ScheduleTicked)
def lambda_handler(cause: Cause[ScheduleTicked], ports: Ports) -> Decision:
    """Ask after every open job that is not brand new, and after every approval that is awaited."""
    jobs = [job for job in ports.records.open_jobs() if due(job, cause.time)]
    answers = [(job, ports.api.describe(*question(job))) for job in jobs]
    waiting = [
        run
        for problem in ports.records.problems()
        if problem.active_run
        and awaits_approval(run := ports.records.run(problem.problem, problem.active_run))
    ]
    packages = [(run, ports.api.describe(*package_question(run))) for run in waiting]
    return decide(cause, answers, packages)
