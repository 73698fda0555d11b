# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""SageMaker's APIs, forwarded to the local SageMaker once IAM allows the request."""

from __future__ import annotations

import functools
from typing import Any

from local.ministack_hooks.inside import Json, Response, module
from local.sagemaker_proxy import KeepAliveClient, forward
from local.sagemaker_requests import further_rights, passed_role, resource_arn

AUTO_SCALING = "application-autoscaling"


def hook_sagemaker(port: int) -> None:
    """Forward each request signed for SageMaker to the local SageMaker, once IAM allows it."""
    actions = module("core.iam_actions")
    actions.SERVICE_TO_IAM_NAMESPACE["sagemaker"] = "sagemaker"
    actions._BOTOCORE_SERVICE_MAP["sagemaker"] = [
        "sagemaker-runtime",
        "sagemaker-featurestore-runtime",
        "sagemaker-metrics",
    ]
    original = actions.extract_resource_arn

    @functools.wraps(original)
    def extract_resource_arn(service: str, *request: Any) -> str:
        if service == "sagemaker":
            _, path, headers, body, _, region, account = request
            return resource_arn(path, headers, body, region, account)
        arn: str = original(service, *request)
        return arn

    actions.extract_resource_arn = extract_resource_arn
    client = KeepAliveClient("127.0.0.1", port)
    streaming = module("core.responses").StreamingResponse

    async def handle(method: str, path: str, headers: Json, body: bytes, query: Json) -> Response:
        if refusal := _refuse_further(path, headers, body):
            return refusal
        status, answered, content = await forward(client, method, path, headers, body, query)
        return status, answered, content if isinstance(content, bytes) else streaming(content)

    module("app").SERVICE_HANDLERS["sagemaker"] = handle
    # ministack has no Application Auto Scaling; the local one scales SageMaker's variants.
    actions.SERVICE_TO_IAM_NAMESPACE[AUTO_SCALING] = AUTO_SCALING
    module("app").SERVICE_HANDLERS[AUTO_SCALING] = handle


def _refuse_further(path: str, headers: Json, body: bytes) -> Response | None:
    """Refuse what takes more than the right to the operation, as AWS does.

    To hand a job a role takes `iam:PassRole`; tags and an endpoint's configuration take their own.
    """
    region = module("core.router").extract_region(headers, {})
    account = module("core.responses").get_account_id()
    asked = [("sagemaker", each) for each in further_rights(path, headers, body, region, account)]
    if role := passed_role(headers, body):
        asked.append(("iam", ("iam:PassRole", role)))
    for service, (action, resource) in asked:
        if refusal := _refuse(service, action, resource, headers, region):
            return refusal
    return None


def _refuse(
    service: str, action: str, resource: str, headers: Json, region: str
) -> Response | None:
    router, evaluator = module("core.router"), module("core.iam_evaluator")
    denied = evaluator.enforce(
        router.extract_access_key_id(headers, {}),
        action,
        service,
        region,
        resource_arn=resource,
        service_context={"iam:passedtoservice": "sagemaker.amazonaws.com"},
    )
    if denied is None or isinstance(denied, evaluator.AuthError):
        return None  # a wrong signature was refused before this point
    refusal: Response = module("core.iam_actions").access_denied_response(
        "sagemaker", action, denied.principal_arn, "", headers=headers, resource_arn=resource
    )
    return refusal
