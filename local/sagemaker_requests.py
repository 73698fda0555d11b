"""What a SageMaker request acts on, read from the request alone: the ground of authorisation."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]

#: request member that names the resource → the resource's kind in its ARN
_KINDS = {
    "TrainingJobName": "training-job",
    "HyperParameterTuningJobName": "hyper-parameter-tuning-job",
    "ProcessingJobName": "processing-job",
    "TransformJobName": "transform-job",
    "EndpointConfigName": "endpoint-config",
    "EndpointName": "endpoint",
    "ModelName": "model",
    "ModelPackageGroupName": "model-package-group",
    "FeatureGroupName": "feature-group",
}

_BATCHES = {"BatchGetRecord": "Identifiers", "BatchWriteRecord": "Entries"}
"""Path of a request for records of many groups → the member that lists them."""


def resource_arn(path: str, headers: Json, body: bytes, region: str, account: str) -> str:
    """Name the ARN that a SageMaker request acts on; `*` where it is no single one, as in lists.

    An operation's own resource comes first: CreateEndpoint names an endpoint and its configuration.
    """
    prefix = f"arn:aws:sagemaker:{region}:{account}:"
    parts = unquote(path).strip("/").split("/")
    if parts[0] == "endpoints" and len(parts) > 1:
        return f"{prefix}endpoint/{parts[1].lower()}"
    request = json_object(body)
    if parts[0] in {"FeatureGroup", *_BATCHES}:
        return _feature_group_arn(parts, request, prefix)
    operation = str(headers.get("x-amz-target", "")).rpartition(".")[2]
    for member in ("ModelPackageName", "ModelPackageArn", "ResourceArn"):
        if str(request.get(member, "")).startswith("arn:"):
            return str(request[member])
    if isinstance(request.get("HubContentName"), str):
        return _hub_content_arn(request, region, account)
    named = [member for member in _KINDS if isinstance(request.get(member), str)]
    named.sort(key=lambda member: member.removesuffix("Name") not in operation)
    if operation.startswith("List") or not named:
        return "*"
    kind = "model-package" if operation == "CreateModelPackage" else _KINDS[named[0]]
    return f"{prefix}{kind}/{request[named[0]].lower()}"


def _feature_group_arn(parts: list[str], request: Json, prefix: str) -> str:
    """A record's group; several groups are no single resource: that takes the right to all."""
    groups = set(parts[1:2])
    if parts[0] in _BATCHES:
        groups = {str(item.get("FeatureGroupName")) for item in request.get(_BATCHES[parts[0]], [])}
    return f"{prefix}feature-group/{groups.pop().lower()}" if len(groups) == 1 else "*"


def _hub_content_arn(request: Json, region: str, account: str) -> str:
    """A hub's content; the public hub is AWS's own, and so is the account in its ARNs."""
    hub = str(request.get("HubName", "")).rpartition("/")[2]
    owner = "aws" if hub == "SageMakerPublicHub" else account
    content = f"{request.get('HubContentType', '')}/{request['HubContentName']}"
    return f"arn:aws:sagemaker:{region}:{owner}:hub-content/{hub}/{content}"


def json_object(body: bytes) -> Json:
    """Read a request body as a JSON object; anything else counts as empty."""
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def passed_role(headers: Json, body: bytes) -> str | None:
    """Name the role that a request hands to SageMaker; None when it hands over none."""
    if not str(headers.get("x-amz-target", "")).startswith("SageMaker.Create"):
        return None
    request = json_object(body)
    definition = request.get("TrainingJobDefinition") or {}
    role = request.get("RoleArn") or request.get("ExecutionRoleArn") or definition.get("RoleArn")
    return role if isinstance(role, str) else None


def further_rights(
    path: str, headers: Json, body: bytes, region: str, account: str
) -> list[tuple[str, str]]:
    """List what a request takes besides the right to its operation: actions and resources.

    Tags in a Create request are judged as if they were added; and an endpoint is made of its
    configuration, on which the caller needs the same right (Service Authorization Reference).
    """
    operation = str(headers.get("x-amz-target", "")).rpartition(".")[2]
    request = json_object(body)
    found = []
    if operation.startswith("Create") and request.get("Tags"):
        resource = resource_arn(path, headers, body, region, account)
        found.append(("sagemaker:AddTags", resource))
    config = request.get("EndpointConfigName")
    if operation in {"CreateEndpoint", "UpdateEndpoint"} and isinstance(config, str):
        prefix = f"arn:aws:sagemaker:{region}:{account}:endpoint-config/"
        found.append((f"sagemaker:{operation}", f"{prefix}{config.lower()}"))
    return found


def trusts_service(document: Json | str, service: str) -> bool:
    """Tell whether a role's trust policy lets an AWS service, for example SageMaker, take it on."""
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        named = principal.get("Service", []) if isinstance(principal, dict) else []
        services = [named] if isinstance(named, str) else named
        if service in services:
            return bool(statement.get("Effect") == "Allow")
    return False
