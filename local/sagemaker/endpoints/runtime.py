"""InvokeEndpoint: one request to one instance, counted and captured beside its way."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ApiError, ValidationException
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import RUNTIME
from local.sagemaker.endpoints.container_groups import DIRECT, MULTI_MODEL, TARGET_CONTAINER
from local.sagemaker.endpoints.data_capture import Exchange, Target
from local.sagemaker.endpoints.endpoint_life import live_endpoint, recorders
from local.sagemaker.endpoints.endpoint_shadows import Copy, shadow_copies
from local.sagemaker.endpoints.model_client import (
    ModelAnswer,
    ModelTimeoutError,
    ModelUnreachableError,
)
from local.sagemaker.endpoints.multi_models import TARGET_MODEL

if TYPE_CHECKING:
    from local.sagemaker.endpoints.endpoint_life import LiveEndpoint
    from local.sagemaker.endpoints.endpoint_traffic import Lease
    from local.sagemaker.platform import Platform

INVOCATION_SECONDS = 60.0
LARGEST_BODY = 6_291_456
LARGEST_SERVERLESS_BODY = 4 * 1024 * 1024
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
TRIES = 2
TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the "
    "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)


class ModelError(ApiError):
    """The model answered with an error, or not at all."""

    code = "ModelError"
    status = 424


@dataclass(frozen=True)
class Outcome:
    """One answered request.

    Attributes:
        answer: What the model said; None when it said nothing.
        lease: Who was asked.
        seconds: What the model took.
        reason: Why there is no answer.
    """

    answer: ModelAnswer | None
    lease: Lease
    seconds: float
    reason: str = ""


@operation(
    "InvokeEndpoint",
    service=RUNTIME,
    honours={
        "EndpointName",
        "Body",
        "ContentType",
        "Accept",
        "CustomAttributes",
        "TargetVariant",
        "TargetModel",
        "TargetContainerHostname",
        "InferenceId",
    },
)
def invoke_endpoint(request: Document, platform: Platform) -> Document:
    """Ask the model behind an endpoint."""
    began = time.perf_counter()
    name = request["EndpointName"]
    live = live_endpoint(platform, name)
    if live is None:
        raise no_endpoint(platform, name)
    if live.fleet is not None and live.fleet.config.get("AsyncInferenceConfig"):
        raise ValidationException(f"Endpoint {name} is asynchronous: use InvokeEndpointAsync.")
    outcome = ask(live, request)
    copy_to_shadows(platform, live, outcome.lease, request)
    record(platform, live, outcome, request, time.perf_counter() - began - outcome.seconds)
    answer = outcome.answer
    if answer is None or answer.status >= 400:
        raise model_error(platform, name, outcome)
    return {
        "Body": answer.body,
        "ContentType": answer.headers.get("content-type"),
        "InvokedProductionVariant": outcome.lease.variant.name,
        "CustomAttributes": answer.headers.get(ATTRIBUTES.lower()),
    }


def ask(
    live: LiveEndpoint,
    request: Document,
    timeout: float = INVOCATION_SECONDS,
    *,
    largest: int = LARGEST_BODY,
) -> Outcome:
    """Pass a request on; one whose instance died under it is given to another, once.

    Args:
        live: The endpoint.
        request: InvokeEndpoint's members.
        timeout: Seconds that the model may take.
        largest: Bytes that the body may have; 0 for no bound.

    Raises:
        ApiError: When nobody can be asked, or the body is too large.
    """
    body: bytes = request.get("Body", b"")
    headers = headers_for(request)
    for attempt in range(1, TRIES + 1):
        with live.traffic.lease(request.get("TargetVariant", "")) as lease:
            check_request(request, lease, largest)
            began = time.perf_counter()
            try:
                answer = lease.instance.request(headers, body, timeout)
            except ModelUnreachableError:
                lease.instance.healthy = False
                if attempt == TRIES:
                    took = time.perf_counter() - began
                    return Outcome(None, lease, took, "the model server ended while it answered")
            except ModelTimeoutError:
                return Outcome(None, lease, time.perf_counter() - began, TIMED_OUT)
            else:
                return Outcome(answer, lease, time.perf_counter() - began)
    raise AssertionError("unreachable: the last try returns")


def headers_for(request: Document) -> dict[str, str]:
    """The headers that reach the model."""
    headers = {"Content-Type": request.get("ContentType") or "application/octet-stream"}
    if accept := request.get("Accept"):
        headers["Accept"] = accept
    if attributes := request.get("CustomAttributes"):
        headers[ATTRIBUTES] = attributes
    for member, header in (
        ("TargetModel", TARGET_MODEL),
        ("TargetContainerHostname", TARGET_CONTAINER),
    ):
        if member in request:
            headers[header] = request[member]
    return headers


def no_endpoint(platform: Platform, name: str) -> ApiError:
    """The answer for an endpoint that does not serve."""
    return ApiError(
        f"Endpoint {name} of account {platform.account} not found.",
        code="ValidationError",
        status=400,
    )


def check_request(request: Document, lease: Lease, largest: int) -> None:
    """Refuse what does not fit the variant that answers.

    Args:
        request: InvokeEndpoint's members.
        lease: Who is to answer.
        largest: Bytes that the body may have; 0 for no bound. Serverless variants have their own.

    Raises:
        ApiError: ValidationError: too large a body, a target unknown or missing.
    """
    variant, body = lease.variant, request.get("Body", b"")
    if ("TargetModel" in request) != (variant.mode == MULTI_MODEL):
        raise ValidationException(
            f"Variant {variant.name} is served in mode {variant.mode}: TargetModel goes with "
            "multi-model endpoints, which need it."
        )
    target = request.get("TargetContainerHostname")
    if (target is not None) != (variant.mode == DIRECT) or target not in (None, *variant.hostnames):
        raise ValidationException(
            f"Variant {variant.name} is served in mode {variant.mode}: TargetContainerHostname "
            f"goes with mode Direct, which needs one of {', '.join(variant.hostnames)}."
        )
    largest = LARGEST_SERVERLESS_BODY if lease.variant.serverless else largest
    if largest and len(body) > largest:
        raise ApiError(
            f"1 validation error detected: Value at 'body' failed to satisfy constraint: Member "
            f"must have length less than or equal to {largest}",
            code="ValidationError",
            status=400,
        )


def record(
    platform: Platform, live: LiveEndpoint, outcome: Outcome, request: Document, overhead: float
) -> None:
    """Count a request, and capture it if its endpoint captures; `overhead` is in seconds."""
    lease, kept = outcome.lease, recorders(platform)
    status = outcome.answer.status if outcome.answer else 0
    key = (live.name, lease.variant.name, lease.fleet.config_name)
    kept.metrics.record(key, status, outcome.seconds, max(0.0, overhead))
    capture = lease.fleet.capture
    if not capture or not capture.get("EnableCapture", True) or outcome.answer is None:
        return
    if status >= 400:
        return
    target = Target(
        destination=capture["DestinationS3Uri"],
        endpoint=live.name,
        variant=lease.variant.name,
        role=lease.fleet.role,
        kms_key=capture.get("KmsKeyId", ""),
    )
    exchange = Exchange(
        when=platform.clock(),
        body=request.get("Body", b""),
        content_type=request.get("ContentType", ""),
        answer=outcome.answer.body,
        answer_type=outcome.answer.headers.get("content-type", ""),
        inference_id=request.get("InferenceId", ""),
        custom_attributes=request.get("CustomAttributes", ""),
    )
    kept.capture.record(capture, target, exchange)


def copy_to_shadows(
    platform: Platform, live: LiveEndpoint, lease: Lease, request: Document
) -> None:
    """Send a request's copy to the shadows of the fleet that answers it, if there are any."""
    if not lease.fleet.shadows:
        return

    def told(shadow: Lease, answer: ModelAnswer | None, seconds: float) -> None:
        record(platform, live, Outcome(answer, shadow, seconds), request, 0.0)

    copy = Copy(headers_for(request), request.get("Body", b""), INVOCATION_SECONDS, told)
    shadow_copies(platform).send(live, lease.fleet, copy)


def failure_text(outcome: Outcome) -> str:
    """What a caller is told of an answer that is an error, or of none."""
    status = outcome.answer.status if outcome.answer else 0
    text = outcome.answer.body.decode("utf-8", "replace") if outcome.answer else outcome.reason
    kind = "client" if 400 <= status < 500 else "server"
    return f'Received {kind} error ({status}) from primary with message "{text}"'


def model_error(platform: Platform, name: str, outcome: Outcome) -> ModelError:
    """What a caller gets for an answer that is an error, or for none."""
    status = outcome.answer.status if outcome.answer else 0
    text = outcome.answer.body.decode("utf-8", "replace") if outcome.answer else outcome.reason
    group = f"/aws/sagemaker/Endpoints/{name}"
    error = ModelError(
        f"{failure_text(outcome)}. See "
        f"https://{platform.region}.console.aws.amazon.com/cloudwatch/home?region="
        f"{platform.region}#logEventViewer:group={group} in account {platform.account} for more "
        "information."
    )
    error.members = {
        "OriginalStatusCode": status,
        "OriginalMessage": text,
        "LogStreamArn": f"arn:{platform.settings.partition}:logs:{platform.region}:"
        f"{platform.account}:log-group:{group}",
    }
    return error
