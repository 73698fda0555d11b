"""CreateMonitoringSchedule and its siblings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.assembly import at_end, at_start
from local.sagemaker.jobs.images import monitors
from local.sagemaker.monitoring.job_definitions import check_input, find_definition
from local.sagemaker.monitoring.monitoring_clock import NOW, read_duration, read_expression
from local.sagemaker.monitoring.monitoring_executions import executions, stop_running
from local.sagemaker.monitoring.monitoring_scheduler import Scheduler

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

KIND = "monitoring-schedule"
_INLINE = "MonitoringScheduleConfig.MonitoringJobDefinition"
_REFUSED = frozenset(
    {
        f"{_INLINE}.MonitoringInputs.EndpointInput.ExcludeFeaturesAttribute",
        f"{_INLINE}.MonitoringInputs.EndpointInput.FeaturesAttribute",
        f"{_INLINE}.MonitoringInputs.BatchTransformInput.ExcludeFeaturesAttribute",
        f"{_INLINE}.MonitoringInputs.BatchTransformInput.FeaturesAttribute",
        f"{_INLINE}.MonitoringOutputConfig.KmsKeyId",
        f"{_INLINE}.MonitoringResources.ClusterConfig.VolumeKmsKeyId",
        f"{_INLINE}.NetworkConfig.EnableNetworkIsolation",
        f"{_INLINE}.NetworkConfig.VpcConfig",
    }
)
_EVENT = "SageMaker Monitoring Schedule State Change"
LONGEST_HOURS = 24


@operation("CreateMonitoringSchedule", refuses=_REFUSED)
def create_monitoring_schedule(request: Document, platform: Platform) -> Document:
    """Begin to watch; a schedule of NOW runs once, at once."""
    config = request["MonitoringScheduleConfig"]
    work = _check(config, platform)
    name, now = request["MonitoringScheduleName"], platform.now()
    document: Document = {
        **request,
        "MonitoringScheduleArn": platform.arn(KIND, name),
        "MonitoringScheduleStatus": "Scheduled",
        "MonitoringType": work["type"],
        "CreationTime": now,
        "LastModifiedTime": now,
        "_Next": _first_run(config, platform),
    } | _endpoint(work)
    platform.create(KIND, name, document)
    _tell(platform, document)
    _scheduler(platform).wake()
    return {"MonitoringScheduleArn": document["MonitoringScheduleArn"]}


@operation("DescribeMonitoringSchedule")
def describe_monitoring_schedule(request: Document, platform: Platform) -> Document:
    """A schedule and its last execution."""
    document = platform.get(KIND, request["MonitoringScheduleName"])
    done = executions(platform, request["MonitoringScheduleName"])
    return document | ({"LastMonitoringExecutionSummary": done[-1]} if done else {})


@operation("ListMonitoringSchedules")
def list_monitoring_schedules(request: Document, platform: Platform) -> Document:
    """All schedules, newest first."""
    found = []
    for document in platform.store.list(KIND):
        config = document["MonitoringScheduleConfig"]
        item = document | {"MonitoringJobDefinitionName": config.get("MonitoringJobDefinitionName")}
        wanted = {
            "EndpointName": request.get("EndpointName"),
            "MonitoringJobDefinitionName": request.get("MonitoringJobDefinitionName"),
            "MonitoringType": request.get("MonitoringTypeEquals"),
        }
        if all(value in (None, item.get(member)) for member, value in wanted.items()):
            found.append(item)
    return page(
        request,
        found,
        name_member="MonitoringScheduleName",
        answer_member="MonitoringScheduleSummaries",
        status_member="MonitoringScheduleStatus",
    )


@operation("UpdateMonitoringSchedule", refuses=_REFUSED)
def update_monitoring_schedule(request: Document, platform: Platform) -> Document:
    """Give a schedule another configuration; it keeps its executions."""
    name, config = request["MonitoringScheduleName"], request["MonitoringScheduleConfig"]
    platform.get(KIND, name)
    work = _check(config, platform)
    changes: Document = {
        "MonitoringScheduleConfig": config,
        "MonitoringType": work["type"],
        "_Next": _first_run(config, platform),
        "EndpointName": None,
    } | _endpoint(work)
    document = _set(platform, name, **changes)
    _scheduler(platform).wake()
    return {"MonitoringScheduleArn": document["MonitoringScheduleArn"]}


@operation("StartMonitoringSchedule")
def start_monitoring_schedule(request: Document, platform: Platform) -> Document:
    """Let a stopped schedule run again."""
    name = request["MonitoringScheduleName"]
    document = platform.get(KIND, name)
    if document["MonitoringScheduleStatus"] != "Scheduled":
        config = document["MonitoringScheduleConfig"]
        later = _first_run(config, platform)
        _set(platform, name, MonitoringScheduleStatus="Scheduled", _Next=later)
        _scheduler(platform).wake()
    return {}


@operation("StopMonitoringSchedule")
def stop_monitoring_schedule(request: Document, platform: Platform) -> Document:
    """Start no more executions, and end the one that runs."""
    name = request["MonitoringScheduleName"]
    platform.get(KIND, name)
    _set(platform, name, MonitoringScheduleStatus="Stopped", _Next=None)
    stop_running(platform, name)
    return {}


@operation("DeleteMonitoringSchedule")
def delete_monitoring_schedule(request: Document, platform: Platform) -> Document:
    """Forget a schedule and end what it runs; its processing jobs stay."""
    name = request["MonitoringScheduleName"]
    document = platform.get(KIND, name)
    if any(
        item["MonitoringExecutionStatus"] == "InProgress" for item in executions(platform, name)
    ):
        raise ValidationException(
            f"Cannot delete {document['MonitoringScheduleArn']} while an execution is running; "
            "stop the schedule first"
        )
    platform.store.delete(KIND, name)
    for item in executions(platform, name):
        platform.store.delete("monitoring-execution", item["_Name"])
    return {}


def _check(config: Document, platform: Platform) -> Document:
    """What a configuration is to do; raises `ValidationException` when it cannot be done."""
    schedule = config.get("ScheduleConfig") or {"ScheduleExpression": "cron(0 * ? * * *)"}
    inline = "MonitoringJobDefinition" in config
    if inline == ("MonitoringJobDefinitionName" in config):
        raise ValidationException(
            "Give one of MonitoringJobDefinition and MonitoringJobDefinitionName"
        )
    if not inline and "MonitoringType" not in config:
        raise ValidationException("MonitoringType is needed with MonitoringJobDefinitionName")
    if inline and config.get("MonitoringType", "DataQuality") != "DataQuality":
        raise ValidationException("An inline MonitoringJobDefinition is of type DataQuality")
    try:
        read_expression(schedule["ScheduleExpression"])
        _check_window(schedule)
        work = work_of(platform, config)
        for source in work["input"].values():
            for member in ("StartTimeOffset", "EndTimeOffset"):
                if member in source:
                    read_duration(source[member])
    except ValueError as error:
        raise ValidationException(str(error)) from error
    given = work["input"].get("EndpointInput")
    if given and platform.store.find("endpoint", given["EndpointName"]) is None:
        arn = platform.arn("endpoint", given["EndpointName"])
        raise ResourceNotFound(f'Could not find endpoint "{arn}".')
    return work


def _check_window(schedule: Document) -> None:
    """Raises `ValueError` when the times of analysis are missing or the wrong way round."""
    start, end = schedule.get("DataAnalysisStartTime"), schedule.get("DataAnalysisEndTime")
    if schedule["ScheduleExpression"] == NOW and not (start and end):
        raise ValueError(
            "DataAnalysisStartTime and DataAnalysisEndTime are needed with ScheduleExpression NOW"
        )
    if not start and not end:
        return
    span = read_duration(end or "PT0H") - read_duration(start or "-PT1H")
    if not 0 < span <= LONGEST_HOURS * 3600:
        raise ValueError(
            f"The time of analysis must be longer than 0 and at most {LONGEST_HOURS} h"
        )


def work_of(platform: Platform, config: Document) -> Document:
    """What a schedule's jobs do, in the form of `job_definitions.find_definition`.

    Raises:
        ValidationException: When the job definition is not there, or cannot be run here.
    """
    if "MonitoringJobDefinitionName" in config:
        name = config["MonitoringJobDefinitionName"]
        return find_definition(platform, config["MonitoringType"], name)
    inline = config["MonitoringJobDefinition"]
    specification, given = inline["MonitoringAppSpecification"], inline["MonitoringInputs"][0]
    check_input(given)
    image = specification["ImageUri"]
    if not specification.get("ContainerEntrypoint") and not monitors(image):
        raise ValidationException(f"The local SageMaker has no stand-in for the image {image}")
    return {
        "type": "DataQuality",
        "specification": specification,
        "input": given,
        "ground_truth": "",
        "output": inline["MonitoringOutputConfig"]["MonitoringOutputs"][0]["S3Output"],
        "resources": inline["MonitoringResources"],
        "baseline": inline.get("BaselineConfig", {}),
        "environment": inline.get("Environment", {}),
        "stopping": inline.get("StoppingCondition"),
        "role": inline["RoleArn"],
    }


def _first_run(config: Document, platform: Platform) -> float:
    schedule = config.get("ScheduleConfig") or {"ScheduleExpression": "cron(0 * ? * * *)"}
    rhythm = read_expression(schedule["ScheduleExpression"])
    if rhythm is None:
        return platform.now()
    return rhythm.next_after(platform.now(), platform.settings.monitoring_hour_seconds)


def _endpoint(work: Document) -> Document:
    given = work["input"].get("EndpointInput")
    return {"EndpointName": given["EndpointName"]} if given else {}


def _set(platform: Platform, name: str, **changes: Any) -> Document:
    document = platform.store.update(KIND, name, LastModifiedTime=platform.now(), **changes)
    _tell(platform, document)
    return document


def _tell(platform: Platform, document: Document) -> None:
    """Emit the event; AWS lists it and shows no sample, so the members are the API's own."""
    members = ("MonitoringScheduleName", "MonitoringScheduleArn", "MonitoringScheduleStatus")
    detail = {member: document[member] for member in members}
    platform.events.emit(_EVENT, document["MonitoringScheduleArn"], detail)


def _scheduler(platform: Platform) -> Scheduler:
    scheduler: Scheduler = platform.active["scheduler", "monitoring"]
    return scheduler


@at_start
def start_scheduler(platform: Platform) -> None:
    """Begin to look after the schedules, those of an earlier run included."""
    platform.active["scheduler", "monitoring"] = Scheduler(platform, work_of)


@at_end
def end_scheduler(platform: Platform) -> None:
    """Start no more executions."""
    if ("scheduler", "monitoring") in platform.active:
        _scheduler(platform).close()
