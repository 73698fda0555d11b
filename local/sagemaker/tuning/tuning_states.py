"""The states of a tuning job, and the event of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.sagemaker.api.service_models import shape
from local.sagemaker.api.shaping import to_event
from local.sagemaker.state_events import tags_of

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

KIND = "hyper-parameter-tuning-job"
ENDED = frozenset({"Completed", "Failed", "Stopped"})
EVENT_MEMBERS = (
    "HyperParameterTuningJobName",
    "HyperParameterTuningJobArn",
    "HyperParameterTuningJobConfig",
    "TrainingJobDefinition",
    "TrainingJobDefinitions",
    "HyperParameterTuningJobStatus",
    "CreationTime",
    "HyperParameterTuningEndTime",
    "LastModifiedTime",
    "TrainingJobStatusCounters",
    "ObjectiveStatusCounters",
    "BestTrainingJob",
    "FailureReason",
    "TuningJobCompletionDetails",
)


def tell(platform: Platform, document: Document) -> None:
    """Emit the event of a tuning job's present state."""
    cut = to_event(shape("DescribeHyperParameterTuningJobResponse"), document)
    detail = {member: cut.get(member) for member in EVENT_MEMBERS} | {"Tags": tags_of(document)}
    platform.events.emit(
        "SageMaker HyperParameter Tuning Job State Change",
        document["HyperParameterTuningJobArn"],
        detail,
    )
