"""The states of a transform job, and the event of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.sagemaker.api.service_models import shape
from local.sagemaker.api.shaping import to_event
from local.sagemaker.state_events import tags_of

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

KIND = "transform-job"
ENDED = frozenset({"Completed", "Failed", "Stopped"})
FOLLOWERS: dict[str, frozenset[str]] = {
    "InProgress": frozenset({"Completed", "Failed", "Stopping"}),
    "Stopping": frozenset({"Stopped", "Failed"}),
}
EVENT_MEMBERS = (
    "TransformJobName",
    "TransformJobArn",
    "TransformJobStatus",
    "FailureReason",
    "ModelName",
    "MaxConcurrentTransforms",
    "MaxPayloadInMB",
    "BatchStrategy",
    "Environment",
    "TransformInput",
    "TransformOutput",
    "TransformResources",
    "CreationTime",
    "TransformStartTime",
    "TransformEndTime",
)
"""What a "SageMaker Transform Job State Change" carries; unset ones null."""


class IllegalMoveError(Exception):
    """A state was asked for that cannot follow the present one."""


def move(platform: Platform, name: str, status: str, **changes: Any) -> Document:
    """Bring a job into its next state and tell the world; raises `IllegalMoveError`."""
    now = platform.now()

    def change(document: Document) -> Document:
        present = document["TransformJobStatus"]
        if status not in FOLLOWERS.get(present, frozenset()):
            raise IllegalMoveError(f"{name} cannot go from {present} to {status}")
        return document | {"TransformJobStatus": status, "LastModifiedTime": now} | changes

    document = platform.store.change(KIND, name, change)
    tell(platform, document)
    return document


def tell(platform: Platform, document: Document) -> None:
    """Emit the event of a job's present state."""
    cut = to_event(shape("DescribeTransformJobResponse"), document)
    detail = {member: cut.get(member) for member in EVENT_MEMBERS} | {"Tags": tags_of(document)}
    platform.events.emit(
        "SageMaker Transform Job State Change", document["TransformJobArn"], detail
    )
