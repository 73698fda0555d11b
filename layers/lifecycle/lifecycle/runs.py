"""What the end of a run means for its problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.decision import Decision

if TYPE_CHECKING:
    from lifecycle.records import ProblemRecord, RunRecord


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
