"""The quality and the fairness of a model's answers, watched; and schedules by the hour."""

from __future__ import annotations

import json
import random
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.sagemaker.laptop import BUCKET, ROLE, LocalSageMaker, unique, until
from tests.conformance.sagemaker.monitored import (
    ANALYZER,
    BASE,
    CLARIFY,
    CLUSTER,
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
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.conformance
HOUR = 3.0


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSageMaker]:
    """A local SageMaker whose monitoring hour is three seconds long."""
    data = tmp_path_factory.mktemp("kinds")
    options = ("--grace-seconds", "2", "--monitoring-hour-seconds", str(HOUR))
    with TinyS3() as s3:
        server = LocalSageMaker(data, s3, options)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def people(count: int, seed: int, *, fair: bool) -> list[tuple[str, str, str, str]]:
    """Identity, what was asked (group, income), what was answered, and what was true."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        group, income = chance.choice(["a", "b"]), chance.gauss(50, 10)
        true = int(income + chance.gauss(0, 3) > 50)
        said = int(income > 50) if fair or group == "a" else 0
        found.append((str(uuid.uuid4()), f"{group},{income:.2f}", str(said), str(true)))
    return found


def put_labels(
    laptop: LocalSageMaker, prefix: str, exchanges: list[tuple[str, str, str, str]]
) -> str:
    """Put what was true where Model Monitor looks for it; the prefix's S3 address."""
    when = datetime.fromtimestamp(time.time(), UTC)
    lines = [
        json.dumps(
            {
                "groundTruthData": {"data": exchange[3], "encoding": "CSV"},
                "eventMetadata": {"eventId": exchange[0]},
                "eventVersion": "0",
            }
        )
        for exchange in exchanges
    ]
    laptop.put(f"{prefix}/{when:%Y/%m/%d/%H}/labels.jsonl", "\n".join(lines))
    return f"s3://{BUCKET}/{prefix}"


def job_input(endpoint: str, truth: str) -> dict[str, Any]:
    """A watched endpoint whose first captured column is its answer."""
    source = {
        "EndpointName": endpoint,
        "LocalPath": f"{BASE}/input/endpoint",
        "InferenceAttribute": "0",
        "StartTimeOffset": "-PT20H",
        "EndTimeOffset": "PT0H",
    }
    return {"EndpointInput": source, "GroundTruthS3Input": {"S3Uri": truth}}


def table(exchanges: list[tuple[str, str, str, str]]) -> str:
    """A CSV of the same rows with a header."""
    lines = [f"{said},{asked},{true}" for _, asked, said, true in exchanges]
    return "\n".join(["said,group,income,true", *lines]) + "\n"


def test_worse_answers_are_violations(laptop: LocalSageMaker) -> None:
    """Answers that are merged with what was true are held against the baseline's metrics."""
    baseline = suggest_baseline(
        laptop,
        table(people(400, 1, fair=True)),
        {
            "analysis_type": "MODEL_QUALITY",
            "problem_type": "BinaryClassification",
            "inference_attribute": "said",
            "ground_truth_attribute": "true",
        },
    )
    rules = read(laptop, f"{baseline}/constraints.json")["binary_classification_constraints"]
    assert rules["recall"]["comparison_operator"] == "LessThanThreshold"

    endpoint, name = captured_endpoint(laptop), unique("quality")
    traffic = people(300, 2, fair=False)
    put_traffic(laptop, endpoint, [exchange[:3] for exchange in traffic])
    laptop.client().create_model_quality_job_definition(
        JobDefinitionName=name,
        ModelQualityBaselineConfig={
            "ConstraintsResource": {"S3Uri": f"{baseline}/constraints.json"}
        },
        ModelQualityAppSpecification={"ImageUri": ANALYZER, "ProblemType": "BinaryClassification"},
        ModelQualityJobInput=job_input(endpoint, put_labels(laptop, f"truth-{endpoint}", traffic)),
        ModelQualityJobOutputConfig=output_config(),
        JobResources=CLUSTER,
        RoleArn=ROLE,
    )
    schedule = watch(laptop, name, "ModelQuality", {"ScheduleExpression": "cron(0 * ? * * *)"})
    execution = await_execution(laptop, schedule)
    laptop.client().stop_monitoring_schedule(MonitoringScheduleName=schedule)

    assert execution["MonitoringExecutionStatus"] == "CompletedWithViolations", execution
    found = report(laptop, schedule, "constraint_violations.json")["violations"]
    assert "recall" in {item["metric_name"] for item in found}
    told = report(laptop, schedule, "statistics.json")["binary_classification_metrics"]
    assert told["recall"]["value"] < 0.75
    assert told["recall"]["standard_deviation"] > 0


