"""What the end of a run means for its problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.decision import Decision
from lifecycle.events import TrainingFailed

if TYPE_CHECKING:
    from lifecycle.records import JobRecord, ProblemRecord, RunRecord


def end_run(problem: ProblemRecord, run: RunRecord) -> tuple[ProblemRecord, ...]:
    """The problem without this run under way; nothing if another one is."""
    if problem.active_run != run.run:
        return ()
    return (problem.model_copy(update={"active_run": None}),)


def past(run: RunRecord) -> Decision:
    """A leg heard of a run that is beyond it: a repeated or late event, and nothing to do."""
    return Decision(
        f"Run {run.run} is {run.stage.replace('_', ' ')} already.",
        problem=run.problem,
        run=run.run,
    )


def failed(
    run: RunRecord, problem: ProblemRecord, job: JobRecord, *, reason: str, cure: str, at: str
) -> Decision:
    """A job ended without what the run needs: the run ends, and everyone hears why.

    Args:
        run: the run.
        problem: its problem, free for the next run from now on.
        job: the row of the job that failed.
        reason: why, in SageMaker's words or ours.
        cure: what to do.
        at: when, ISO 8601.
    """
    said = TrainingFailed(problem=run.problem, run=run.run, job=job.name, reason=reason, cure=cure)
    return Decision(
        f"The job {job.name} failed: {reason}",
        problem=run.problem,
        run=run.run,
        records=(
            run.moved("failed", at, reason=reason),
            job.model_copy(update={"ended": True}),
            *end_run(problem, run),
        ),
        events=(said,),
    )
