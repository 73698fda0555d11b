"""Carries out one execution of a monitoring schedule: a processing job over a span of time.

Pages "Schedule Monitoring Jobs", "Container Contract Inputs".
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.sagemaker.endpoints.endpoint_state import KIND as ENDPOINT
from local.sagemaker.monitoring.monitoring_clock import (
    HOUR,
    hour_folder,
    hour_folders,
    iso,
    read_duration,
    read_expression,
)
from local.sagemaker.monitoring.monitoring_executions import KIND, set_execution, settle
from local.sagemaker.objects import ObjectsError
from local.sagemaker.processing.processing_run import ProcessingRun
from local.sagemaker.processing.processing_states import KIND as PROCESSING
from local.sagemaker.processing.processing_states import tell

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

BASE = "/opt/ml/processing"
NO_DATA = "Job inputs had no data"
_CLARIFY = frozenset({"ModelBias", "ModelExplainability"})
_log = logging.getLogger(__name__)


class NothingToAnalyse(Exception):  # noqa: N818 -- a fact about the data, not a fault
    """The span of time holds no data."""


@dataclass(frozen=True)
class Window:
    """The time that an execution looks at, in seconds since the epoch; `end` is not in it."""

    start: float
    end: float


class MonitoringRun:
    """One execution while it runs."""

    def __init__(
        self, platform: Platform, schedule: Document, work: Document, scheduled: float
    ) -> None:
        """Note the execution, which is Pending until its job starts.

        Args:
            platform: The platform.
            schedule: The schedule's document.
            work: What it does (`monitoring_schedules.work_of`).
            scheduled: When it should run, in seconds since the epoch.
        """
        self._platform, self._schedule, self._work = platform, schedule, work
        self._scheduled = scheduled
        stamp = datetime.fromtimestamp(scheduled, UTC).strftime("%Y%m%d%H%M")
        self._name = f"model-monitoring-{stamp}-{uuid.uuid4().hex[:24]}"
        now = platform.now()
        execution = {
            "_Name": self._name,
            "MonitoringScheduleName": schedule["MonitoringScheduleName"],
            "ScheduledTime": scheduled,
            "CreationTime": now,
            "LastModifiedTime": now,
            "MonitoringExecutionStatus": "Pending",
            "MonitoringType": work["type"],
            "EndpointName": schedule.get("EndpointName"),
            "MonitoringJobDefinitionName": schedule["MonitoringScheduleConfig"].get(
                "MonitoringJobDefinitionName"
            ),
        }
        parent = schedule["MonitoringScheduleName"]
        platform.store.create(KIND, self._name, execution, parent=parent)

    def start(self) -> None:
        """Run in a thread."""
        threading.Thread(target=self.run, name=self._name, daemon=True).start()

    def run(self) -> None:
        """Run to the end; whatever happens, the execution ends in a final state."""
        try:
            request = self._request()
        except NothingToAnalyse:
            self._fail(NO_DATA)
            return
        except ObjectsError as error:
            self._fail(f"ClientError: {error}")
            return
        except Exception as error:  # noqa: BLE001 -- never leave an execution Pending with nobody at it
            _log.exception("the execution %s broke", self._name)
            self._fail(f"InternalServerError: {error}")
            return
        self._process(request)
        if not self._platform.closing:
            settle(self._platform, self._name)

    def _fail(self, reason: str) -> None:
        set_execution(
            self._platform, self._name, MonitoringExecutionStatus="Failed", FailureReason=reason
        )

    def _process(self, request: Document) -> None:
        platform, now = self._platform, self._platform.now()
        arn = platform.arn(PROCESSING, self._name)
        document = request | {
            "ProcessingJobArn": arn,
            "ProcessingJobStatus": "InProgress",
            "CreationTime": now,
            "LastModifiedTime": now,
            "MonitoringScheduleArn": self._schedule["MonitoringScheduleArn"],
            "_MonitoringType": self._work["type"],
            "_EndpointName": self._schedule.get("EndpointName"),
        }
        platform.create(PROCESSING, self._name, document)
        set_execution(
            platform, self._name, MonitoringExecutionStatus="InProgress", ProcessingJobArn=arn
        )
        tell(platform, document)
        run = ProcessingRun(platform, self._name)
        platform.active[PROCESSING, self._name] = run
        run.run()

    def _request(self) -> Document:
        """The processing job's request; raises `NothingToAnalyse` and `ObjectsError`."""
        work, window = self._work, self._window()
        inputs, environment = self._data(window)
        inputs += self._truth(window, environment)
        inputs += self._baseline(environment) + self._scripts(environment)
        output = work["output"]
        environment["output_path"] = output["LocalPath"]
        specification = {
            member: work["specification"][member]
            for member in ("ImageUri", "ContainerEntrypoint", "ContainerArguments")
            if member in work["specification"]
        }
        target = {
            "S3Uri": self._output_uri(output["S3Uri"]),
            "LocalPath": output["LocalPath"],
            "S3UploadMode": "EndOfJob",
        }
        request: Document = {
            "ProcessingJobName": self._name,
            "ProcessingInputs": inputs,
            "ProcessingOutputConfig": {
                "Outputs": [{"OutputName": "result", "S3Output": target}],
            },
            "ProcessingResources": {"ClusterConfig": work["resources"]["ClusterConfig"]},
            "AppSpecification": specification,
            "Environment": environment | work["environment"],
            "RoleArn": work["role"],
        }
        return request | ({"StoppingCondition": work["stopping"]} if work["stopping"] else {})

    def _window(self) -> Window:
        hour = self._platform.settings.monitoring_hour_seconds
        config = self._schedule["MonitoringScheduleConfig"].get("ScheduleConfig") or {}
        rhythm = read_expression(config.get("ScheduleExpression", "cron(0 * ? * * *)"))
        back = (rhythm.every if rhythm else 1) * hour
        start, end = self._scheduled - back, self._scheduled
        if "DataAnalysisStartTime" in config:
            start = self._scheduled + read_duration(config["DataAnalysisStartTime"], hour)
        if "DataAnalysisEndTime" in config:
            end = self._scheduled + read_duration(config["DataAnalysisEndTime"], hour)
        source = next(iter(self._work["input"].values()))
        if "StartTimeOffset" in source:
            start = self._scheduled + read_duration(source["StartTimeOffset"], hour)
        if "EndTimeOffset" in source:
            end = self._scheduled + read_duration(source["EndTimeOffset"], hour)
        return Window(start, end)

    def _data(self, window: Window) -> tuple[list[Document], dict[str, str]]:
        """The inputs that hold the span's data, and the environment that tells of them."""
        given = self._work["input"]
        environment = {
            "start_time": iso(window.start),
            "end_time": iso(window.end),
            "publish_cloudwatch_metrics": "Enabled",
            "sagemaker_monitoring_schedule_name": self._schedule["MonitoringScheduleName"],
            "analysis_type": _analysis(self._work["type"]),
        }
        if "EndpointInput" in given:
            source = given["EndpointInput"]
            sides = {"captureIndexNames": ["endpointInput", "endpointOutput"]}
            formats: Document = {"sagemakerCaptureJson": sides}
            environment["sagemaker_endpoint_name"] = source["EndpointName"]
            prefixes = self._captured(source["EndpointName"])
        else:
            source = given["BatchTransformInput"]
            formats = _batch_format(source["DatasetFormat"])
            prefixes = [source["DataCapturedDestinationS3Uri"].rstrip("/")]
        environment["dataset_source"] = source["LocalPath"]
        environment["dataset_format"] = json.dumps(formats)
        environment |= _attributes(source, self._work["specification"])
        found = self._hours(prefixes, window, source["LocalPath"])
        if not found:
            raise NothingToAnalyse
        return found, environment

    def _captured(self, endpoint: str) -> list[str]:
        document = self._platform.store.find(ENDPOINT, endpoint) or {}
        capture = (document.get("_Config") or {}).get("DataCaptureConfig") or {}
        if not capture.get("DestinationS3Uri"):
            raise ObjectsError(f"Endpoint {endpoint} has no data capture enabled")
        variants = [item["VariantName"] for item in document["_Config"]["ProductionVariants"]]
        root = capture["DestinationS3Uri"].rstrip("/")
        return [f"{root}/{endpoint}/{variant}" for variant in variants]

    def _hours(self, prefixes: list[str], window: Window, local: str) -> list[Document]:
        """An input for each hour that has objects."""
        inputs: list[Document] = []
        for prefix in prefixes:
            for folder in hour_folders(window.start, window.end):
                uri = f"{prefix}/{folder}"
                if self._platform.objects.find(f"{uri}/", self._work["role"]):
                    place = f"{local.rstrip('/')}/{prefix.rpartition('/')[2]}/{folder}"
                    name = f"endpoint_input_{len(inputs) + 1}"
                    inputs.append(_s3_input(name, f"{uri}/", place))
        return inputs

    def _truth(self, window: Window, environment: dict[str, str]) -> list[Document]:
        """Labels: those of an hour lie in the folder of the hour in which they were collected."""
        root = self._work["ground_truth"]
        if not root:
            return []
        place = f"{BASE}/groundtruth"
        inputs: list[Document] = []
        for folder in hour_folders(window.start, max(self._scheduled, window.end) + HOUR):
            uri = f"{root.rstrip('/')}/{folder}/"
            if self._platform.objects.find(uri, self._work["role"]):
                name = f"groundtruth_input_{len(inputs) + 1}"
                inputs.append(_s3_input(name, uri, f"{place}/{folder}"))
        if not inputs:
            raise NothingToAnalyse
        environment["ground_truth_source"] = place
        return inputs

    def _baseline(self, environment: dict[str, str]) -> list[Document]:
        baseline = self._work["baseline"]
        inputs: list[Document] = []
        addresses = {
            name: (baseline.get(f"{name}Resource") or {}).get("S3Uri")
            for name in ("Constraints", "Statistics")
        }
        if "BaseliningJobName" in baseline and not any(addresses.values()):
            addresses = self._suggested_by(baseline["BaseliningJobName"])
        for name, uri in addresses.items():
            if uri:
                place = f"{BASE}/baseline/{name.lower()}"
                inputs.append(_s3_input(name.lower(), uri, place))
                environment[f"baseline_{name.lower()}"] = place
        return inputs

    def _suggested_by(self, job: str) -> dict[str, str | None]:
        document = self._platform.store.find(PROCESSING, job)
        if document is None:
            raise ObjectsError(f"There is no baselining job {job}")
        root = document["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"].rstrip("/")
        if self._work["type"] in _CLARIFY:
            return {"Constraints": f"{root}/analysis.json"}
        found: dict[str, str | None] = {"Constraints": f"{root}/constraints.json"}
        if self._work["type"] == "DataQuality":
            found["Statistics"] = f"{root}/statistics.json"
        return found

    def _scripts(self, environment: dict[str, str]) -> list[Document]:
        """Scripts of the caller's, and the configuration of Clarify's analysis."""
        specification = self._work["specification"]
        inputs: list[Document] = []
        for member, variable in (
            ("RecordPreprocessorSourceUri", "record_preprocessor_script"),
            ("PostAnalyticsProcessorSourceUri", "post_analytics_processor_script"),
            ("ConfigUri", "analysis_config"),
        ):
            uri = specification.get(member)
            if uri:
                place = f"{BASE}/input/{variable}"
                inputs.append(_s3_input(variable, uri, place))
                environment[variable] = f"{place}/{uri.rpartition('/')[2]}"
        return inputs

    def _output_uri(self, root: str) -> str:
        parts = [root.rstrip("/"), self._schedule.get("EndpointName") or ""]
        parts += [self._schedule["MonitoringScheduleName"], hour_folder(self._scheduled)]
        return "/".join(part for part in parts if part)


def _analysis(monitoring_type: str) -> str:
    return {
        "DataQuality": "DATA_QUALITY",
        "ModelQuality": "MODEL_QUALITY",
        "ModelBias": "MODEL_BIAS",
        "ModelExplainability": "MODEL_EXPLAINABILITY",
    }[monitoring_type]


def _batch_format(given: Document) -> Document:
    kind, options = next(iter(given.items()))
    if kind == "Csv":
        return {"csv": {"header": options.get("Header", False)}}
    if kind == "Json":
        return {"json": {"lines": options.get("Line", True)}}
    return {"parquet": {}}


def _attributes(source: Document, specification: Document) -> dict[str, str]:
    members = {
        "inference_attribute": source.get("InferenceAttribute"),
        "probability_attribute": source.get("ProbabilityAttribute"),
        "probability_threshold_attribute": source.get("ProbabilityThresholdAttribute"),
        "problem_type": specification.get("ProblemType"),
    }
    return {name: str(value) for name, value in members.items() if value is not None}


def _s3_input(name: str, uri: str, place: str) -> Document:
    source = {
        "S3Uri": uri,
        "LocalPath": place,
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }
    return {"InputName": name, "AppManaged": False, "S3Input": source}