def bias_baseline(laptop: LocalSageMaker) -> tuple[str, str]:
    """A Clarify job of fair answers: the S3 addresses of its configuration and its analysis."""
    name = unique("clarify")
    config = {
        "dataset_type": "text/csv",
        "headers": ["said", "group", "income", "true"],
        "label": "true",
        "predicted_label": "said",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "group", "value_or_threshold": ["b"]}],
        "methods": {
            "pre_training_bias": {"methods": ["CI", "DPL"]},
            "post_training_bias": {"methods": "all"},
            "report": {"name": "report"},
        },
    }
    rowless = table(people(400, 3, fair=True)).partition("\n")[2]
    sources = {
        "analysis_config": ("config/analysis_config.json", json.dumps(config)),
        "dataset": ("data/data.csv", rowless),
    }
    inputs = []
    for input_name, (key, body) in sources.items():
        uri = laptop.put(f"{name}/{key}", body)
        place = f"{BASE}/input/{key.partition('/')[0]}"
        source = {"S3Uri": uri, "LocalPath": place, "S3DataType": "S3Prefix", "S3InputMode": "File"}
        inputs.append({"InputName": input_name, "S3Input": source})
    target = {
        "S3Uri": f"s3://{BUCKET}/{name}/out",
        "LocalPath": f"{BASE}/output",
        "S3UploadMode": "EndOfJob",
    }
    laptop.client().create_processing_job(
        ProcessingJobName=name,
        RoleArn=ROLE,
        AppSpecification={"ImageUri": CLARIFY},
        ProcessingInputs=inputs,
        ProcessingOutputConfig={"Outputs": [{"OutputName": "analysis_result", "S3Output": target}]},
        ProcessingResources=CLUSTER,
    )
    job = laptop.await_processing(name)
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    live = config | {"headers": ["group", "income"], "methods": {"post_training_bias": {}}}
    del live["predicted_label"]
    uri = laptop.put(f"{name}/live/analysis_config.json", json.dumps(live))
    return uri, f"s3://{BUCKET}/{name}/out/analysis.json"


def test_answers_that_turn_unfair_are_violations(laptop: LocalSageMaker) -> None:
    """Clarify's metrics of live answers are held against those of its own baseline."""
    config, analysis = bias_baseline(laptop)
    before = read(laptop, analysis)
    (entry,) = before["post_training_bias_metrics"]["facets"]["group"]
    metrics = {metric["name"]: metric["value"] for metric in entry["metrics"]}
    assert entry["value_or_threshold"] == "b"
    assert abs(metrics["DPPL"]) < 0.2
    assert metrics["CDDPL"] is None
    (entry,) = before["pre_training_bias_metrics"]["facets"]["group"]
    assert [metric["name"] for metric in entry["metrics"]] == ["CI", "DPL"]

    endpoint, name = captured_endpoint(laptop), unique("bias")
    traffic = people(300, 4, fair=False)
    put_traffic(laptop, endpoint, [exchange[:3] for exchange in traffic])
    laptop.client().create_model_bias_job_definition(
        JobDefinitionName=name,
        ModelBiasBaselineConfig={"ConstraintsResource": {"S3Uri": analysis}},
        ModelBiasAppSpecification={"ImageUri": CLARIFY, "ConfigUri": config},
        ModelBiasJobInput=job_input(endpoint, put_labels(laptop, f"truth-{endpoint}", traffic)),
        ModelBiasJobOutputConfig=output_config(),
        JobResources=CLUSTER,
        RoleArn=ROLE,
    )
    schedule = watch(laptop, name, "ModelBias", {"ScheduleExpression": "cron(0 * ? * * *)"})
    execution = await_execution(laptop, schedule)
    laptop.client().stop_monitoring_schedule(MonitoringScheduleName=schedule)

    assert execution["MonitoringExecutionStatus"] == "CompletedWithViolations", execution
    found = report(laptop, schedule, "constraint_violations.json")["violations"]
    assert "DPPL" in {item["metric_name"] for item in found}
    assert {item["constraint_check_type"] for item in found} == {"bias_drift_check"}


def test_an_hourly_schedule_goes_on_after_a_kill(laptop: LocalSageMaker) -> None:
    """Every hour is one execution; a killed server's schedule goes on; a stopped one does not."""
    baseline = suggest_baseline(laptop, table_of(rows(200, 5)))
    endpoint = captured_endpoint(laptop)
    put_traffic(laptop, endpoint, rows(100, 6))
    definition = data_quality(laptop, endpoint, baseline)
    schedule = watch(laptop, definition, schedule={"ScheduleExpression": "cron(0 * ? * * *)"})
    first = await_execution(laptop, schedule)
    laptop.kill()
    laptop.start()

    def executions() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = laptop.client().list_monitoring_executions(
            MonitoringScheduleName=schedule
        )["MonitoringExecutionSummaries"]
        return found

    known = len(executions())
    until(lambda: len(executions()) > known, "another hour is watched")
    times = [item["ScheduledTime"].timestamp() for item in executions()]
    assert first["ScheduledTime"].timestamp() in times
    assert all(when % HOUR == 0 for when in times)
    laptop.client().stop_monitoring_schedule(MonitoringScheduleName=schedule)
    told = laptop.client().describe_monitoring_schedule(MonitoringScheduleName=schedule)
    assert told["MonitoringScheduleStatus"] == "Stopped"
