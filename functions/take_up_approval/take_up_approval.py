"""A person approved or rejected a model package in the registry: tell the relay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.decision import Decision
from lifecycle.events import CandidateApproved, CandidateRejected
from lifecycle.runs import end_run, past

if TYPE_CHECKING:
    from lifecycle.aws_events import ModelPackageChanged
    from lifecycle.cause import Cause
    from lifecycle.records import ProblemRecord, RunRecord


def decide_not_ours(cause: Cause[ModelPackageChanged]) -> Decision:
    """No run of this stack made the package."""
    return Decision(f"{cause.event.arn} belongs to no run of this stack.")


def decide(cause: Cause[ModelPackageChanged], problem: ProblemRecord, run: RunRecord) -> Decision:
    """Pass a person's word on; our own approvals, and repeats, change nothing.

    Args:
        cause: the edited package. Any edit repeats the approval it has, so the stage decides.
        problem: the package's problem.
        run: the run that made the package.
    """
    if run.stage != "waiting_for_approval":
        return past(run)
    approval, package = cause.event.approval, cause.event.arn
    if approval == "Approved":
        approved = CandidateApproved(
            problem=run.problem, run=run.run, model_package=package, by="a person"
        )
        return Decision(
            "A person approved the candidate.",
            problem=run.problem,
            run=run.run,
            records=(run.moved("approved", cause.time),),
            events=(approved,),
        )
    if approval == "Rejected":
        reason = "a person rejected the candidate"
        rejected = CandidateRejected(
            problem=run.problem, run=run.run, model_package=package, reasons=(reason,)
        )
        return Decision(
            "A person rejected the candidate.",
            problem=run.problem,
            run=run.run,
            records=(run.moved("rejected", cause.time, reason=reason), *end_run(problem, run)),
            events=(rejected,),
        )
    return Decision("The candidate still waits.", problem=run.problem, run=run.run)
