"""The states of a training job: which may follow which, what they say, and the event of each.

DescribeTrainingJob lists them; the order is that of the page "How Amazon SageMaker AI Training
Works" and, for spot, of "Managed Spot Training".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.sagemaker.api.service_models import shape
from local.sagemaker.api.shaping import to_event
from local.sagemaker.state_events import tags_of

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

KIND = "training-job"
ENDED = frozenset({"Completed", "Failed", "Stopped"})

STATUS_OF = {
    "Stopping": "Stopping",
    "Stopped": "Stopped",
    "MaxRuntimeExceeded": "Stopped",
    "MaxWaitTimeExceeded": "Stopped",
    "Completed": "Completed",
    "Failed": "Failed",
}
"""TrainingJobStatus of a SecondaryStatus; InProgress for all others."""

_LAST = frozenset({"Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"})
FOLLOWERS: dict[str, frozenset[str]] = {
    "Starting": frozenset({"Downloading", "Restarting", "Stopping", "Failed"}),
    "Downloading": frozenset({"Training", "Restarting", "Stopping", "Failed"}),
    "Training": frozenset({"Uploading", "Interrupted", "Restarting", "Stopping", "Failed"}),
    "Interrupted": frozenset({"Starting", "Restarting", "Stopping", "Failed"}),
    "Restarting": frozenset({"Starting", "Stopping", "Failed"}),
    "Uploading": frozenset({"Completed", "Restarting", "Failed"}) | _LAST,
    "Stopping": frozenset({"Uploading", "Failed"}) | _LAST,
}
"""SecondaryStatus → those that may follow."""

MESSAGES = {
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Interrupted": "Training job interrupted: spot capacity was taken back",
    "Restarting": "Restarting the training job",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "MaxWaitTimeExceeded": "Training job wait time exceeded MaxWaitTimeInSeconds provided",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
}

EVENT_MEMBERS = (
    "TrainingJobName",
    "TrainingJobArn",
    "TuningJobArn",
    "TrainingJobStatus",
    "SecondaryStatus",
    "FailureReason",
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ModelArtifacts",
    "ResourceConfig",
    "VpcConfig",
    "StoppingCondition",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "LastModifiedTime",
    "SecondaryStatusTransitions",
    "DebugRuleEvaluationStatuses",
)
"""What a "SageMaker Training Job State Change" carries (EventBridge reference); unset ones null."""


_RETRIES = "RetriesMade"


class IllegalMoveError(Exception):
    """A state was asked for that cannot follow the present one."""


def first_transition(now: float) -> Document:
    """The members that a new job begins with."""
    return {
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Starting",
        "SecondaryStatusTransitions": [_transition("Starting", now, MESSAGES["Starting"])],
    }


def move(platform: Platform, name: str, secondary: str, **changes: Any) -> Document:
    """Bring a job into its next state and tell the world.

    Args:
        platform: The local SageMaker.
        name: The job's name.
        secondary: Its next SecondaryStatus.
        changes: Further members to set in the same step.

    Returns:
        The job's document.

    Raises:
        IllegalMoveError: When the present state allows no such step.
    """
    now = platform.now()

    def change(document: Document) -> Document:
        present = document["SecondaryStatus"]
        if secondary not in FOLLOWERS.get(present, frozenset()):
            raise IllegalMoveError(f"{name} cannot go from {present} to {secondary}")
        status = STATUS_OF.get(secondary, "InProgress")
        if secondary == "Uploading" and document["TrainingJobStatus"] == "Stopping":
            status = "Stopping"
        transitions = document["SecondaryStatusTransitions"]
        transitions[-1]["EndTime"] = now
        message = changes.get("FailureReason") or MESSAGES[secondary]
        transitions.append(_transition(secondary, now, message))
        if status in ENDED:
            transitions[-1]["EndTime"] = now
        new = {"TrainingJobStatus": status, "SecondaryStatus": secondary, "LastModifiedTime": now}
        return document | new | changes

    document = platform.store.change(KIND, name, change)
    tell(platform, document)
    return document


def tell(platform: Platform, document: Document) -> None:
    """Emit the event of a job's present state."""
    cut = to_event(shape("DescribeTrainingJobResponse"), document)
    detail = {member: cut.get(member) for member in EVENT_MEMBERS} | {"Tags": tags_of(document)}
    platform.events.emit("SageMaker Training Job State Change", document["TrainingJobArn"], detail)


def may_retry(job: Document) -> bool:
    """Tell whether a job that hit an InternalServerError is to be tried again.

    API RetryStrategy: so many times at most, and for no other class of fault.
    """
    most = job.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0)
    stopping = job["TrainingJobStatus"] != "InProgress"
    return not stopping and int(job.get(_RETRIES, 0)) < int(most)


def one_more_retry(job: Document) -> Document:
    """The member that counts them."""
    return {_RETRIES: job.get(_RETRIES, 0) + 1}


def _transition(secondary: str, now: float, message: str) -> Document:
    return {"Status": secondary, "StartTime": now, "StatusMessage": message}
