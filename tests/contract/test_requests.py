"""Every request that a leg can decide is valid input by AWS's own service models."""

from __future__ import annotations

import itertools
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

import answer_drift  # noqa: F401  the legs must import without AWS
from deploy_model import decide as decide_deployment
from lifecycle.names import job_name, processing_job_name
from lifecycle.requests.deployment import (
    alarm_request,
    deployment_config,
    endpoint_config_request,
    model_request,
)
from lifecycle.requests.features import feature_group_request, put_record_request
from lifecycle.requests.processing import evaluation_request, scoring_request
from lifecycle.requests.registry import group_request, package_request
from lifecycle.requests.training import training_request, tuning_request
from lifecycle.settings import Settings
from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.validation import validate
from send_alert import decide as decide_alert
from tests.builders import cause_of, own_event, prepared_run, problem_record

LONG_NAME = "a-very-long-problem-name"
SETTINGS = Settings(
    landing_bucket="landing",
    lake_bucket="lake",
    record_table="baton-records",
    event_bus="baton",
    alert_topic="arn:aws:sns:us-east-1:123456789012:baton-alerts",
    job_role="arn:aws:iam::123456789012:role/baton-jobs",
    xgboost_image="683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5",
)
SESSION = botocore.session.get_session()

TASKS = [
    {"task": "binary_classification", "classes": 2},
    {"task": "multiclass_classification", "classes": 7},
    {"task": "regression", "classes": 0},
]
TUNES = ["bayesian", "random", "grid", "hyperband"]
DEPLOYS = [
    "deploy: {mode: serverless}\n",
    "deploy: {shift: {type: canary, percent: 10, bake_minutes: 5}}\n",
    "deploy: {shift: {type: linear, percent: 20, bake_minutes: 0.1}}\n",
    "deploy: {shift: {type: all_at_once}}\n",
]


def faults(service: str, operation: str, request: dict[str, Any]) -> list[str]:
    """What the service's model has against a request: shapes, bounds, patterns and enums.

    botocore checks shapes and lower bounds alone; the local SageMaker's validation does the rest.
    """
    shape = SESSION.get_service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    found = [report.generate_report()] if report.has_errors() else []
    if service == "sagemaker":
        try:
            validate(shape, request)
        except ValidationException as error:
            found.append(str(error))
    return found


def run_of(extra: str = "", **changes: Any) -> Any:
    values = {"problem": LONG_NAME, "trained_model_uri": "s3://lake/x/model.tar.gz", **changes}
    return prepared_run(extra, **values)


@pytest.mark.parametrize(("task", "strategy"), list(itertools.product(TASKS, TUNES)))
def test_tuning_is_valid_for_every_task_and_strategy(task, strategy):
    """Names stay within tuning's 32 characters, ranges are texts, grids are categorical."""
    run = run_of(f"tune: {{strategy: {strategy}, jobs: 10}}\n", **task)
    name = job_name(run.problem, run.run, "train")

    request = tuning_request(run, name, SETTINGS)

    assert faults("sagemaker", "CreateHyperParameterTuningJob", request) == []


@pytest.mark.parametrize("spot", ["true", "false"])
@pytest.mark.parametrize("task", TASKS)
def test_a_single_training_is_valid(task, spot):
    """With and without spot."""
    run = run_of(f"tune: {{strategy: none}}\ntrain: {{spot: {spot}}}\n", **task)

    request = training_request(run, job_name(run.problem, run.run, "train"), SETTINGS)

    assert faults("sagemaker", "CreateTrainingJob", request) == []


@pytest.mark.parametrize(
    "champion", [None, prepared_run(run="r0", model_sha256="f" * 64)], ids=["alone", "beside"]
)
def test_evaluation_is_valid(champion):
    """With and without a champion beside it."""
    name = processing_job_name("evaluate", LONG_NAME, "r")

    request = evaluation_request(run_of(), name, champion, SETTINGS)

    assert faults("sagemaker", "CreateProcessingJob", request) == []


def test_scoring_is_valid():
    """Whatever the landed file is called."""
    name = processing_job_name("score", LONG_NAME, "0123456789abcdef")
    source = "s3://landing/p/score/a b+c%20ü.csv"

    request = scoring_request(run_of(), name, source, SETTINGS, "s3://lake/p/predictions")

    assert faults("sagemaker", "CreateProcessingJob", request) == []


@pytest.mark.parametrize("approval", ["Approved", "Rejected", "PendingManualApproval"])
def test_registration_is_valid(approval):
    """Long reasons are cut to what the registry takes."""
    run = run_of(best_training_job="job")

    request = package_request(run, approval, "because " * 500, {"auc": "0.8" * 200}, SETTINGS)

    assert faults("sagemaker", "CreateModelPackage", request) == []
    group = group_request(LONG_NAME, "Keep customers")
    assert faults("sagemaker", "CreateModelPackageGroup", group) == []


@pytest.mark.parametrize("deploy", DEPLOYS)
def test_deployment_is_valid_in_every_mode(deploy):
    """Model, endpoint configuration, alarm and the update that shifts traffic."""
    run = run_of(deploy)
    update = {
        "EndpointName": run.problem,
        "EndpointConfigName": "config",
        "DeploymentConfig": deployment_config(run, SETTINGS),
    }

    assert faults("sagemaker", "CreateModel", model_request(run, SETTINGS)) == []
    config = endpoint_config_request(run, SETTINGS)
    assert faults("sagemaker", "CreateEndpointConfig", config) == []
    assert faults("cloudwatch", "PutMetricAlarm", alarm_request(run.problem, SETTINGS)) == []
    if "serverless" not in deploy:
        assert faults("sagemaker", "UpdateEndpoint", update) == []


def test_every_call_of_a_deployment_is_valid():
    """As the leg itself decides them, the describing ones included."""
    event = own_event(
        "CandidateApproved",
        {"problem": LONG_NAME, "run": "r", "model_package": "arn", "by": "rules"},
    )
    decision = decide_deployment(
        cause_of(event),
        run=run_of(stage="approved"),
        problem=problem_record(problem=LONG_NAME),
        endpoint=None,
        settings=SETTINGS,
    )

    for call in decision.calls:
        assert faults(call.service, call.operation, call.request) == []
        if call.unless:
            assert faults(call.service, *call.unless) == []


def test_the_feature_group_is_valid():
    """With a feature of each type."""
    definitions = [("age", "Integral"), ("balance", "Fractional"), ("job", "String")]

    group = f"{LONG_NAME}_12"
    request = feature_group_request(LONG_NAME, group, definitions, SETTINGS, online=True)

    assert faults("sagemaker", "CreateFeatureGroup", request) == []


@pytest.mark.parametrize("ttl", [None, "90s", "5m", "36h", "30d", "14d"])
def test_a_record_is_valid(ttl):
    """A time to live in the unit that it is a whole number of."""
    request = put_record_request("churn_2", {"record_id": "7590", "age": "31.0"}, ttl)

    assert faults("sagemaker-featurestore-runtime", "PutRecord", request) == []


def test_an_alert_is_valid():
    """Subject, message and attributes."""
    event = own_event(
        "TrainingFailed",
        {"problem": LONG_NAME, "run": "r", "job": "j", "reason": "no memory", "cure": "add some"},
    )

    (call,) = decide_alert(cause_of(event), SETTINGS).calls

    assert faults(call.service, call.operation, call.request) == []
    assert len(call.request["Subject"]) < 100
