"""Whether a CloudWatch alarm is in alarm."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import Any

_COMPARE = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True)
class Verdict:
    """The state that an alarm should be in: `OK`, `ALARM` or `INSUFFICIENT_DATA`, and why."""

    state: str
    reason: str


def judge(alarm: dict[str, Any], points: list[dict[str, Any]], now: float) -> Verdict:
    """Judge an alarm by the points of its metric (CloudWatch, "Alarm evaluation").

    Periods end now instead of at full minutes, so that an alarm is raised within seconds.

    Args:
        alarm: As PutMetricAlarm takes it.
        points: `Timestamp` in seconds since the epoch, `Value`, and perhaps `Count`.
        now: Seconds since the epoch.
    """
    period, number = float(alarm.get("Period") or 60), int(alarm.get("EvaluationPeriods") or 1)
    needed = int(alarm.get("DatapointsToAlarm") or number)
    name = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    windows: list[list[dict[str, Any]]] = [[] for _ in range(number)]
    for point in points:
        age = max(0.0, now - point["Timestamp"])
        if age < period * number:
            windows[int(age // period)].append(point)
    values = [statistic(name, window) for window in windows if window]
    compare = _COMPARE[alarm["ComparisonOperator"]]
    breaching = [value for value in values if compare(value, alarm["Threshold"])]
    treatment = alarm.get("TreatMissingData") or "missing"
    if not values and treatment in {"missing", "ignore"}:
        kept = alarm["StateValue"] if treatment == "ignore" else "INSUFFICIENT_DATA"
        return Verdict(kept, f"Insufficient Data: {number} datapoints were unknown.")
    missing = number - len(values) if treatment == "breaching" else 0
    crossed = len(breaching) + missing >= needed
    reason = (
        f"Threshold Crossed: {len(breaching)} of the last {number} datapoints {breaching} and "
        f"{missing} missing ones were {alarm['ComparisonOperator']} ({alarm['Threshold']})."
    )
    return Verdict("ALARM" if crossed else "OK", reason)


def statistic(name: str, points: list[dict[str, Any]]) -> float:
    """Compute a statistic of points, of which there is at least one.

    Args:
        name: `SampleCount`, `Sum`, `Average`, `Minimum`, `Maximum`, or a percentile such as `p99`.
        points: `Value` each, seen `Count` times.
    """
    weighed = sorted((float(each["Value"]), float(each.get("Count", 1.0))) for each in points)
    count = sum(weight for _, weight in weighed)
    total = sum(value * weight for value, weight in weighed)
    if name.startswith("p"):
        rank, passed = math.ceil(float(name[1:]) / 100 * count), 0.0
        for value, weight in weighed:
            passed += weight
            if passed >= rank:
                return value
    return {
        "SampleCount": count,
        "Sum": total,
        "Average": total / count,
        "Minimum": weighed[0][0],
        "Maximum": weighed[-1][0],
    }[name]
