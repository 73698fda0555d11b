"""Where an asynchronous answer goes: an object in S3, and a message to a topic.

"Asynchronous inference", pages on creating an endpoint and on checking predictions: success and
failure have a topic and an object each, and a message can carry the answer itself if it is not
larger than 128 KB.
"""

from __future__ import annotations

import base64
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.shaping import iso_time
from local.sagemaker.clients import CLOUD_ERRORS
from local.sagemaker.object_writes import write_object
from local.sagemaker.objects import ObjectsError

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

LARGEST_INCLUDED = 128 * 1024
SUCCESS, ERROR = "SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """How one asynchronous request ended.

    Attributes:
        body: What the model said; empty when it said nothing.
        content_type: Its type.
        failure: Why it failed; empty for success.
    """

    body: bytes = b""
    content_type: str = ""
    failure: str = ""


def locations(config: Document, request: Document, identity: str) -> Document:
    """OutputLocation, and FailureLocation if failures have a place.

    Args:
        config: The endpoint's AsyncInferenceConfig.
        request: InvokeEndpointAsync's members.
        identity: Unique among all requests.
    """
    output = config["OutputConfig"]
    extension = request.get("S3OutputPathExtension", "").strip("/")
    places = {}
    for member, key, ending in (
        ("OutputLocation", "S3OutputPath", ".out"),
        ("FailureLocation", "S3FailurePath", "-error.out"),
    ):
        if key not in output:
            continue
        name = identity + ending
        if member == "OutputLocation" and request.get("Filename"):
            name = request["Filename"]
        parts = [output[key].rstrip("/"), extension, name]
        places[member] = "/".join(part for part in parts if part)
    return places


def deliver(
    platform: Platform, config: Document, entry: Document, result: Result, role: str
) -> None:
    """Write the answer, or the failure, and tell the topic.

    Args:
        platform: The local SageMaker.
        config: The endpoint's AsyncInferenceConfig.
        entry: The queued request.
        result: How it ended.
        role: Who writes and publishes.
    """
    output = config["OutputConfig"]
    place = entry.get("FailureLocation" if result.failure else "OutputLocation", "")
    if place:
        body = result.body or result.failure.encode()
        try:
            write_object(
                platform, place, body, role, output.get("KmsKeyId", ""), result.content_type
            )
        except ObjectsError as error:
            _log.warning("the answer to %s is lost: %s", entry["Identity"], error)
            if not result.failure:
                result = Result(failure=f"ClientError: {error}")
    _publish(platform, output.get("NotificationConfig") or {}, entry, result, role)


def _publish(
    platform: Platform, notify: Document, entry: Document, result: Result, role: str
) -> None:
    topic = notify.get("ErrorTopic" if result.failure else "SuccessTopic")
    if not topic:
        return
    kind = ERROR if result.failure else SUCCESS
    included = kind in notify.get("IncludeInferenceResponseIn", [])
    message = json.dumps(notification(platform, entry, result, included=included))
    try:
        platform.clients.client("sns", role).publish(TopicArn=topic, Message=message)
    except CLOUD_ERRORS as error:
        _log.warning("topic %s does not hear of %s: %s", topic, entry["Identity"], error)


def notification(
    platform: Platform, entry: Document, result: Result, *, included: bool
) -> Document:
    """The message of one request's end."""
    request = entry["Request"]
    asked = {
        "contentType": request.get("ContentType"),
        "accept": request.get("Accept"),
        "customAttributes": request.get("CustomAttributes"),
        "endpointName": entry["EndpointName"],
        "inputLocation": request.get("InputLocation"),
    }
    message: Document = {
        "awsRegion": platform.region,
        "eventTime": iso_time(platform.now()),
        "receivedTime": iso_time(entry["ReceivedTime"]),
        "invocationStatus": "Failed" if result.failure else "Completed",
        "requestParameters": {name: value for name, value in asked.items() if value},
        "inferenceId": entry["InferenceId"],
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }
    if result.failure:
        message["failureReason"] = result.failure
    place = entry.get("FailureLocation" if result.failure else "OutputLocation")
    answered = {
        "contentType": result.content_type,
        "failureLocation" if result.failure else "outputLocation": place,
    }
    message["responseParameters"] = {name: value for name, value in answered.items() if value}
    if included and result.body and len(result.body) <= LARGEST_INCLUDED:
        content = base64.b64encode(result.body).decode()
        message["responseBody"] = {"content": content, "encoding": "BASE64"}
    return message
