"""The training jobs of a tuning job: their names, their requests, and what is told of them."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

from local.sagemaker import training_states
from local.sagemaker.tuning_search import flat_ranges

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

OBJECTIVE_PARAMETER = "_tuning_objective_metric"
_COUNTED = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")


def child_name(tuning: str, number: int) -> str:
    """`<tuning>-<NNN>-<8 hex>`, the same whenever it is asked."""
    digest = hashlib.sha256(f"{tuning}:{number}".encode()).hexdigest()[:8]
    return f"{tuning}-{number:03d}-{digest}"


def child_request(tuning: Document, name: str, tuned: dict[str, str]) -> Document:
    """The CreateTrainingJob request of one trial."""
    definition, config = tuning["TrainingJobDefinition"], tuning["HyperParameterTuningJobConfig"]
    dropped = {"StaticHyperParameters", "DefinitionName"}
    request = {key: value for key, value in definition.items() if key not in dropped}
    metric = config["HyperParameterTuningJobObjective"]["MetricName"]
    request["HyperParameters"] = (
        definition.get("StaticHyperParameters", {}) | tuned | {OBJECTIVE_PARAMETER: metric}
    )
    request["TrainingJobName"] = name
    request["Tags"] = tuning.get("Tags", [])
    if checkpoints := request.get("CheckpointConfig"):
        # Trials must not resume from one another: each gets a folder of its own.
        own = f"{checkpoints['S3Uri'].rstrip('/')}/{name}"
        request["CheckpointConfig"] = checkpoints | {"S3Uri": own}
    return request


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


def summary(child: Document, tuning: Document) -> Document:
    """HyperParameterTrainingJobSummary."""
    config = tuning["HyperParameterTuningJobConfig"]
    objective = config["HyperParameterTuningJobObjective"]
    value = objective_value(child, objective["MetricName"])
    names = [item["Name"] for item in flat_ranges(config.get("ParameterRanges", {}))]
    document = {
        "TrainingJobName": child["TrainingJobName"],
        "TrainingJobArn": child["TrainingJobArn"],
        "CreationTime": child["CreationTime"],
        "TrainingStartTime": child.get("TrainingStartTime"),
        "TrainingEndTime": child.get("TrainingEndTime"),
        "TrainingJobStatus": child["TrainingJobStatus"],
        "TunedHyperParameters": {name: child["HyperParameters"][name] for name in names},
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


def standing(found: list[Document], tuning: Document) -> Document:
    """The members of a tuning job that follow from its training jobs: counters and the best one."""
    objective = tuning["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    jobs, objectives = dict.fromkeys(_COUNTED, 0), {"Succeeded": 0, "Pending": 0, "Failed": 0}
    for child in found:
        status = child["TrainingJobStatus"]
        retryable = child.get("FailureReason", "").startswith("InternalServerError")
        failed = "RetryableError" if retryable else "NonRetryableError"
        counted = {"Failed": failed, "Completed": "Completed", "Stopped": "Stopped"}
        jobs[counted.get(status, "InProgress")] += 1
        objectives[objective_status(child, objective["MetricName"])] += 1
    members: Document = {
        "TrainingJobStatusCounters": jobs,
        "ObjectiveStatusCounters": objectives,
        "ConsumedResources": {
            "RuntimeInSeconds": sum(child.get("TrainingTimeInSeconds", 0) for child in found)
        },
    }
    if (best := best_child(found, objective)) is not None:
        members["BestTrainingJob"] = summary(best, tuning)
    return members


def best_child(found: list[Document], objective: Document) -> Document | None:
    """The job with the best final objective; the earlier of equals."""
    scored = [
        (value, child)
        for child in found
        if child["TrainingJobStatus"] in ("Completed", "Stopped")
        and (value := objective_value(child, objective["MetricName"])) is not None
    ]
    if not scored:
        return None
    sign = -1.0 if objective["Type"] == "Maximize" else 1.0
    return min(scored, key=lambda pair: sign * pair[0])[1]
