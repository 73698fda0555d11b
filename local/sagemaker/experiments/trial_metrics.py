"""BatchPutMetrics and BatchGetMetrics: the points of a trial component's metrics."""

from __future__ import annotations

import math
import statistics
import uuid
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ApiError
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import METRICS
from local.sagemaker.lineage.lineage_entities import TRIAL_COMPONENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from local.sagemaker.platform import Platform

POINTS = "trial-component-metrics"
PERIODS = {"OneMinute": 60, "FiveMinute": 300, "OneHour": 3600}
_STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Min": min,
    "Max": max,
    "Avg": statistics.fmean,
    "Count": len,
    "StdDev": statistics.pstdev,
    "Last": lambda values: values[-1],
}


@operation("BatchPutMetrics", service=METRICS)
def batch_put_metrics(request: Document, platform: Platform) -> Document:
    """Take points of a trial component's metrics; those that are no numbers are named."""
    name = request["TrialComponentName"]
    if platform.store.find(TRIAL_COMPONENT, name) is None:
        raise ApiError(
            f"Trial component {name} does not exist.", code="ResourceNotFound", status=404
        )
    errors, kept = [], []
    for index, point in enumerate(request["MetricData"]):
        if math.isfinite(point["Value"]):
            kept.append(point)
        else:
            errors.append({"Code": "VALIDATION_ERROR", "MetricIndex": index})
    add_points(platform, name, kept)
    return {"Errors": errors} if errors else {}


@operation("BatchGetMetrics", service=METRICS)
def batch_get_metrics(request: Document, platform: Platform) -> Document:
    """Metrics over time or over steps, brought together as each query says."""
    return {"MetricQueryResults": [_result(platform, query) for query in request["MetricQueries"]]}


def component_name(kind: str, job: str) -> str:
    """The name of the trial component that SageMaker makes of a job: `<job>-aws-training-job`.

    It is lower case, as BatchPutMetrics asks of the names that it takes.
    """
    return f"{job.lower()}-aws-{kind}"


def add_points(platform: Platform, component: str, points: Iterable[Document]) -> None:
    """Keep points: MetricName, Timestamp (seconds since the epoch), Value, Step if any."""
    if listed := list(points):
        key = uuid.uuid4().hex
        platform.store.create(POINTS, key, {"Key": key, "Points": listed}, parent=component)


def forget_metrics(platform: Platform, component: str) -> None:
    """Remove a trial component's points."""
    for batch in platform.store.list(POINTS, parent=component):
        platform.store.delete(POINTS, batch["Key"])


def summaries(platform: Platform, component: Document) -> list[Document]:
    """What each metric amounts to, as DescribeTrialComponent shows it.

    StdDev is that of the points themselves, not an estimate from a sample.
    """
    source = component.get("Source", {}).get("SourceArn", component["TrialComponentArn"])
    found = []
    for name, points in _by_name(platform, component["TrialComponentName"]).items():
        values = [point["Value"] for point in points]
        found.append(
            {
                "MetricName": name,
                "SourceArn": source,
                "TimeStamp": max(point["Timestamp"] for point in points),
                **{word: function(values) for word, function in _STATISTICS.items()},
            }
        )
    return found


def _by_name(platform: Platform, component: str) -> dict[str, list[Document]]:
    names: dict[str, list[Document]] = {}
    batches = platform.store.list(POINTS, parent=component)
    points = [point for batch in batches for point in batch["Points"]]
    for point in sorted(points, key=lambda point: point["Timestamp"]):
        names.setdefault(point["MetricName"], []).append(point)
    return names


def _result(platform: Platform, query: Document) -> Document:
    found = platform.store.find_by_arn(query["ResourceArn"])
    by_steps = query["XAxisType"] == "IterationNumber"
    fault = ""
    if found is None or found[0] != TRIAL_COMPONENT:
        fault = f"There is no trial component {query['ResourceArn']}."
    elif by_steps != (query["Period"] == "IterationNumber"):
        fault = "Period and XAxisType do not fit each other."
    if found is None or fault:
        return {
            "Status": "ValidationError",
            "Message": fault,
            "XAxisValues": [],
            "MetricValues": [],
        }
    buckets: dict[int, list[float]] = {}
    for point in _by_name(platform, found[1]).get(query["MetricName"], []):
        place = _place(point, query, by_steps=by_steps)
        if place is not None:
            buckets.setdefault(place, []).append(point["Value"])
    statistic = _STATISTICS[query["MetricStat"]]
    return {
        "Status": "Complete",
        "XAxisValues": sorted(buckets),
        "MetricValues": [float(statistic(buckets[place])) for place in sorted(buckets)],
    }


def _place(point: Document, query: Document, *, by_steps: bool) -> int | None:
    """Where a point lies on the x axis: its step, or the second its period begins at."""
    exact = point.get("Step") if by_steps else point["Timestamp"]
    if exact is None:
        return None
    if not query.get("Start", -math.inf) <= exact <= query.get("End", math.inf):
        return None
    if by_steps:
        return int(exact)
    length = PERIODS[query["Period"]]
    return int(exact // length * length)
