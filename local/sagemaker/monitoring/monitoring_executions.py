"""ListMonitoringExecutions, and the alerts that executions raise."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.assembly import at_start
from local.sagemaker.jobs.job_process import Cause
from local.sagemaker.processing.processing_jobs import RESTARTED
from local.sagemaker.processing.processing_states import KIND as PROCESSING
from local.sagemaker.processing.processing_states import IllegalMoveError, move

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

KIND = "monitoring-execution"
SCHEDULE = "monitoring-schedule"
RUNNING = frozenset({"Pending", "InProgress", "Stopping"})
WITH_VIOLATIONS = "CompletedWithViolations"
ALERTS = {
    "DataQuality": "data-quality-alert",
    "ModelQuality": "model-quality-alert",
    "ModelBias": "model-bias-alert",
    "ModelExplainability": "model-explainability-alert",
}
"""Of each kind of monitor its one alert; AWS names it, in a form not published."""


@operation("ListMonitoringExecutions")
def list_monitoring_executions(request: Document, platform: Platform) -> Document:
    """All executions, newest first."""
    wanted = {
        "MonitoringScheduleName": request.get("MonitoringScheduleName"),
        "EndpointName": request.get("EndpointName"),
        "MonitoringJobDefinitionName": request.get("MonitoringJobDefinitionName"),
        "MonitoringType": request.get("MonitoringTypeEquals"),
    }
    after, before = request.get("ScheduledTimeAfter"), request.get("ScheduledTimeBefore")
    found = [
        item
        for item in platform.store.list(KIND)
        if all(value in (None, item.get(member)) for member, value in wanted.items())
        and (after is None or item["ScheduledTime"] > after)
        and (before is None or item["ScheduledTime"] < before)
    ]
    return page(
        request,
        found,
        name_member="MonitoringScheduleName",
        answer_member="MonitoringExecutionSummaries",
        status_member="MonitoringExecutionStatus",
        sort_members={"ScheduledTime": "ScheduledTime"},
    )


@operation("ListMonitoringAlerts")
def list_monitoring_alerts(request: Document, platform: Platform) -> Document:
    """The alert of a schedule: how many of its last executions broke the baseline."""
    schedule = platform.get(SCHEDULE, request["MonitoringScheduleName"])
    return page(
        request,
        [_alert(platform, schedule)],
        name_member="MonitoringAlertName",
        answer_member="MonitoringAlertSummaries",
    )


@operation("UpdateMonitoringAlert")
def update_monitoring_alert(request: Document, platform: Platform) -> Document:
    """Change how many of how many executions raise the alert."""
    name = request["MonitoringScheduleName"]
    schedule = platform.get(SCHEDULE, name)
    if request["MonitoringAlertName"] != ALERTS[schedule["MonitoringType"]]:
        raise ResourceNotFound(f"There is no alert {request['MonitoringAlertName']} of {name}")
    points, period = request["DatapointsToAlert"], request["EvaluationPeriod"]
    if points > period:
        raise ValidationException("DatapointsToAlert must not be more than EvaluationPeriod")
    alert = {"DatapointsToAlert": points, "EvaluationPeriod": period}
    platform.store.update(SCHEDULE, name, _Alert=alert | {"_Changed": platform.now()})
    return {
        "MonitoringScheduleArn": schedule["MonitoringScheduleArn"],
        "MonitoringAlertName": request["MonitoringAlertName"],
    }


def _alert(platform: Platform, schedule: Document) -> Document:
    rule = schedule.get("_Alert") or {"DatapointsToAlert": 1, "EvaluationPeriod": 1}
    ended = [
        item
        for item in executions(platform, schedule["MonitoringScheduleName"])
        if item["MonitoringExecutionStatus"] in {"Completed", WITH_VIOLATIONS}
    ]
    recent = ended[-rule["EvaluationPeriod"] :]
    broken = sum(item["MonitoringExecutionStatus"] == WITH_VIOLATIONS for item in recent)
    return {
        "MonitoringAlertName": ALERTS[schedule["MonitoringType"]],
        "CreationTime": schedule["CreationTime"],
        "LastModifiedTime": rule.get("_Changed", schedule["CreationTime"]),
        "AlertStatus": "InAlert" if broken >= rule["DatapointsToAlert"] else "OK",
        "DatapointsToAlert": rule["DatapointsToAlert"],
        "EvaluationPeriod": rule["EvaluationPeriod"],
        "Actions": {"ModelDashboardIndicator": {"Enabled": True}},
    }


def executions(platform: Platform, schedule: str) -> list[Document]:
    """A schedule's executions, oldest first."""
    return platform.store.list(KIND, parent=schedule)


def set_execution(platform: Platform, name: str, **changes: Any) -> None:
    """Note how far an execution is; nothing when its schedule is gone meanwhile."""
    if platform.store.find(KIND, name) is not None:
        platform.store.update(KIND, name, LastModifiedTime=platform.now(), **changes)


def settle(platform: Platform, name: str) -> None:
    """Give an execution the state in which its processing job ended."""
    job = platform.store.find(PROCESSING, name) or {}
    status, changes = job.get("ProcessingJobStatus", "Failed"), {}
    if status == "Completed" and job.get("ExitMessage", "").startswith(WITH_VIOLATIONS):
        status = WITH_VIOLATIONS
        changes["FailureReason"] = job["ExitMessage"]
    elif "FailureReason" in job:
        changes["FailureReason"] = job["FailureReason"]
    set_execution(platform, name, MonitoringExecutionStatus=status, **changes)


def stop_running(platform: Platform, schedule: str) -> None:
    """End a schedule's execution that runs, if any."""
    for item in executions(platform, schedule):
        run = platform.active.get((PROCESSING, item["_Name"]))
        if item["MonitoringExecutionStatus"] in RUNNING and run is not None:
            with contextlib.suppress(IllegalMoveError):  # it is ending, or over
                move(platform, item["_Name"], "Stopping")
                run.control.end(Cause.STOPPED)


@at_start
def settle_interrupted(platform: Platform) -> None:
    """End the executions that ran when the process was killed; their jobs are Failed already."""
    for item in platform.store.list(KIND):
        if item["MonitoringExecutionStatus"] in RUNNING:
            if platform.store.find(PROCESSING, item["_Name"]) is None:
                failed = {"MonitoringExecutionStatus": "Failed", "FailureReason": RESTARTED}
                set_execution(platform, item["_Name"], **failed)
            else:
                settle(platform, item["_Name"])
