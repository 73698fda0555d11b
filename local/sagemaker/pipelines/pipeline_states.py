"""The states of a pipeline execution and of its steps, and the event of each change.

An execution is one document: its steps' records are in it, so that it is never half changed.
Pipelines' events are in camelCase, with times as ISO 8601 in whole seconds (AWS page "SageMaker
events", Model Building Pipeline).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

KIND = "pipeline-execution"
ENDED = frozenset({"Stopped", "Failed", "Succeeded"})
EXECUTION_EVENT = "SageMaker Model Building Pipeline Execution Status Change"
STEP_EVENT = "SageMaker Model Building Pipeline Execution Step Status Change"
_STATUS = "PipelineExecutionStatus"
_FOLLOWERS: dict[str, frozenset[str]] = {
    "Executing": frozenset({"Stopping", "Stopped", "Failed", "Succeeded"}),
    "Stopping": frozenset({"Stopped", "Failed"}),
    "Failed": frozenset({"Executing"}),  # RetryPipelineExecution
    "Stopped": frozenset({"Executing"}),
}


class IllegalMoveError(Exception):
    """A state was asked for that cannot follow the present one; the message is that one."""


def move_execution(platform: Platform, name: str, status: str, **changes: Any) -> Document:
    """Bring an execution into its next state and tell the world; raises `IllegalMoveError`."""
    previous, now = "", platform.now()

    def change(document: Document) -> Document:
        nonlocal previous
        previous = document[_STATUS]
        if status not in _FOLLOWERS.get(previous, frozenset()):
            raise IllegalMoveError(previous)
        return document | {_STATUS: status, "LastModifiedTime": now} | changes

    document = platform.store.change(KIND, name, change)
    tell_execution(platform, document, previous)
    return document


def tell_execution(platform: Platform, document: Document, previous: str | None) -> None:
    """Emit the event of an execution's present state."""
    status = document[_STATUS]
    ended = document["LastModifiedTime"] if status in ENDED else None
    detail = {
        "pipelineExecutionDescription": document.get("PipelineExecutionDescription"),
        "pipelineExecutionDisplayName": document.get("PipelineExecutionDisplayName"),
        "currentPipelineExecutionStatus": status,
        "previousPipelineExecutionStatus": previous,
        "executionStartTime": _time(document["CreationTime"]),
        "executionEndTime": _time(ended),
        "pipelineArn": document["PipelineArn"],
        "pipelineExecutionArn": document["PipelineExecutionArn"],
    }
    arns = document["PipelineArn"], document["PipelineExecutionArn"]
    platform.events.emit(EXECUTION_EVENT, arns[0], detail, arns[1])


def move_step(platform: Platform, name: str, step: str, status: str, **changes: Any) -> Document:
    """Bring a step of an execution into a state, tell the world, and return its record."""
    previous: str | None = None

    def change(document: Document) -> Document:
        nonlocal previous
        record = document["Steps"].get(step, {"StepName": step})
        previous = record.get("StepStatus")
        document["Steps"][step] = record | {"StepStatus": status} | changes
        return document

    document = platform.store.change(KIND, name, change)
    record: Document = document["Steps"][step]
    if previous != status:
        _tell_step(platform, document, record, previous)
    return record


def note_step(platform: Platform, name: str, step: str, **changes: Any) -> Document:
    """Set members of a step's record and return it; its state stays."""

    def change(document: Document) -> Document:
        document["Steps"][step] |= changes
        return document

    record: Document = platform.store.change(KIND, name, change)["Steps"][step]
    return record


def _tell_step(
    platform: Platform, document: Document, record: Document, previous: str | None
) -> None:
    detail = {
        "failureReason": record.get("FailureReason"),
        "cacheHitResult": camel_case(record.get("CacheHitResult")),
        "metadata": camel_case(record.get("Metadata")),
        "stepStartTime": _time(record.get("StartTime")),
        "stepEndTime": _time(record.get("EndTime")),
        "stepName": record["StepName"],
        "stepType": record.get("StepType"),
        "previousStepStatus": previous,
        "currentStepStatus": record["StepStatus"],
        "pipelineArn": document["PipelineArn"],
        "pipelineExecutionArn": document["PipelineExecutionArn"],
    }
    arns = document["PipelineArn"], document["PipelineExecutionArn"]
    platform.events.emit(STEP_EVENT, arns[0], detail, arns[1])


def camel_case(value: Any) -> Any:
    """A document with the first letter of every member small: `TrainingJob` is `trainingJob`."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: camel_case(item) for key, item in value.items()}
    return [camel_case(item) for item in value] if isinstance(value, list) else value


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
