"""The contexts, actions and artifacts that SageMaker makes of model packages and endpoints.

Page "Amazon SageMaker AI-Created Tracking Entities". An artifact contributes to the action, and the
action is associated with the context, so that an endpoint's ascendants lead back to the data.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceInUse
from local.sagemaker.lineage.lineage_artifacts import ensure_artifact
from local.sagemaker.lineage.lineage_associations import associate
from local.sagemaker.lineage.lineage_entities import ACTION, CONTEXT
from local.sagemaker.lineage.lineage_jobs import containers_of, data_of

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

ENDPOINT = "endpoint"
PACKAGE = "model-package"


def track_package(platform: Platform, package: Document) -> None:
    """Keep up with a model package: its artifact, its group's context, its approval."""
    arn, name = package["ModelPackageArn"], package["ModelPackageName"]
    artifact = ensure_artifact(platform, arn, "Model")
    for container in package.get("InferenceSpecification", {}).get("Containers", []):
        for uri, kind in ((container.get("Image"), "Image"), (data_of(container), "Model")):
            if uri:
                associate(platform, ensure_artifact(platform, uri, kind), artifact, "ContributedTo")
    approval = package.get("ModelApprovalStatus", "")
    action = _ensure(
        platform,
        ACTION,
        f"{name.replace('/', '-')}-aws-model-package",
        {
            "Source": {"SourceUri": arn, "SourceType": "ARN"},
            "ActionType": "Approval",
            "Status": "Completed",
            "Properties": {"ModelApprovalStatus": approval} if approval else {},
        },
    )
    associate(platform, artifact, action, "ContributedTo")
    if group := package.get("ModelPackageGroupName"):
        context = _ensure(
            platform,
            CONTEXT,
            f"{group}-aws-model-group",
            {
                "Source": {
                    "SourceUri": platform.arn("model-package-group", group),
                    "SourceType": "ARN",
                },
                "ContextType": "ModelGroup",
            },
        )
        associate(platform, artifact, context, "AssociatedWith")


def track_endpoint(platform: Platform, endpoint: Document) -> None:
    """Keep up with an endpoint that serves: its context, and the deployment that made it so."""
    if endpoint["EndpointStatus"] != "InService":
        return
    name, arn = endpoint["EndpointName"], endpoint["EndpointArn"]
    source = {"Source": {"SourceUri": arn, "SourceType": "ARN"}}
    context = _ensure(
        platform, CONTEXT, f"{name}-aws-endpoint", source | {"ContextType": "Endpoint"}
    )
    config = endpoint["EndpointConfigName"]
    identity = hashlib.sha256(config.encode()).hexdigest()[:8]
    action = _ensure(
        platform,
        ACTION,
        f"{name}-{identity}-aws-endpoint",
        source
        | {
            "ActionType": "ModelDeployment",
            "Status": "Completed",
            "Properties": {"EndpointConfigName": config},
        },
    )
    associate(platform, action, context, "AssociatedWith")
    variants = (platform.store.find("endpoint-config", config) or {}).get("ProductionVariants", [])
    for variant in variants:
        for artifact in _deployed(platform, variant.get("ModelName", "")):
            associate(platform, artifact, action, "ContributedTo")


def _deployed(platform: Platform, model: str) -> list[str]:
    """The artifacts of a model's images, archives and packages."""
    found = []
    for container in containers_of(platform, model):
        ends = [
            (container.get("Image"), "Image"),
            (data_of(container), "Model"),
            (_package_arn(platform, container), "Model"),
        ]
        found += [ensure_artifact(platform, uri, kind) for uri, kind in ends if uri]
    return found


def _package_arn(platform: Platform, container: Document) -> str:
    name = container.get("ModelPackageName", "")
    return name if not name or name.startswith("arn:") else platform.arn(PACKAGE, name)


def _ensure(platform: Platform, kind: str, name: str, members: Document) -> str:
    """The ARN of a context or action, made if there is none, else with these properties."""
    word, now = kind.capitalize(), platform.now()
    arn = platform.arn(kind, name)
    document = {
        f"{word}Name": name,
        f"{word}Arn": arn,
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        **members,
    }
    try:
        platform.create(kind, name, document)
    except ResourceInUse:
        found = platform.store.get(kind, name)
        properties = members.get("Properties", {})
        if found.get("Properties", {}) != properties:
            platform.store.update(kind, name, Properties=properties, LastModifiedTime=now)
    return arn
