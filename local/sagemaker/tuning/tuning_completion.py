"""When a tuning job has found enough: TuningJobCompletionCriteria, as pure functions.

The page "Track and set completion criteria for your tuning job" names three: a target reached, a
best value that does not improve, and convergence. How SageMaker detects convergence is not
published; the rule here is `converged`.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

type Document = dict[str, Any]

LEAST_TRIALS = 20
WINDOW = 10
SMALL = 0.01


def not_improving(values: Sequence[float | None], *, maximize: bool) -> int:
    """How many trainings ended since the best value was found.

    Args:
        values: The objective of each training in the order of their ends; None without one.
        maximize: Whether larger is better.
    """
    scores = _scores(values, maximize=maximize)
    if not scores:
        return len(values)
    best = max(scores.values())
    first = next(index for index, score in scores.items() if score == best)
    return len(values) - 1 - first


def converged(values: Sequence[float | None], *, maximize: bool) -> bool:
    """Tell whether more trainings are unlikely to find much better values.

    With at least 20 values: the best of all is better than the best of those before the last half
    (at least ten) by no more than a hundredth of what separates it from the median.

    Args:
        values: The objective of each training in the order of their ends; None without one.
        maximize: Whether larger is better.
    """
    scores = list(_scores(values, maximize=maximize).values())
    if len(scores) < LEAST_TRIALS:
        return False
    recent = max(WINDOW, len(scores) // 2)
    best, before = max(scores), max(scores[:-recent])
    return best - before <= SMALL * (best - statistics.median(scores))


def good_enough(criteria: Document, values: Sequence[float | None], *, maximize: bool) -> bool:
    """Tell whether the target is reached, or the best value has not improved for long enough.

    Args:
        criteria: TuningJobCompletionCriteria.
        values: The objective of each training in the order of their ends; None without one.
        maximize: Whether larger is better.
    """
    scores = _scores(values, maximize=maximize)
    if not scores:
        return False
    target = criteria.get("TargetObjectiveMetricValue")
    if target is not None and max(scores.values()) >= (target if maximize else -target):
        return True
    patience = criteria.get("BestObjectiveNotImproving", {}).get(
        "MaxNumberOfTrainingJobsNotImproving"
    )
    if patience is not None and not_improving(values, maximize=maximize) >= patience:
        return True
    wanted = criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence") == "Enabled"
    return wanted and converged(values, maximize=maximize)


def time_is_up(limits: Document, created: float, now: float) -> bool:
    """Tell whether ResourceLimits.MaxRuntimeInSeconds have passed since a tuning job's creation."""
    limit = limits.get("MaxRuntimeInSeconds")
    return limit is not None and now - created > limit


def _scores(values: Sequence[float | None], *, maximize: bool) -> dict[int, float]:
    """Place → value turned so that larger is better, of those that have one."""
    sign = 1.0 if maximize else -1.0
    return {index: sign * value for index, value in enumerate(values) if value is not None}
