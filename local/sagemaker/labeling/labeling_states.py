"""The states of a labelling job, and the event of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

KIND = "labeling-job"
ENDED = frozenset({"Completed", "Failed", "Stopped"})
FOLLOWERS: dict[str, frozenset[str]] = {
    "Initializing": frozenset({"InProgress", "Failed", "Stopping"}),
    "InProgress": frozenset({"Completed", "Failed", "Stopping"}),
    "Stopping": frozenset({"Stopped", "Failed"}),
}
EVENT = "SageMaker Ground Truth Labeling Job State Change"


class IllegalMoveError(Exception):
    """A state was asked for that cannot follow the present one."""


def move(platform: Platform, name: str, status: str, **changes: Any) -> Document:
    """Bring a job into its next state and tell the world; raises `IllegalMoveError`."""
    now = platform.now()

    def change(document: Document) -> Document:
        present = document["LabelingJobStatus"]
        if status not in FOLLOWERS.get(present, frozenset()):
            raise IllegalMoveError(f"{name} cannot go from {present} to {status}")
        return document | {"LabelingJobStatus": status, "LastModifiedTime": now} | changes

    document = platform.store.change(KIND, name, change)
    tell(platform, document)
    return document


def tell(platform: Platform, document: Document) -> None:
    """Emit the event of a job's present state; the job is named by the resource alone."""
    detail = {"LabelingJobStatus": document["LabelingJobStatus"]}
    platform.events.emit(EVENT, document["LabelingJobArn"], detail)
