"""Model Monitor's schedules, executions and baselines, as any boto3 client meets them."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import BUCKET, ROLE, ROOT, LocalSageMaker, unique
from tests.conformance.sagemaker.monitored import (
    ANALYZER,
    CLUSTER,
    NOW,
    await_execution,
    captured_endpoint,
    data_quality,
    output_config,
    put_traffic,
    read,
    report,
    rows,
    suggest_baseline,
    table_of,
    watch,
)
from tests.conformance.sagemaker.serving import details
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.conformance
SDK_PYTHON = ROOT / ".venvs" / "sdk2" / "bin" / "python"


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSageMaker]:
    """A local SageMaker with a tiny S3."""
    data = tmp_path_factory.mktemp("monitored")
    with TinyS3() as s3:
        server = LocalSageMaker(data, s3, ("--grace-seconds", "2"))
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="module")
def endpoint(laptop: LocalSageMaker) -> str:
    """An endpoint whose traffic is watched."""
    return captured_endpoint(laptop)


@pytest.fixture(scope="module")
def baseline(laptop: LocalSageMaker) -> str:
    """The S3 address of a baseline of 400 rows."""
    return suggest_baseline(laptop, table_of(rows(400, 1)))


def test_a_baseline_is_suggested(laptop: LocalSageMaker, baseline: str) -> None:
    """The analyzer's image writes statistics and constraints in the published forms."""
    constraints = read(laptop, f"{baseline}/constraints.json")
    statistics = read(laptop, f"{baseline}/statistics.json")

    kinds = {entry["name"]: entry["inferred_type"] for entry in constraints["features"]}
    assert kinds == {"score": "Fractional", "amount": "Fractional", "region": "String"}
    region = constraints["features"][2]
    assert region["string_constraints"]["domains"] == ["north", "south"]
    assert statistics["dataset"]["item_count"] == 400
    buckets = statistics["features"][1]["numerical_statistics"]["distribution"]["kll"]["buckets"]
    assert (len(buckets), sum(bucket["count"] for bucket in buckets)) == (10, 400)


def test_traffic_like_the_baseline_breaks_nothing(laptop: LocalSageMaker, baseline: str) -> None:
    """A schedule of NOW runs once, Completed, and its processing job tells which schedule it is."""
    endpoint = captured_endpoint(laptop)
    put_traffic(laptop, endpoint, rows(300, 2))
    schedule = watch(laptop, data_quality(laptop, endpoint, baseline))
    execution = await_execution(laptop, schedule)

    assert execution["MonitoringExecutionStatus"] == "Completed", execution
    assert report(laptop, schedule, "constraint_violations.json") == {"violations": []}
    told = laptop.client().describe_monitoring_schedule(MonitoringScheduleName=schedule)
    last = told["LastMonitoringExecutionSummary"]
    assert last["ProcessingJobArn"] == execution["ProcessingJobArn"]
    name = execution["ProcessingJobArn"].rpartition("/")[2]
    job = laptop.client().describe_processing_job(ProcessingJobName=name)
    assert job["MonitoringScheduleArn"] == told["MonitoringScheduleArn"]
    assert job["ExitMessage"].startswith("Completed: ")


def test_drift_is_a_violation(laptop: LocalSageMaker, baseline: str) -> None:
    """Moved amounts and an unknown region are told in the report, the event and the alert."""
    endpoint = captured_endpoint(laptop)
    strange = [(i, asked.replace("north", "east"), said) for i, asked, said in rows(300, 3, 30.0)]
    put_traffic(laptop, endpoint, strange)
    schedule = watch(laptop, data_quality(laptop, endpoint, baseline))
    execution = await_execution(laptop, schedule)

    assert execution["MonitoringExecutionStatus"] == "CompletedWithViolations", execution
    found = report(laptop, schedule, "constraint_violations.json")["violations"]
    kinds = {(item["feature_name"], item["constraint_check_type"]) for item in found}
    assert kinds == {
        ("amount", "baseline_drift_check"),
        ("region", "baseline_drift_check"),
        ("region", "categorical_values_check"),
    }
    event = details(laptop, "SageMaker Processing Job State Change", execution["ProcessingJobArn"])[
        -1
    ]
    assert event["ExitMessage"].startswith("CompletedWithViolations: ")
    assert event["MonitoringScheduleArn"].endswith(schedule)
    (alert,) = laptop.client().list_monitoring_alerts(MonitoringScheduleName=schedule)[
        "MonitoringAlertSummaries"
    ]
    assert alert["AlertStatus"] == "InAlert"


def test_no_traffic_fails_the_execution(laptop: LocalSageMaker, baseline: str) -> None:
    """An hour without captured data is a Failed execution that says so."""
    schedule = watch(laptop, data_quality(laptop, captured_endpoint(laptop), baseline))
    execution = await_execution(laptop, schedule)

    assert execution["MonitoringExecutionStatus"] == "Failed"
    assert execution["FailureReason"] == "Job inputs had no data"


