"""Hears: a model package was edited. Says: CandidateApproved or CandidateRejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.aws_events import ModelPackageChanged
from lifecycle.leg import leg
from take_up_approval import decide, decide_not_ours

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(ModelPackageChanged)
def lambda_handler(cause: Cause[ModelPackageChanged], ports: Ports) -> Decision:
    """Find the run that waits for this package; its problem names the package's group."""
    problem = ports.records.problem(cause.event.group)
    if problem is None or problem.active_run is None:
        return decide_not_ours(cause)
    run = ports.records.run(problem.problem, problem.active_run)
    if run.model_package != cause.event.arn:
        return decide_not_ours(cause)
    return decide(cause, problem, run)
