"""What the tests of Model Monitor share: captured traffic, baselines, schedules."""

from __future__ import annotations

import json
import random
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.conformance.sagemaker.laptop import BUCKET, ROLE, unique, until
from tests.conformance.sagemaker.serving import greeting_config, make_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conformance.sagemaker.laptop import LocalSageMaker

ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
CLARIFY = "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"
BASE = "/opt/ml/processing"
CLUSTER = {
    "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
}
NOW = {
    "ScheduleExpression": "NOW",
    "DataAnalysisStartTime": "-PT1H",
    "DataAnalysisEndTime": "PT0H",
}


def captured_endpoint(laptop: LocalSageMaker) -> str:
    """An endpoint whose configuration captures into the folder `captured`."""
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 0,
        "DestinationS3Uri": f"s3://{BUCKET}/captured",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    }
    return make_endpoint(laptop, greeting_config(laptop, "hello", DataCaptureConfig=capture))


def put_traffic(
    laptop: LocalSageMaker, endpoint: str, exchanges: Iterable[tuple[str, str, str]]
) -> None:
    """Put exchanges (identity, asked, answered) where data capture would have put them."""
    when = datetime.fromtimestamp(time.time() - 2, UTC)
    lines = []
    for identity, asked, answered in exchanges:
        sides = {
            "endpointInput": {"mode": "INPUT", "data": asked},
            "endpointOutput": {"mode": "OUTPUT", "data": answered},
        }
        for side in sides.values():
            side |= {"observedContentType": "text/csv", "encoding": "CSV"}
        about = {"eventId": identity, "inferenceTime": f"{when:%Y-%m-%dT%H:%M:%SZ}"}
        document = {"captureData": sides, "eventMetadata": about, "eventVersion": "0"}
        lines.append(json.dumps(document))
    key = f"captured/{endpoint}/primary/{when:%Y/%m/%d/%H}/{uuid.uuid4()}.jsonl"
    laptop.put(key, "\n".join(lines))


def rows(count: int, seed: int, shift: float = 0.0) -> list[tuple[str, str, str]]:
    """Exchanges of an amount and a region, answered with a score."""
    chance = random.Random(seed)
    return [
        (
            str(uuid.uuid4()),
            f"{chance.gauss(50 + shift, 10):.3f},{chance.choice(['north', 'south'])}",
            f"{chance.random():.3f}",
        )
        for _ in range(count)
    ]


def suggest_baseline(
    laptop: LocalSageMaker, table: str, environment: dict[str, str] | None = None
) -> str:
    """Run a baselining job on a CSV with a header; its output's S3 address."""
    name = unique("baseline")
    laptop.put(f"baselines/{name}/in/data.csv", table)
    source = {
        "S3Uri": f"s3://{BUCKET}/baselines/{name}/in",
        "LocalPath": f"{BASE}/input/baseline_dataset_input",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    target = {
        "S3Uri": f"s3://{BUCKET}/baselines/{name}/out",
        "LocalPath": f"{BASE}/output",
        "S3UploadMode": "EndOfJob",
    }
    told = {
        "dataset_format": json.dumps({"csv": {"header": True}}),
        "dataset_source": f"{BASE}/input/baseline_dataset_input",
        "output_path": f"{BASE}/output",
        "publish_cloudwatch_metrics": "Disabled",
    }
    laptop.client().create_processing_job(
        ProcessingJobName=name,
        RoleArn=ROLE,
        AppSpecification={"ImageUri": ANALYZER},
        Environment=told | (environment or {}),
        ProcessingInputs=[{"InputName": "baseline_dataset_input", "S3Input": source}],
        ProcessingOutputConfig={
            "Outputs": [{"OutputName": "monitoring_output", "S3Output": target}]
        },
        ProcessingResources=CLUSTER,
    )
    job = laptop.await_processing(name)
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    return f"s3://{BUCKET}/baselines/{name}/out"


def read(laptop: LocalSageMaker, uri: str) -> Any:
    """A JSON object in S3."""
    return json.loads(laptop.s3.objects[BUCKET, uri.removeprefix(f"s3://{BUCKET}/")])


def table_of(exchanges: list[tuple[str, str, str]]) -> str:
    """A CSV with a header of the same rows: the answer's column first."""
    lines = [f"{answered},{asked}" for _, asked, answered in exchanges]
    return "\n".join(["score,amount,region", *lines]) + "\n"


def data_quality(laptop: LocalSageMaker, endpoint: str, baseline: str, **specification: Any) -> str:
    """A data-quality job definition; its name."""
    name = unique("quality")
    laptop.client().create_data_quality_job_definition(
        JobDefinitionName=name,
        DataQualityBaselineConfig={
            "ConstraintsResource": {"S3Uri": f"{baseline}/constraints.json"},
            "StatisticsResource": {"S3Uri": f"{baseline}/statistics.json"},
        },
        DataQualityAppSpecification={"ImageUri": ANALYZER} | specification,
        DataQualityJobInput={
            "EndpointInput": {"EndpointName": endpoint, "LocalPath": f"{BASE}/input/endpoint"}
        },
        DataQualityJobOutputConfig=output_config(),
        JobResources=CLUSTER,
        RoleArn=ROLE,
    )
    return name


def output_config() -> dict[str, Any]:
    """Reports below the folder `reports`."""
    target = {"S3Uri": f"s3://{BUCKET}/reports", "LocalPath": f"{BASE}/resultdata"}
    return {"MonitoringOutputs": [{"S3Output": target}]}


def watch(
    laptop: LocalSageMaker,
    definition: str,
    monitoring_type: str = "DataQuality",
    schedule: dict[str, str] | None = None,
) -> str:
    """A schedule of a job definition; its name."""
    name = unique("watch")
    laptop.client().create_monitoring_schedule(
        MonitoringScheduleName=name,
        MonitoringScheduleConfig={
            "ScheduleConfig": schedule or NOW,
            "MonitoringJobDefinitionName": definition,
            "MonitoringType": monitoring_type,
        },
    )
    return name


def await_execution(laptop: LocalSageMaker, schedule: str) -> dict[str, Any]:
    """Wait until a schedule's first execution has ended."""
    found: dict[str, Any] = {}

    def ended() -> bool:
        listed = laptop.client().list_monitoring_executions(
            MonitoringScheduleName=schedule, SortOrder="Ascending"
        )["MonitoringExecutionSummaries"]
        found.update(listed[0] if listed else {})
        running = {"Pending", "InProgress", "Stopping"}
        return bool(found) and found["MonitoringExecutionStatus"] not in running

    until(ended, f"an execution of {schedule} ends", seconds=40)
    return found


def report(laptop: LocalSageMaker, schedule: str, name: str) -> Any:
    """A file of a schedule's report."""
    (key,) = [
        key
        for key in laptop.s3.keys(BUCKET, "reports/")
        if f"/{schedule}/" in key and key.endswith(f"/{name}")
    ]
    return read(laptop, f"s3://{BUCKET}/{key}")
