# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""SageMaker's APIs, forwarded to the local SageMaker once IAM allows the request."""

from __future__ import annotations

import functools
from typing import Any

from local.ministack_hooks.inside import Json, Response, module
from local.sagemaker_proxy import KeepAliveClient, forward
from local.sagemaker_requests import passed_role, resource_arn

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
        if refusal := _refuse_role(headers, body):
            return refusal
        status, answered, content = await forward(client, method, path, headers, body, query)
        return status, answered, content if isinstance(content, bytes) else streaming(content)

    module("app").SERVICE_HANDLERS["sagemaker"] = handle
    # ministack has no Application Auto Scaling; the local one scales SageMaker's variants.
    actions.SERVICE_TO_IAM_NAMESPACE[AUTO_SCALING] = AUTO_SCALING
    module("app").SERVICE_HANDLERS[AUTO_SCALING] = handle


def _refuse_role(headers: Json, body: bytes) -> Response | None:
    """Refuse to hand a job a role that the caller may not pass on (`iam:PassRole`), as AWS does."""
    role = passed_role(headers, body)
    if role is None:
        return None
    router, evaluator = module("core.router"), module("core.iam_evaluator")
    denied = evaluator.enforce(
        router.extract_access_key_id(headers, {}),
        "iam:PassRole",
        "iam",
        router.extract_region(headers, {}),
        resource_arn=role,
        service_context={"iam:passedtoservice": "sagemaker.amazonaws.com"},
    )
    if denied is None or isinstance(denied, evaluator.AuthError):
        return None  # a wrong signature was refused before this point
    refusal: Response = module("core.iam_actions").access_denied_response(
        "sagemaker", "iam:PassRole", denied.principal_arn, "", headers=headers, resource_arn=role
    )
    return refusal
