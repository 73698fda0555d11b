"""The states of a processing job, and the event of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.service_models import shape
from local.sagemaker.api.shaping import to_event
from local.sagemaker.state_events import tags_of

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

KIND = "processing-job"
ENDED = frozenset({"Completed", "Failed", "Stopped"})
FOLLOWERS: dict[str, frozenset[str]] = {
    "InProgress": frozenset({"Completed", "Failed", "Stopping", "Stopped"}),
    "Stopping": frozenset({"Stopped", "Failed"}),
}
EVENT_MEMBERS = (
    "ProcessingInputs",
    "ProcessingOutputConfig",
    "ProcessingJobName",
    "ProcessingJobArn",
    "ProcessingJobStatus",
    "ProcessingResources",
    "StoppingCondition",
    "AppSpecification",
    "Environment",
    "NetworkConfig",
    "RoleArn",
    "ExperimentConfig",
    "ExitMessage",
    "FailureReason",
    "ProcessingStartTime",
    "ProcessingEndTime",
    "LastModifiedTime",
    "CreationTime",
    "MonitoringScheduleArn",
    "AutoMLJobArn",
    "TrainingJobArn",
)
"""What a "SageMaker Processing Job State Change" carries; unset ones null."""

_ENUMS = frozenset(
    {
        "S3DataType",
        "S3InputMode",
        "S3DataDistributionType",
        "S3CompressionType",
        "S3UploadMode",
        "DataDistributionType",
        "InputMode",
    }
)
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class IllegalMoveError(Exception):
    """A state was asked for that cannot follow the present one."""


def move(platform: Platform, name: str, status: str, **changes: Any) -> Document:
    """Bring a job into its next state and tell the world; raises `IllegalMoveError`."""
    now = platform.now()

    def change(document: Document) -> Document:
        present = document["ProcessingJobStatus"]
        if status not in FOLLOWERS.get(present, frozenset()):
            raise IllegalMoveError(f"{name} cannot go from {present} to {status}")
        return document | {"ProcessingJobStatus": status, "LastModifiedTime": now} | changes

    document = platform.store.change(KIND, name, change)
    tell(platform, document)
    return document


def tell(platform: Platform, document: Document) -> None:
    """Emit the event of a job's present state."""
    cut = to_event(shape("DescribeProcessingJobResponse"), document)
    detail = {member: cut.get(member) for member in EVENT_MEMBERS} | {"Tags": tags_of(document)}
    for member in ("ProcessingInputs", "ProcessingOutputConfig"):
        detail[member] = shout(detail[member])
    platform.events.emit(
        "SageMaker Processing Job State Change", document["ProcessingJobArn"], detail
    )


def shout(value: Any) -> Any:
    """Spell the enums of inputs and outputs as the event does: `S3Prefix` is `S3_PREFIX`.

    Seen in real events: S3_PREFIX, FILE, FULLYREPLICATED, CONTINUOUS.
    """
    if isinstance(value, list):
        return [shout(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _shouted(item) if name in _ENUMS and isinstance(item, str) else shout(item)
        for name, item in value.items()
    }


def _shouted(text: str) -> str:
    return "FULLYREPLICATED" if text == "FullyReplicated" else _WORD.sub("_", text).upper()
