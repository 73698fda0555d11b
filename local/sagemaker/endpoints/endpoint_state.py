"""What an endpoint is seen to be: its document, its status, and the events of each change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.service_models import shape
from local.sagemaker.api.shaping import to_event
from local.sagemaker.state_events import tags_of
from local.sagemaker.store import MissingError

if TYPE_CHECKING:
    from local.sagemaker.endpoints.endpoint_fleets import Fleet, VariantFleet
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

KIND = "endpoint"
_UNSET = ("FailureReason",)


def change_status(platform: Platform, name: str, status: str, **changes: Any) -> Document | None:
    """Set an endpoint's status and more members, and tell it.

    Args:
        platform: The local SageMaker.
        name: The endpoint's name.
        status: As DescribeEndpoint shows it.
        changes: Further members; None removes one.

    Returns:
        The document, or None when the endpoint is gone.
    """
    kept = {"EndpointStatus": status, "LastModifiedTime": platform.now(), **changes}
    try:
        document = platform.store.change(
            KIND,
            name,
            lambda found: {
                key: value for key, value in (found | kept).items() if value is not None
            },
        )
    except MissingError:
        return None
    tell(platform, document, status)
    return document


def tell(platform: Platform, document: Document, status: str) -> None:
    """Emit `SageMaker Endpoint State Change`."""
    detail = _detail(document, status)
    platform.events.emit("SageMaker Endpoint State Change", document["EndpointArn"], detail)


def tell_deployment(platform: Platform, name: str, pending: Document | None) -> None:
    """Keep how far a deployment is, and emit `SageMaker Endpoint Deployment State Change`."""
    try:
        document = platform.store.update(KIND, name, PendingDeploymentSummary=pending)
    except MissingError:
        return
    platform.events.emit(
        "SageMaker Endpoint Deployment State Change",
        document["EndpointArn"],
        _detail(document, document["EndpointStatus"]),
    )


def summary(variant: VariantFleet, total: float, status: str = "", message: str = "") -> Document:
    """A variant as ProductionVariantSummary and PendingProductionVariantSummary show it.

    Args:
        variant: The variant.
        total: Its part of the endpoint's traffic times this is its current weight.
        status: Creating, ActivatingTraffic, Baking …; empty for none.
        message: Why.
    """
    found: Document = {
        "VariantName": variant.name,
        "DeployedImages": [
            {"SpecifiedImage": image, "ResolvedImage": image} for image in variant.images
        ],
        "CurrentWeight": round(variant.weight * total, 4),
        "DesiredWeight": variant.weight,
    }
    if variant.serverless:
        found["CurrentServerlessConfig"] = found["DesiredServerlessConfig"] = variant.serverless
    else:
        found["CurrentInstanceCount"] = len(variant.instances)
        found["DesiredInstanceCount"] = variant.count
    if status:
        found["VariantStatus"] = [{"Status": status, "StatusMessage": message}]
    return found


def summaries(fleet: Fleet) -> list[Document]:
    """All variants of the fleet that serves."""
    return [summary(variant, 1.0) for variant in fleet.variants]


def shadow_summaries(fleet: Fleet) -> list[Document] | None:
    """All shadow variants of the fleet that serves; None for none."""
    return [summary(variant, 1.0) for variant in fleet.shadows] or None


def capture_summary(config: Document) -> Document | None:
    """DescribeEndpoint's view of a configuration's data capture."""
    capture = config.get("DataCaptureConfig")
    if not capture:
        return None
    on = capture.get("EnableCapture", True)
    return {
        "EnableCapture": on,
        "CaptureStatus": "Started" if on else "Stopped",
        "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
        "DestinationS3Uri": capture["DestinationS3Uri"],
        # Not required of the request, yet of the answer: empty when the bucket's own key is used.
        "KmsKeyId": capture.get("KmsKeyId", ""),
    }


def _detail(document: Document, status: str) -> Document:
    detail: Document = to_event(shape("DescribeEndpointOutput"), document)
    for member in _UNSET:
        detail.setdefault(member, None)
    detail["EndpointStatus"] = upper_snake(status)
    detail["Tags"] = {} if status == "Deleted" else tags_of(document)
    return detail


def upper_snake(status: str) -> str:
    """`InService` → `IN_SERVICE`, as endpoint events write it."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()
