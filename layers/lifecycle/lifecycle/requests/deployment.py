"""CreateModel, CreateEndpointConfig, Create- and UpdateEndpoint, and the alarm that rolls back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lifecycle.names import model_name
from lifecycle.personal import personal_columns
from lifecycle.requests.encryption import keeps_storage, output_key
from lifecycle.requests.registry import container
from lifecycle.requests.training import tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lifecycle.records import RunRecord
    from lifecycle.settings import Settings

VARIANT = "primary"
"""The variant keeps its name: a blue/green update refuses a renamed one (deployment guardrails)."""

LONGEST_SECONDS = 28800
LINEAR_LEAST_PERCENT = 10


FEATURE_GROUPS = "BATON_FEATURE_GROUPS"
"""Tells the container where rows that give an identifier alone are looked up."""


def model_request(
    run: RunRecord, settings: Settings, groups: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Parameters of CreateModel for an approved run.

    Args:
        run: the run.
        settings: the stack's resources.
        groups: feature groups with an online store, by problem.
    """
    served = container(run, settings)
    if groups:
        told = json.dumps(dict(groups), sort_keys=True, separators=(",", ":"))
        served["Environment"] |= {FEATURE_GROUPS: told}
    request: dict[str, Any] = {
        "ModelName": model_name(run.problem, run.run),
        "PrimaryContainer": served,
        "ExecutionRoleArn": settings.job_role,
        "Tags": tags(run),
    }
    # Looking rows up takes the network, and serverless endpoints know no isolation ("Serverless
    # Inference", feature exclusions).
    if settings.isolate_jobs and not groups and run.definition["deploy"]["mode"] != "serverless":
        request["EnableNetworkIsolation"] = True
    return request


def endpoint_config_request(run: RunRecord, settings: Settings) -> dict[str, Any]:
    """Parameters of CreateEndpointConfig; serverless endpoints cannot capture (see predict)."""
    name = model_name(run.problem, run.run)
    deploy = run.definition["deploy"]
    variant: dict[str, Any] = {"VariantName": VARIANT, "ModelName": name}
    request: dict[str, Any] = {
        "EndpointConfigName": name,
        "ProductionVariants": [variant],
        "Tags": tags(run),
    }
    if deploy["mode"] == "serverless":
        variant["ServerlessConfig"] = {"MemorySizeInMB": 2048, "MaxConcurrency": 20}
        return request
    variant |= {
        "InstanceType": deploy["instance"],
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1.0,
    }
    if settings.kms_key and not keeps_storage(deploy["instance"]):
        request["KmsKeyId"] = settings.kms_key
    if personal_columns(run.definition):
        return request  # it would store requests as they came; `predict` captures without them
    request["DataCaptureConfig"] = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": settings.lake(run.problem, "capture"),
        **output_key(settings),
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"],
            "JsonContentTypes": ["application/json"],
        },
    }
    return request


def alarm_name(problem: str, settings: Settings) -> str:
    """The name of the alarm that rolls a problem's deployments back."""
    return f"{settings.event_bus}-{problem}-server-errors"


def alarm_request(problem: str, settings: Settings) -> dict[str, Any]:
    """Parameters of PutMetricAlarm: any server error of the endpoint within a minute."""
    return {
        "AlarmName": alarm_name(problem, settings),
        "AlarmDescription": f"The endpoint {problem} answers with server errors",
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocation5XXErrors",
        "Dimensions": [
            {"Name": "EndpointName", "Value": problem},
            {"Name": "VariantName", "Value": VARIANT},
        ],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }


def deployment_config(run: RunRecord, settings: Settings) -> dict[str, Any]:
    """How traffic is shifted: UpdateEndpoint's ``DeploymentConfig``."""
    shift = run.definition["deploy"]["shift"]
    seconds = round(shift["bake_minutes"] * 60)
    percent = int(shift.get("percent") or LINEAR_LEAST_PERCENT)
    routing: dict[str, Any] = {"Type": shift["type"].upper(), "WaitIntervalInSeconds": seconds}
    steps = 1
    if shift["type"] == "canary":
        routing["CanarySize"] = {"Type": "CAPACITY_PERCENT", "Value": percent}
        steps = 2
    elif shift["type"] == "linear":
        routing["LinearStepSize"] = {"Type": "CAPACITY_PERCENT", "Value": percent}
        steps = -(-100 // percent)
    longest = min(LONGEST_SECONDS, max(600, steps * seconds + 1800))
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": 0,
            "MaximumExecutionTimeoutInSeconds": longest,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm_name(run.problem, settings)}]},
    }
