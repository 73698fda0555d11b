"""Traffic drifted or answers got worse: ask for a new run, unless something holds it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.clock import seconds_between
from lifecycle.decision import Decision
from lifecycle.events import (
    DriftDetected,
    QualityDropped,
    RetrainingHeldBack,
    RetrainingStarted,
)
from lifecycle.prices import estimate_run
from lifecycle.problem import seconds

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.records import MonthRecord, ProblemRecord


def decide(
    cause: Cause[DriftDetected | QualityDropped],
    problem: ProblemRecord | None,
    month: MonthRecord,
) -> Decision:
    """Ask for retraining with the newest data.

    Args:
        cause: the drift, or the drop in quality.
        problem: the problem it concerns.
        month: what its runs have cost this month.
    """
    name = cause.event.problem
    because = "drift" if isinstance(cause.event, DriftDetected) else "quality"
    if problem is None:
        return Decision(f"{name} is defined no more.", problem=name)
    against = _held_back(cause, problem, month, because)
    if against:
        said = RetrainingHeldBack(problem=name, because=because, reason=against)
        return Decision(f"No retraining: {against}.", problem=name, events=(said,))
    asked = problem.model_copy(update={"retrain_because": because, "retrained_at": cause.time})
    return Decision(
        f"A new run is due because of {because}.",
        problem=name,
        records=(asked,),
        events=(RetrainingStarted(problem=name, because=because),),
    )


def _held_back(
    cause: Cause[DriftDetected | QualityDropped],
    problem: ProblemRecord,
    month: MonthRecord,
    because: str,
) -> str | None:
    """Why there is no retraining now, or None."""
    retrain = problem.definition["retrain"]
    if because not in retrain["on"]:
        return f"retrain.on does not name {because}"
    if problem.active_run:
        return f"run {problem.active_run} is under way"
    if problem.retrain_because:
        return "it has been asked for already"
    if problem.retrained_at:
        waited = seconds_between(problem.retrained_at, cause.time)
        if waited < seconds(retrain["cooldown"]):
            return f"the last one was {waited:.0f} s ago and the cooldown is {retrain['cooldown']}"
    allowed = problem.definition["budget"]["usd_per_month"]
    needed = month.usd + (estimate_run(problem.definition) or 0.0)
    if allowed is not None and needed > allowed:
        return f"this month would cost {needed:.2f} USD and the budget is {allowed}"
    return None