def test_what_cannot_be_done_is_refused(
    laptop: LocalSageMaker, endpoint: str, baseline: str
) -> None:
    """Other rhythms, NOW without its times and used definitions are refused by name."""
    definition = data_quality(laptop, endpoint, baseline)
    with pytest.raises(ClientError, match="ScheduleExpression"):
        watch(laptop, definition, schedule={"ScheduleExpression": "cron(5 * ? * * *)"})
    with pytest.raises(ClientError, match="DataAnalysisStartTime"):
        watch(laptop, definition, schedule={"ScheduleExpression": "NOW"})
    with pytest.raises(ClientError, match="ould not find"):
        watch(laptop, unique("nothing"), schedule=NOW)

    hourly = watch(laptop, definition, schedule={"ScheduleExpression": "cron(0 * ? * * *)"})
    client = laptop.client()
    with pytest.raises(ClientError, match="in use"):
        client.delete_data_quality_job_definition(JobDefinitionName=definition)
    client.delete_monitoring_schedule(MonitoringScheduleName=hourly)
    client.delete_data_quality_job_definition(JobDefinitionName=definition)
    with pytest.raises(ClientError, match="ould not find"):
        client.describe_data_quality_job_definition(JobDefinitionName=definition)


def test_a_batch_transform_is_watched(laptop: LocalSageMaker, baseline: str) -> None:
    """CSV that a transform captured by the hour is held against the same baseline."""
    folder, when = unique("batch"), datetime.fromtimestamp(time.time(), UTC)
    moved = table_of(rows(200, 7, 40.0))
    laptop.put(f"{folder}/{when:%Y/%m/%d/%H}/part.csv", moved)
    source = {
        "DataCapturedDestinationS3Uri": f"s3://{BUCKET}/{folder}",
        "DatasetFormat": {"Csv": {"Header": True}},
        "LocalPath": "/opt/ml/processing/input",
    }
    definition = unique("batch")
    laptop.client().create_data_quality_job_definition(
        JobDefinitionName=definition,
        DataQualityBaselineConfig={
            "ConstraintsResource": {"S3Uri": f"{baseline}/constraints.json"},
            "StatisticsResource": {"S3Uri": f"{baseline}/statistics.json"},
        },
        DataQualityAppSpecification={"ImageUri": ANALYZER},
        DataQualityJobInput={"BatchTransformInput": source},
        DataQualityJobOutputConfig=output_config(),
        JobResources=CLUSTER,
        RoleArn=ROLE,
    )
    schedule = watch(laptop, definition)
    execution = await_execution(laptop, schedule)

    assert execution["MonitoringExecutionStatus"] == "CompletedWithViolations", execution
    (found,) = report(laptop, schedule, "constraint_violations.json")["violations"]
    assert found["feature_name"] == "amount"


PREPROCESS = """
def preprocess_handler(record):
    score = float(record.endpoint_output.data)
    amount, region = record.endpoint_input.data.split(",")
    return {"score": score, "amount": float(amount), "region": region, "sum": score + float(amount)}
"""


def test_a_script_prepares_each_record(laptop: LocalSageMaker, baseline: str) -> None:
    """A RecordPreprocessorSourceUri's function makes the rows; its further column is told."""
    endpoint = captured_endpoint(laptop)
    put_traffic(laptop, endpoint, rows(200, 8))
    uri = laptop.put(f"{unique('scripts')}/prepare.py", PREPROCESS)
    definition = data_quality(laptop, endpoint, baseline, RecordPreprocessorSourceUri=uri)
    schedule = watch(laptop, definition)
    execution = await_execution(laptop, schedule)

    assert execution["MonitoringExecutionStatus"] == "CompletedWithViolations", execution
    (found,) = report(laptop, schedule, "constraint_violations.json")["violations"]
    assert found["constraint_check_type"] == "extra_column_check"
    assert "sum" in found["description"]


SDK = """
import sys
import boto3, sagemaker
from sagemaker.model_monitor import DatasetFormat, DefaultModelMonitor
session = sagemaker.Session(boto3.Session(region_name="us-east-1"), default_bucket="lake")
role = "arn:aws:iam::000000000000:role/jobs"
monitor = DefaultModelMonitor(role=role, instance_type="ml.m5.large", sagemaker_session=session)
monitor.suggest_baseline(
    baseline_dataset=sys.argv[1], dataset_format=DatasetFormat.csv(header=True),
    output_s3_uri=sys.argv[2], wait=True, logs=False)
print([entry["name"] for entry in monitor.suggested_constraints().body_dict["features"]])
"""


@pytest.mark.skipif(not SDK_PYTHON.exists(), reason="the SageMaker SDK is not installed")
def test_the_sdk_suggests_a_baseline(laptop: LocalSageMaker) -> None:
    """DefaultModelMonitor.suggest_baseline works without a change."""
    uri = laptop.put(f"{unique('sdk')}/data.csv", table_of(rows(50, 9)))
    here = f"http://127.0.0.1:{laptop.port}"
    environment = os.environ | {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": laptop.s3.url,
        "AWS_ENDPOINT_URL_STS": laptop.s3.url,
        "AWS_ENDPOINT_URL_SAGEMAKER": here,
    }
    command = [str(SDK_PYTHON), "-c", SDK, uri, f"{uri}-out"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert "['score', 'amount', 'region']" in done.stdout
