"""CreateEndpointConfig and its siblings; a configuration never changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceInUse, ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import shape
from local.sagemaker.api.shaping import to_event
from local.sagemaker.endpoints.container_groups import SINGLE, mode_of
from local.sagemaker.jobs.volumes import check_volume_key
from local.sagemaker.state_events import tags_of

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

KIND = "endpoint-config"
MOST_INSTANCES = 20
"""Processes of one variant; AWS's quota is so large for most instance types."""


@operation(
    "CreateEndpointConfig",
    honours={
        "EndpointConfigName",
        "ProductionVariants",
        "DataCaptureConfig",
        "AsyncInferenceConfig",
        "ShadowProductionVariants",
        "Tags",
        "KmsKeyId",
        "ExecutionRoleArn",
    },
    refuses={
        f"{variants}.{member}"
        for variants in ("ProductionVariants", "ShadowProductionVariants")
        for member in (
            "AcceleratorType",
            "CoreDumpConfig",
            "EnableSSMAccess",
            "ManagedInstanceScaling",
            "InstancePools",
            "CapacityReservationConfig",
            "InferenceAmiVersion",
        )
    },
)
def create_endpoint_config(request: Document, platform: Platform) -> Document:
    """Keep an endpoint configuration."""
    name = request["EndpointConfigName"]
    variants = request["ProductionVariants"]
    shadows = request.get("ShadowProductionVariants", [])
    names = [variant["VariantName"] for variant in [*variants, *shadows]]
    if len(set(names)) < len(names):
        raise ValidationException("Variant names must be unique within an endpoint configuration.")
    for variant in variants:
        check_volume_key(variant.get("InstanceType", ""), request.get("KmsKeyId", ""))
    checked = [_checked(variant, platform) for variant in variants]
    serverless = [variant for variant in checked if "ServerlessConfig" in variant]
    if serverless and len(checked) > 1:
        raise ValidationException("Serverless endpoints take one production variant only.")
    if serverless and request.get("DataCaptureConfig"):
        raise ValidationException("DataCaptureConfig is not supported for serverless variants.")
    _check_async(request, serverless)
    if shadows:
        request = request | {
            "ShadowProductionVariants": _checked_shadows(request, serverless, platform)
        }
    document = request | {
        "ProductionVariants": checked,
        "CreationTime": platform.now(),
        "EndpointConfigArn": platform.arn(KIND, name),
    }
    try:
        arn = platform.create(KIND, name, document)
    except ResourceInUse as error:
        raise ValidationException(
            "Cannot create already existing endpoint configuration "
            f'"{document["EndpointConfigArn"]}".'
        ) from error
    _tell(platform, document)
    return {"EndpointConfigArn": arn}


@operation("DescribeEndpointConfig")
def describe_endpoint_config(request: Document, platform: Platform) -> Document:
    """A configuration as it was created."""
    return find_config(platform, request["EndpointConfigName"])


@operation("ListEndpointConfigs")
def list_endpoint_configs(request: Document, platform: Platform) -> Document:
    """All configurations, newest first."""
    return page(
        request,
        platform.store.list(KIND),
        name_member="EndpointConfigName",
        answer_member="EndpointConfigs",
    )


@operation("DeleteEndpointConfig")
def delete_endpoint_config(request: Document, platform: Platform) -> Document:
    """Forget a configuration; deleting one in use leaves its endpoint as it is, as on AWS."""
    document = find_config(platform, request["EndpointConfigName"])
    platform.store.delete(KIND, request["EndpointConfigName"])
    _tell(platform, document | {"Tags": []})
    return {}


def find_config(platform: Platform, name: str) -> Document:
    """A configuration's document.

    Raises:
        ResourceNotFound: When there is none.
    """
    document = platform.store.find(KIND, name)
    if document is None:
        raise ResourceNotFound(
            f'Could not find endpoint configuration "{platform.arn(KIND, name)}".'
        )
    return document


def _checked(variant: Document, platform: Platform) -> Document:
    name = variant["VariantName"]
    model = variant.get("ModelName")
    if not model:
        raise ValidationException(
            f"The local SageMaker needs a ModelName in variant {name}: it has no inference "
            "components."
        )
    found = platform.store.find("model", model)
    if found is None:
        raise ValidationException(f'Could not find model "{platform.arn("model", model)}".')
    if "ServerlessConfig" in variant:
        if mode_of(found) != SINGLE:
            raise ValidationException("Serverless variants serve models of one container only.")
        _check_serverless(variant)
        return {"InitialVariantWeight": 1.0} | variant
    if not variant.get("InstanceType") or not variant.get("InitialInstanceCount"):
        raise ValidationException(
            f"Variant {name} needs InstanceType and InitialInstanceCount, or a ServerlessConfig."
        )
    if variant["InitialInstanceCount"] > MOST_INSTANCES:
        raise ValidationException(
            f"The account-level service limit '{variant['InstanceType']} for endpoint usage' is "
            f"{MOST_INSTANCES} Instances, with a request delta of "
            f"{variant['InitialInstanceCount']} Instances."
        )
    return {"InitialVariantWeight": 1.0, "VolumeSizeInGB": 30} | variant


def _check_serverless(variant: Document) -> None:
    config = variant["ServerlessConfig"]
    if variant.get("InstanceType") or variant.get("InitialInstanceCount"):
        raise ValidationException("A variant takes a ServerlessConfig or instances, not both.")
    if config["MemorySizeInMB"] % 1024:
        raise ValidationException(
            "MemorySizeInMB must be one of 1024, 2048, 3072, 4096, 5120 and 6144."
        )
    if config.get("ProvisionedConcurrency", 0) > config["MaxConcurrency"]:
        raise ValidationException("ProvisionedConcurrency must not exceed MaxConcurrency.")


def _checked_shadows(
    request: Document, serverless: list[Document], platform: Platform
) -> list[Document]:
    shadows = request["ShadowProductionVariants"]
    if len(shadows) > 1 or len(request["ProductionVariants"]) > 1:
        raise ValidationException(
            "With a shadow variant, an endpoint configuration takes one production variant and one "
            "shadow variant only."
        )
    if serverless or "ServerlessConfig" in shadows[0] or request.get("AsyncInferenceConfig"):
        raise ValidationException(
            "Shadow variants go with instances only, and not with asynchronous inference."
        )
    return [_checked(variant, platform) for variant in shadows]


def _check_async(request: Document, serverless: list[Document]) -> None:
    config = request.get("AsyncInferenceConfig")
    if not config:
        return
    if serverless:
        raise ValidationException("Serverless endpoints cannot be asynchronous.")
    if not config["OutputConfig"].get("S3OutputPath"):
        raise ValidationException("An asynchronous endpoint needs an S3OutputPath.")


def _tell(platform: Platform, document: Document) -> None:
    detail: Document = to_event(shape("DescribeEndpointConfigOutput"), document)
    detail["Tags"] = tags_of(document)
    arn = document["EndpointConfigArn"]
    platform.events.emit("SageMaker Endpoint Config State Change", arn, detail)
