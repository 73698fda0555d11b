"""Clarify's explanations: of a job that asks a model, and of a monitor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.sagemaker.laptop import BUCKET, IMAGE, ROLE, unique, until
from tests.conformance.sagemaker.monitored import (
    BASE,
    CLARIFY,
    CLUSTER,
    NOW,
    await_execution,
    captured_endpoint,
    output_config,
    put_traffic,
    read,
    report,
    watch,
)
from tests.conformance.sagemaker.serving import model_archive

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance
LINEAR = """
import os
WEIGHTS = [float(part) for part in os.environ["WEIGHTS"].split(",")]
def model_fn(model_dir):
    return WEIGHTS
def transform_fn(model, data, content_type, accept):
    rows = [[float(cell) for cell in line.split(",")] for line in data.split()]
    return "".join(f"{sum(w * x for w, x in zip(model, row))}\\n" for row in rows), "text/csv"
"""


def linear_model(laptop: LocalSageMaker, weights: str) -> str:
    """A model whose answer is a weighted sum of its features; its name."""
    name = unique("linear")
    content = model_archive({"code/inference.py": LINEAR.encode()})
    laptop.client().create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={
            "Image": IMAGE,
            "ModelDataUrl": laptop.put(f"models/{name}/model.tar.gz", content),
            "Environment": {"WEIGHTS": weights, "SAGEMAKER_PROGRAM": "inference.py"},
        },
    )
    return name


def configuration(model: str, **shap: Any) -> dict[str, Any]:
    """A configuration that explains a model of two features against a baseline of ones."""
    return {
        "dataset_type": "text/csv",
        "headers": ["x", "z", "y"],
        "label": "y",
        "methods": {"shap": {"baseline": [[1, 1]], "agg_method": "mean_abs"} | shap},
        "predictor": {
            "model_name": model,
            "instance_type": "ml.m5.large",
            "initial_instance_count": 1,
            "content_type": "text/csv",
            "accept_type": "text/csv",
        },
    }


def run(laptop: LocalSageMaker, config: dict[str, Any], table: str) -> tuple[dict[str, Any], str]:
    """A Clarify job, ended, and the S3 address of its output."""
    name = begun(laptop, config, table)
    return laptop.await_processing(name), f"s3://{BUCKET}/{name}/out"


def begun(laptop: LocalSageMaker, config: dict[str, Any], table: str) -> str:
    """A Clarify job that has been started; its name."""
    name = unique("explain")
    inputs = []
    for input_name, key, body in (
        ("analysis_config", "config/analysis_config.json", json.dumps(config)),
        ("dataset", "data/data.csv", table),
    ):
        source = {
            "S3Uri": laptop.put(f"{name}/{key}", body),
            "LocalPath": f"{BASE}/input/{key.partition('/')[0]}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        }
        inputs.append({"InputName": input_name, "S3Input": source})
    target = {"S3Uri": f"s3://{BUCKET}/{name}/out", "S3UploadMode": "EndOfJob"}
    target["LocalPath"] = f"{BASE}/output"
    laptop.client().create_processing_job(
        ProcessingJobName=name,
        RoleArn=ROLE,
        AppSpecification={"ImageUri": CLARIFY},
        ProcessingInputs=inputs,
        ProcessingOutputConfig={"Outputs": [{"OutputName": "analysis_result", "S3Output": target}]},
        ProcessingResources=CLUSTER,
    )
    return name


def shadows(laptop: LocalSageMaker, *states: str) -> list[str]:
    """The endpoints that Clarify jobs made for themselves and that are in one of these states."""
    found = laptop.client().list_endpoints(NameContains="sm-clarify")["Endpoints"]
    return [one["EndpointName"] for one in found if one["EndpointStatus"] in states]


def test_a_weighted_sum_is_explained_exactly(laptop: LocalSageMaker) -> None:
    """Each feature's value is its weight times its distance from the baseline's."""
    model = linear_model(laptop, "2,-3")
    job, out = run(laptop, configuration(model), "3,1,1\n1,5,0\n")

    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    block = read(laptop, f"{out}/analysis.json")["explanations"]["kernel_shap"]["label0"]
    assert block["expected_value"] == pytest.approx(-1)
    assert block["global_shap_values"] == pytest.approx({"x": 2, "z": 6})
    key = f"{out}/explanations_shap/out.csv".removeprefix(f"s3://{BUCKET}/")
    header, first, second = laptop.s3.objects[BUCKET, key].decode().split()
    assert header == "x_label0,z_label0"
    assert [float(cell) for cell in first.split(",")] == pytest.approx([4, 0])
    assert [float(cell) for cell in second.split(",")] == pytest.approx([0, -12])
    assert shadows(laptop, "Creating", "InService", "Failed") == []


def test_a_stopped_job_leaves_no_endpoint_behind(laptop: LocalSageMaker) -> None:
    """It is stopped while it asks the endpoint that it made for itself."""
    rows = "".join(f"{row % 7},{row % 5},0\n" for row in range(20_000))
    name = begun(laptop, configuration(linear_model(laptop, "2,-3")), rows)
    until(lambda: shadows(laptop, "InService") != [], "its endpoint serves", seconds=60)
    laptop.client().stop_processing_job(ProcessingJobName=name)

    assert laptop.await_processing(name)["ProcessingJobStatus"] == "Stopped"
    assert shadows(laptop, "Creating", "InService", "Failed") == []


def test_what_is_not_built_is_named(laptop: LocalSageMaker) -> None:
    """A method that the local SageMaker lacks fails the job by its name."""
    config = configuration(linear_model(laptop, "1,1"))
    config["methods"] = {"pdp": {"features": ["x"]}}
    job, _ = run(laptop, config, "1,2,0\n")
    assert "pdp" in job["FailureReason"]


def test_other_reasons_for_answers_are_a_violation(laptop: LocalSageMaker) -> None:
    """A monitor whose features changed places in importance tells so."""
    model = linear_model(laptop, "1,1")
    config = configuration(model)
    _, out = run(laptop, config, "9,1,0\n1,1.1,0\n")
    endpoint, name = captured_endpoint(laptop), unique("reasons")
    put_traffic(laptop, endpoint, [("1", "1.1,9", "10"), ("2", "1,8", "9")])
    uri = laptop.put(f"{name}/analysis_config.json", json.dumps(config))
    source = {"EndpointName": endpoint, "LocalPath": f"{BASE}/input/endpoint"}
    laptop.client().create_model_explainability_job_definition(
        JobDefinitionName=name,
        ModelExplainabilityBaselineConfig={
            "ConstraintsResource": {"S3Uri": f"{out}/analysis.json"}
        },
        ModelExplainabilityAppSpecification={"ImageUri": CLARIFY, "ConfigUri": uri},
        ModelExplainabilityJobInput={"EndpointInput": source},
        ModelExplainabilityJobOutputConfig=output_config(),
        JobResources=CLUSTER,
        RoleArn=ROLE,
    )
    schedule = watch(laptop, name, "ModelExplainability", NOW)
    execution = await_execution(laptop, schedule)

    assert execution["MonitoringExecutionStatus"] == "CompletedWithViolations", execution
    (found,) = report(laptop, schedule, "constraint_violations.json")["violations"]
    assert found["constraint_check_type"] == "feature_attribution_drift_check"
    assert found["label"] == "label0"
