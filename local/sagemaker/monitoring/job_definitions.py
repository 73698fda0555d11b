"""CreateDataQualityJobDefinition and its siblings: what Model Monitor's four kinds of job do.

The four kinds differ in names and in what they compare with; each has Create, Describe, List and
Delete (API CreateDataQualityJobDefinition, CreateModelQualityJobDefinition, …).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceInUse, ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.jobs.images import monitors

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

IN_USE = "is in use by the monitoring schedule"


@dataclass(frozen=True)
class Kind:
    """One of Model Monitor's kinds of job.

    Attributes:
        type: The MonitoringType, which is also the prefix of every member's name.
        arn_kind: The kind in ARNs.
    """

    type: str
    arn_kind: str


KINDS = (
    Kind("DataQuality", "data-quality-job-definition"),
    Kind("ModelQuality", "model-quality-job-definition"),
    Kind("ModelBias", "model-bias-job-definition"),
    Kind("ModelExplainability", "model-explainability-job-definition"),
)
BY_TYPE = {kind.type: kind for kind in KINDS}
_SHARED = {
    "JobDefinitionName",
    "JobResources",
    "NetworkConfig",
    "RoleArn",
    "StoppingCondition",
    "Tags",
}
_PARTS = ("BaselineConfig", "AppSpecification", "JobInput", "JobOutputConfig")


def _register(kind: Kind) -> None:
    # One definition of the four operations serves the four kinds: they differ in names alone.
    members = {f"{kind.type}{part}" for part in _PARTS}

    @operation(
        f"Create{kind.type}JobDefinition",
        honours=_SHARED | members,
        refuses=_refused(kind),
    )
    def create(request: Document, platform: Platform) -> Document:
        """Keep what a monitoring job of this kind does; a schedule runs it."""
        _check(request, kind)
        platform.clients.role_environment(request["RoleArn"])
        name = request["JobDefinitionName"]
        arn = platform.arn(kind.arn_kind, name)
        document = request | {"JobDefinitionArn": arn, "CreationTime": platform.now()}
        platform.create(kind.arn_kind, name, document)
        return {"JobDefinitionArn": arn}

    @operation(f"Describe{kind.type}JobDefinition")
    def describe(request: Document, platform: Platform) -> Document:
        """A job definition as it was created."""
        return platform.get(kind.arn_kind, request["JobDefinitionName"])

    @operation(f"List{kind.type}JobDefinitions")
    def list_all(request: Document, platform: Platform) -> Document:
        """All job definitions of this kind, newest first."""
        found = [_summary(item, kind) for item in platform.store.list(kind.arn_kind)]
        wanted = request.get("EndpointName")
        return page(
            request,
            [item for item in found if wanted in (None, item["EndpointName"])],
            name_member="MonitoringJobDefinitionName",
            answer_member="JobDefinitionSummaries",
        )

    @operation(f"Delete{kind.type}JobDefinition")
    def delete(request: Document, platform: Platform) -> Document:
        """Forget a job definition that no schedule uses."""
        _delete(platform, kind, request["JobDefinitionName"])
        return {}


def _refused(kind: Kind) -> set[str]:
    given = f"{kind.type}JobInput"
    return {
        f"{given}.EndpointInput.ExcludeFeaturesAttribute",
        f"{given}.EndpointInput.FeaturesAttribute",
        f"{given}.BatchTransformInput.ExcludeFeaturesAttribute",
        f"{given}.BatchTransformInput.FeaturesAttribute",
        f"{kind.type}JobOutputConfig.KmsKeyId",
        "JobResources.ClusterConfig.VolumeKmsKeyId",
        "NetworkConfig.EnableNetworkIsolation",
        "NetworkConfig.VpcConfig",
    }


def _delete(platform: Platform, kind: Kind, name: str) -> None:
    platform.get(kind.arn_kind, name)
    for schedule in platform.store.list("monitoring-schedule"):
        config = schedule["MonitoringScheduleConfig"]
        same = config.get("MonitoringType") == kind.type
        if same and config.get("MonitoringJobDefinitionName") == name:
            raise ResourceInUse(f"{name} {IN_USE} {schedule['MonitoringScheduleName']}")
    platform.store.delete(kind.arn_kind, name)


for _kind in KINDS:
    _register(_kind)


def find_definition(platform: Platform, monitoring_type: str, name: str) -> Document:
    """A job definition in the form of an inline one, the same for all kinds.

    Returns:
        `type`, `image`, `specification`, `input`, `ground_truth`, `output`, `resources`,
        `baseline`, `environment`, `seconds` and `role`.

    Raises:
        ValidationException: When there is none.
    """
    kind = BY_TYPE[monitoring_type]
    try:
        document = platform.get(kind.arn_kind, name)
    except ResourceNotFound as error:
        raise ValidationException(error.message) from error
    specification = document[f"{kind.type}AppSpecification"]
    given = document[f"{kind.type}JobInput"]
    return {
        "type": kind.type,
        "specification": specification,
        "input": given,
        "ground_truth": given.get("GroundTruthS3Input", {}).get("S3Uri", ""),
        "output": document[f"{kind.type}JobOutputConfig"]["MonitoringOutputs"][0]["S3Output"],
        "resources": document["JobResources"],
        "baseline": document.get(f"{kind.type}BaselineConfig", {}),
        "environment": specification.get("Environment", {}),
        "stopping": document.get("StoppingCondition"),
        "role": document["RoleArn"],
    }


def check_input(given: Document) -> None:
    """Refuse an input that names both sources, or neither; raises `ValidationException`."""
    sources = [name for name in ("EndpointInput", "BatchTransformInput") if name in given]
    if len(sources) != 1:
        raise ValidationException("Give one of EndpointInput and BatchTransformInput")
    if given[sources[0]].get("S3InputMode", "File") != "File":
        raise ValidationException("The local SageMaker has no Pipe mode: use File")


def _check(request: Document, kind: Kind) -> None:
    specification = request[f"{kind.type}AppSpecification"]
    check_input(request[f"{kind.type}JobInput"])
    if request["JobResources"]["ClusterConfig"]["InstanceCount"] != 1:
        raise ValidationException("The local SageMaker monitors on one instance: InstanceCount 1")
    if not specification.get("ContainerEntrypoint") and not monitors(specification["ImageUri"]):
        raise ValidationException(
            f"The local SageMaker has no stand-in for the image {specification['ImageUri']}"
        )


def _summary(document: Document, kind: Kind) -> Document:
    given = document[f"{kind.type}JobInput"]
    return {
        "MonitoringJobDefinitionName": document["JobDefinitionName"],
        "MonitoringJobDefinitionArn": document["JobDefinitionArn"],
        "CreationTime": document["CreationTime"],
        "EndpointName": given.get("EndpointInput", {}).get("EndpointName", ""),
    }
