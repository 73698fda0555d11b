"""The training jobs of a tuning job: their names, their requests, and what is told of them."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

from local.sagemaker.training import training_states
from local.sagemaker.tuning.tuning_definitions import Definition, definition_of

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

OBJECTIVE_PARAMETER = "_tuning_objective_metric"
_NOT_OF_A_CHILD = frozenset(
    {
        "DefinitionName",
        "HyperParameterRanges",
        "HyperParameterTuningResourceConfig",
        "StaticHyperParameters",
        "TuningObjective",
    }
)
_COUNTED = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")


def child_name(tuning: str, number: int) -> str:
    """`<tuning>-<NNN>-<8 hex>`, the same whenever it is asked."""
    digest = hashlib.sha256(f"{tuning}:{number}".encode()).hexdigest()[:8]
    return f"{tuning}-{number:03d}-{digest}"


def child_request(
    definition: Definition, name: str, tuned: dict[str, str], tags: list[Document]
) -> Document:
    """The CreateTrainingJob request of one trial."""
    document = definition.document
    request = {key: value for key, value in document.items() if key not in _NOT_OF_A_CHILD}
    if resources := document.get("HyperParameterTuningResourceConfig"):
        request["ResourceConfig"] = child_resources(resources)
    request["HyperParameters"] = (
        document.get("StaticHyperParameters", {})
        | tuned
        | {OBJECTIVE_PARAMETER: definition.objective["MetricName"]}
    )
    request["TrainingJobName"] = name
    request["Tags"] = tags
    if checkpoints := request.get("CheckpointConfig"):
        # Trials must not resume from one another: each gets a folder of its own.
        own = f"{checkpoints['S3Uri'].rstrip('/')}/{name}"
        request["CheckpointConfig"] = checkpoints | {"S3Uri": own}
    return request


def child_resources(resources: Document) -> Document:
    """ResourceConfig from a HyperParameterTuningResourceConfig.

    AllocationStrategy Prioritized takes the first of InstanceConfigs that there is capacity for; on
    this machine there is for every type.
    """
    chosen = dict((resources.get("InstanceConfigs") or [resources])[0])
    if key := resources.get("VolumeKmsKeyId"):
        chosen["VolumeKmsKeyId"] = key
    return chosen


def children(platform: Platform, tuning_name: str) -> list[Document]:
    """All training jobs of a tuning job, oldest first."""
    return platform.store.list(training_states.KIND, parent=tuning_name)


def objective_value(child: Document, metric: str) -> float | None:
    """The last value of the objective that a job told, if it told a number."""
    for item in child.get("FinalMetricDataList", []):
        if item["MetricName"] == metric and math.isfinite(item["Value"]):
            return float(item["Value"])
    return None


def objective_status(child: Document, metric: str) -> str:
    """Succeeded, Pending or Failed."""
    status = child["TrainingJobStatus"]
    if status not in training_states.ENDED:
        return "Pending"
    if status == "Failed" or objective_value(child, metric) is None:
        return "Failed"
    return "Succeeded"


def summary(child: Document, found: dict[str, Definition]) -> Document:
    """HyperParameterTrainingJobSummary."""
    definition = definition_of(child, found)
    objective = definition.objective
    value = objective_value(child, objective["MetricName"])
    document = {
        "TrainingJobDefinitionName": definition.name or None,
        "TrainingJobName": child["TrainingJobName"],
        "TrainingJobArn": child["TrainingJobArn"],
        "CreationTime": child["CreationTime"],
        "TrainingStartTime": child.get("TrainingStartTime"),
        "TrainingEndTime": child.get("TrainingEndTime"),
        "TrainingJobStatus": child["TrainingJobStatus"],
        "TunedHyperParameters": {name: child["HyperParameters"][name] for name in definition.tuned},
        "FailureReason": child.get("FailureReason"),
        "ObjectiveStatus": objective_status(child, objective["MetricName"]),
    }
    if value is not None and child["TrainingJobStatus"] != "Failed":
        document["FinalHyperParameterTuningJobObjectiveMetric"] = {
            "Type": objective["Type"],
            "MetricName": objective["MetricName"],
            "Value": value,
        }
    return {key: item for key, item in document.items() if item is not None}


def standing(trainings: list[Document], found: dict[str, Definition]) -> Document:
    """The members of a tuning job that follow from its training jobs: counters and the best one."""
    jobs, objectives = dict.fromkeys(_COUNTED, 0), {"Succeeded": 0, "Pending": 0, "Failed": 0}
    for child in trainings:
        status = child["TrainingJobStatus"]
        retryable = child.get("FailureReason", "").startswith("InternalServerError")
        failed = "RetryableError" if retryable else "NonRetryableError"
        counted = {"Failed": failed, "Completed": "Completed", "Stopped": "Stopped"}
        jobs[counted.get(status, "InProgress")] += 1
        metric = definition_of(child, found).objective["MetricName"]
        objectives[objective_status(child, metric)] += 1
    members: Document = {
        "TrainingJobStatusCounters": jobs,
        "ObjectiveStatusCounters": objectives,
        "ConsumedResources": {
            "RuntimeInSeconds": sum(child.get("TrainingTimeInSeconds", 0) for child in trainings)
        },
    }
    if best := best_first(trainings, found):
        members["BestTrainingJob"] = summary(best[0], found)
    return members


def best_first(trainings: list[Document], found: dict[str, Definition]) -> list[Document]:
    """The training jobs with a final objective, the best first, of equals the earlier."""
    scored = []
    for child in trainings:
        definition = definition_of(child, found)
        value = objective_value(child, definition.objective["MetricName"])
        if child["TrainingJobStatus"] in ("Completed", "Stopped") and value is not None:
            scored.append((-value if definition.maximizes else value, child))
    return [child for _, child in sorted(scored, key=lambda pair: pair[0])]
