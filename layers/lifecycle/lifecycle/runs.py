"""What the end of a run means for its problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.decision import Decision
from lifecycle.events import ModelRefused, TrainingFailed

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


UNSIGNED = "its recorded hash does not carry the stack's own MAC"

REFUSED_CURE = (
    "Find out who wrote to the lake (CloudTrail's data events tell), restore the archive's earlier "
    "version to look at it, and drop the data again for a new model."
)


def refused(
    run: RunRecord,
    problem: ProblemRecord,
    *,
    before: str,
    reason: str,
    at: str,
    job: JobRecord | None = None,
) -> Decision:
    """A model is not what was made: the run ends, and the model that serves goes on serving.

    Args:
        run: the run.
        problem: its problem, free for the next run from now on.
        before: what was about to be done with it.
        reason: what is wrong.
        at: when, ISO 8601.
        job: the row of the job that found it out.
    """
    said = ModelRefused(
        problem=run.problem, run=run.run, before=before, reason=reason, cure=REFUSED_CURE
    )
    ended = () if job is None else (job.model_copy(update={"ended": True}),)
    return Decision(
        f"The model was refused before its {before}: {reason}",
        problem=run.problem,
        run=run.run,
        records=(run.moved("failed", at, reason=reason), *ended, *end_run(problem, run)),
        events=(said,),
    )
