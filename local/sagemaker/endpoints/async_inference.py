"""InvokeEndpointAsync: a request is queued, and its answer appears in S3."""

from __future__ import annotations

import base64
import uuid
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import RUNTIME
from local.sagemaker.assembly import at_end, at_start
from local.sagemaker.endpoints.async_queue import KIND, QUEUE, queue_of
from local.sagemaker.endpoints.async_results import locations
from local.sagemaker.endpoints.runtime import no_endpoint

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform


@operation(
    "InvokeEndpointAsync",
    service=RUNTIME,
    honours={
        "EndpointName",
        "ContentType",
        "Accept",
        "CustomAttributes",
        "InferenceId",
        "InputLocation",
        "S3OutputPathExtension",
        "Filename",
        "RequestTTLSeconds",
        "InvocationTimeoutSeconds",
        "Body",
    },
)
def invoke_endpoint_async(request: Document, platform: Platform) -> Document:
    """Queue a request; its answer, or its failure, is written to the place that is returned."""
    name = request["EndpointName"]
    found = platform.store.find("endpoint", name)
    if found is None or found["EndpointStatus"] not in {"InService", "Updating", "RollingBack"}:
        raise no_endpoint(platform, name)
    config = found["_Config"].get("AsyncInferenceConfig")
    if not config:
        raise ValidationException(f"Endpoint {name} is not an asynchronous endpoint.")
    body: bytes = request.get("Body", b"")
    if bool(body) == ("InputLocation" in request):
        raise ValidationException("Give exactly one of InputLocation and Body.")
    identity = str(uuid.uuid4())
    entry = {
        "Identity": identity,
        "EndpointName": name,
        "InferenceId": request.get("InferenceId", str(uuid.uuid4())),
        "ReceivedTime": platform.now(),
        "Config": config,
        "Request": {key: value for key, value in request.items() if key != "Body"},
        **locations(config, request, identity),
    }
    if body:
        entry["Body"] = base64.b64encode(body).decode()
    queue_of(platform, name).put(entry)
    members = ("InferenceId", "OutputLocation", "FailureLocation")
    return {member: entry[member] for member in members if member in entry}


@at_start
def resume_queues(platform: Platform) -> None:
    """Go on with what was queued when the process ended."""
    for name in {entry["EndpointName"] for entry in platform.store.list(KIND)}:
        queue_of(platform, name)


@at_end
def close_queues(platform: Platform) -> None:
    """Hand out no more requests; they go on at the next start."""
    for (kind, _), queue in list(platform.active.items()):
        if kind == QUEUE:
            queue.close()
