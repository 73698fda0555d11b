"""A run started: what its rows turned out to be once they were cleaned, split and encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.decision import Decision
from lifecycle.events import DataPrepared, DataRejected
from lifecycle.runs import end_run

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.events import Fault, RunStarted
    from lifecycle.records import ProblemRecord, RunRecord
    from lifecycle.settings import Settings


def decide_prepared(
    cause: Cause[RunStarted], run: RunRecord, summary: dict[str, Any], settings: Settings
) -> Decision:
    """The rows are ready to learn from.

    Args:
        cause: the run's start.
        run: the run.
        summary: counts and findings, as ``science.prepare`` returns them.
        settings: the stack's resources.
    """
    moved = run.moved(
        "prepared",
        cause.time,
        task=summary["task"],
        classes=summary["classes"],
        features=summary["features"],
        holdout_rows=summary["holdout_rows"],
    )
    counted = ("task", "rows", "train_rows", "validation_rows", "holdout_rows", "columns")
    said = DataPrepared(
        problem=run.problem,
        run=run.run,
        features=summary["features"],
        classes=summary["classes"],
        prepared_uri=settings.run_uri(run.problem, run.run, "prepared"),
        warnings=tuple(summary["warnings"]),
        **{name: summary[name] for name in counted},
    )
    return Decision(
        f"{summary['rows']} rows became {summary['features']} features: "
        f"{summary['train_rows']} to train, {summary['validation_rows']} to validate, "
        f"{summary['holdout_rows']} held out ({summary['task'].replace('_', ' ')}).",
        problem=run.problem,
        run=run.run,
        records=(moved,),
        events=(said,),
    )


def decide_unusable(
    cause: Cause[RunStarted], problem: ProblemRecord, run: RunRecord, faults: tuple[Fault, ...]
) -> Decision:
    """No model can learn from these rows; the run ends and everyone hears why."""
    reason = "; ".join(fault.message for fault in faults)
    said = DataRejected(problem=run.problem, run=run.run, source=f"run {run.run}", faults=faults)
    return Decision(
        f"The rows cannot be learned from: {reason}",
        problem=run.problem,
        run=run.run,
        records=(
            run.moved("data_rejected", cause.time, reason=reason),
            *end_run(problem, run),
        ),
        events=(said,),
    )
