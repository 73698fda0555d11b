"""CreateModel and its siblings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceInUse, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import shape
from local.sagemaker.api.shaping import to_event
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
    listed = containers or [request.get("PrimaryContainer")]
    if None in listed:
        raise ValidationException("Either PrimaryContainer or Containers must be provided.")
    _check_containers(listed, request)
    resolved = [_resolve(container, platform) for container in listed]
    document = dict(request)
    if containers:
        document["Containers"] = resolved
    else:
        document["PrimaryContainer"] = resolved[0]
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


def _check_containers(listed: list[Document], request: Document) -> None:
    """Refuse containers that cannot be served together ("Create a multi-container endpoint")."""
    many = len(listed) > 1
    if many and any(container.get("Mode") == "MultiModel" for container in listed):
        raise ValidationException("Mode MultiModel goes with one container only.")
    for container in listed:
        if container.get("Mode") == "MultiModel" and not container.get("ModelDataUrl"):
            raise ValidationException("A container of Mode MultiModel needs a ModelDataUrl.")
    names = [container.get("ContainerHostname") for container in listed]
    direct = (request.get("InferenceExecutionConfig") or {}).get("Mode") == "Direct"
    if direct and (not many or None in names):
        raise ValidationException(
            "Mode Direct needs several containers, each with a ContainerHostname."
        )
    given = [name for name in names if name is not None]
    if len(set(given)) < len(given):
        raise ValidationException("ContainerHostname must be unique within a model.")
    if many and given and len(given) < len(names):
        raise ValidationException("Give every container a ContainerHostname, or none of them.")


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
