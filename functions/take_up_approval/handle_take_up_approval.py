"""Hears: a package was edited, CompletionMissed. Says: CandidateApproved or CandidateRejected."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lifecycle.aws_events import ModelPackageChanged
from lifecycle.events import CompletionMissed
from lifecycle.leg import leg
from take_up_approval import decide, decide_not_ours

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(ModelPackageChanged, CompletionMissed)
def lambda_handler(heard: Cause[ModelPackageChanged | CompletionMissed], ports: Ports) -> Decision:
    """Find the run that waits for this package; its problem names the package's group."""
    cause: Cause[Any] = replace(heard, event=_changed(heard.event))
    problem = ports.records.problem(cause.event.group)
    if problem is None or problem.active_run is None:
        return decide_not_ours(cause)
    run = ports.records.run(problem.problem, problem.active_run)
    if run.model_package != cause.event.arn:
        return decide_not_ours(cause)
    return decide(cause, problem, run)


def _changed(event: ModelPackageChanged | CompletionMissed) -> ModelPackageChanged:
    """The same fact, whoever told it."""
    if isinstance(event, CompletionMissed):
        return ModelPackageChanged(arn=event.name, group=event.problem, approval=event.status)
    return event
