"""CreateModel and its siblings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.errors import ResourceInUse, ValidationException
from local.sagemaker.listing import page
from local.sagemaker.operations import Document, operation
from local.sagemaker.service_models import shape
from local.sagemaker.shaping import to_event
from local.sagemaker.state_events import tags_of

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

KIND = "model"


@operation(
    "CreateModel",
    honours={
        "ModelName",
        "PrimaryContainer",
        "Containers",
        "ExecutionRoleArn",
        "Tags",
        "EnableNetworkIsolation",
        "InferenceExecutionConfig",
    },
    refuses={
        "PrimaryContainer.MultiModelConfig",
        "PrimaryContainer.AdditionalModelDataSources",
        "PrimaryContainer.ImageConfig.RepositoryAuthConfig",
        "Containers.MultiModelConfig",
        "Containers.AdditionalModelDataSources",
    },
)
def create_model(request: Document, platform: Platform) -> Document:
    """Keep a model; nothing runs before an endpoint or a job uses it."""
    name = request["ModelName"]
    containers = request.get("Containers", [])
    if containers and request.get("PrimaryContainer"):
        raise ValidationException("Give either PrimaryContainer or Containers, not both.")
    if len(containers) > 1:
        raise ValidationException(
            "The local SageMaker does not support: Containers with more than one member"
        )
    container = request.get("PrimaryContainer") or (containers[0] if containers else None)
    if container is None:
        raise ValidationException("Either PrimaryContainer or Containers must be provided.")
    if container.get("Mode") == "MultiModel":
        raise ValidationException(
            "The local SageMaker does not support: Mode MultiModel of a container"
        )
    resolved = _resolve(container, platform)
    document = dict(request)
    document["Containers" if containers else "PrimaryContainer"] = (
        [resolved] if containers else resolved
    )
    document["CreationTime"] = platform.now()
    document["ModelArn"] = platform.arn(KIND, name)
    try:
        arn = platform.create(KIND, name, document)
    except ResourceInUse as error:
        raise ValidationException(
            f'Cannot create already existing model "{document["ModelArn"]}".'
        ) from error
    _tell(platform, document)
    return {"ModelArn": arn}


@operation("DescribeModel")
def describe_model(request: Document, platform: Platform) -> Document:
    """A model as it was created."""
    return {"EnableNetworkIsolation": False} | platform.get(KIND, request["ModelName"])


@operation("ListModels")
def list_models(request: Document, platform: Platform) -> Document:
    """All models, newest first."""
    return page(request, platform.store.list(KIND), name_member="ModelName", answer_member="Models")


@operation("DeleteModel")
def delete_model(request: Document, platform: Platform) -> Document:
    """Forget a model; endpoints that serve it go on."""
    document = platform.get(KIND, request["ModelName"])
    platform.store.delete(KIND, request["ModelName"])
    _tell(platform, document | {"Tags": []})
    return {}


def _resolve(container: Document, platform: Platform) -> Document:
    """Take over what a model package says, if the container names one."""
    package_name = container.get("ModelPackageName")
    if not package_name:
        if not container.get("Image"):
            raise ValidationException("Either Image or ModelPackageName must be provided.")
        return container
    found = platform.store.find_by_arn(package_name)
    package = found[2] if found else platform.store.find("model-package", package_name)
    if package is None:
        raise ValidationException(f"Model package {package_name} does not exist.")
    if package.get("ModelPackageGroupName") and package["ModelApprovalStatus"] != "Approved":
        raise ValidationException(
            f"Model Package {package['ModelPackageArn']} is not approved: its status is "
            f"{package['ModelApprovalStatus']}."
        )
    offered = package["InferenceSpecification"]["Containers"][0]
    members = ("Image", "ModelDataUrl", "ModelDataSource", "ContainerHostname")
    taken = {name: offered[name] for name in members if name in offered}
    environment = {**offered.get("Environment", {}), **container.get("Environment", {})}
    return container | taken | ({"Environment": environment} if environment else {})


def _tell(platform: Platform, document: Document) -> None:
    detail: Document = to_event(shape("DescribeModelOutput"), document)
    detail["Tags"] = tags_of(document)
    platform.events.emit("SageMaker Model State Change", document["ModelArn"], detail)
