"""Something happened that people want to hear of: put it in words and send it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.decision import ApiCall, Decision

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.events import Event
    from lifecycle.settings import Settings

SUBJECT_LIMIT = 100
"""SNS Publish: a subject is ASCII, of one line, under 100 characters."""

SUBJECTS = {
    "RetentionNotApplied": "{problem}: old rows are not removed",
    "ProblemRejected": "{problem}: problem.yaml was refused",
    "ProblemAwaited": "{problem}: records wait for a problem.yaml",
    "MarkerAwaited": "{problem}: files wait for their marker",
    "DataRejected": "{problem}: data was set aside",
    "PreparationFailed": "{problem}: preparing the data failed",
    "FetchFailed": "{problem}: a database could not be fetched",
    "ChangesDoubted": "{problem}: changes of a table do not fit its rows",
    "FeatureStorageFailed": "{problem}: features could not be kept",
    "TrainingFailed": "{problem}: training failed",
    "CandidateRejected": "{problem}: the new model was rejected",
    "ApprovalRequested": "{problem}: a model waits for your approval",
    "ModelRefused": "{problem}: a model was replaced, and refused",
    "ModelDeployed": "{problem}: a new model serves",
    "DeploymentRolledBack": "{problem}: the deployment was rolled back",
    "PredictionsReady": "{problem}: predictions are ready",
    "DriftDetected": "{problem}: the traffic has drifted",
    "QualityDropped": "{problem}: the answers got worse",
    "QuotaReached": "{problem}: a step waits for a quota of the account",
    "RetrainingStarted": "{problem}: retraining has started",
    "RetrainingHeldBack": "{problem}: retraining was held back",
    "BudgetExceeded": "{problem}: the budget does not allow a run",
}


def decide(cause: Cause[Event], settings: Settings) -> Decision:
    """Publish one alert for one event; attributes let subscribers filter."""
    event = cause.event
    subject = SUBJECTS.get(event.detail_type, "{problem}: " + event.detail_type)
    attributes = {
        "problem": event.problem,
        "severity": str(event.severity),
        "event": event.detail_type,
    }
    request = {
        "TopicArn": settings.alert_topic,
        "Subject": subject.format(problem=event.problem)[: SUBJECT_LIMIT - 1],
        "Message": "\n".join(_lines(cause)),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    }
    return Decision(
        f"Alerted: {request['Subject']}.",
        problem=event.problem,
        run=event.run,
        calls=(ApiCall("sns", "Publish", request, alone=True),),
    )


def _lines(cause: Cause[Event]) -> list[str]:
    """The message: the event's sentence, then what it carries, a line each."""
    event = cause.event
    sentence = (type(event).__doc__ or event.detail_type).strip().splitlines()[0]
    lines = [sentence, "", f"problem: {event.problem}"]
    if event.run:
        lines.append(f"run: {event.run}")
    for name, value in event.model_dump(mode="json", exclude={"problem", "run"}).items():
        lines += _field(name.replace("_", " "), value)
    return [*lines, "", f"event: {event.detail_type}", f"at: {cause.time}", f"id: {cause.id}"]


def _field(name: str, value: Any) -> list[str]:
    if value in (None, "", []):
        return []
    if isinstance(value, list):
        return [f"{name}:", *(f"  - {_item(item)}" for item in value)]
    return [f"{name}: {value}"]


def _item(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    return ", ".join(
        f"{k.replace('_', ' ')} {v}" for k, v in item.items() if v not in (None, "", [])
    )
