"""CreateModelPackage and its siblings: the versions of a model, and their approval."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import (
    ConflictException,
    ResourceInUse,
    ResourceNotFound,
    ValidationException,
)
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import shape
from local.sagemaker.api.shaping import iso_time, to_event
from local.sagemaker.registry.model_card_schema import PACKAGE_CARD, read_content
from local.sagemaker.registry.model_cards import open_part
from local.sagemaker.registry.model_package_groups import KIND as GROUP
from local.sagemaker.registry.model_package_groups import find_group

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

KIND = "model-package"
_TOKEN = "model-package-token"  # noqa: S105 -- a kind of document
_REPLACED = (
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
)
_CLONED = (
    "InferenceSpecification",
    "AdditionalInferenceSpecifications",
    "ModelMetrics",
    "DriftCheckBaselines",
    "Domain",
    "Task",
    "SamplePayloadUrl",
)
_OF_MODEL = ("ContainerHostname", "Image", "ModelDataUrl", "ModelDataSource", "Environment")
_IN_EVENTS = {"SourceUri": "sourceUri"}
"""Names of UpdatedModelPackageFields that differ from the API's, as seen in real events."""
_creating = threading.Lock()


@operation(
    "CreateModelPackage",
    refuses={"ValidationSpecification", "SourceAlgorithmSpecification", "ManagedStorageType"},
)
def create_model_package(request: Document, platform: Platform) -> Document:
    """Register a version in a group, or a package that stands alone."""
    _check_card(request)
    with _creating:
        token = request.get("ClientToken")
        if token and (earlier := platform.store.find(_TOKEN, token)):
            if earlier["Digest"] != _digest(request):
                raise ConflictException("The ClientToken was used with other parameters before.")
            return {"ModelPackageArn": earlier["Arn"]}
        document = _versioned(request, platform) or _standing_alone(request, platform)
        arn = document["ModelPackageArn"]
        if token:
            platform.store.create(_TOKEN, token, {"Arn": arn, "Digest": _digest(request)})
    _tell(platform, document)
    return {"ModelPackageArn": arn}


@operation("DescribeModelPackage")
def describe_model_package(request: Document, platform: Platform) -> Document:
    """A package, by ARN or name; with MetadataOnly its card without what a key would protect."""
    found = find_package(platform, request["ModelPackageName"])
    card = found.get("ModelCard", {})
    if request.get("IncludedData") == "MetadataOnly" and "ModelCardContent" in card:
        return found | {
            "ModelCard": card | {"ModelCardContent": open_part(card["ModelCardContent"])}
        }
    return found


@operation("BatchDescribeModelPackage")
def batch_describe_model_package(request: Document, platform: Platform) -> Document:
    """Several packages by ARN; those that are not there are named apart."""
    found, faults = {}, {}
    for arn in request["ModelPackageArnList"]:
        try:
            package = find_package(platform, arn)
        except ResourceNotFound as error:
            faults[arn] = {"ErrorCode": "ValidationException", "ErrorResponse": error.message}
        else:
            found[arn] = package
    return {
        "ModelPackageSummaries": found,
        "BatchDescribeModelPackageErrorMap": faults,
    }


@operation("ListModelPackages")
def list_model_packages(request: Document, platform: Platform) -> Document:
    """The versions of a group, or the packages that stand alone; newest first."""
    group = request.get("ModelPackageGroupName")
    if group:
        group = find_group(platform, group)["ModelPackageGroupName"]
    kind = request.get("ModelPackageType", "Versioned" if group else "Unversioned")
    wanted = [
        item
        for item in platform.store.list(KIND, parent=group)
        if kind == "Both" or ("ModelPackageGroupName" in item) == (kind == "Versioned")
    ]
    if approval := request.get("ModelApprovalStatus"):
        wanted = [item for item in wanted if item.get("ModelApprovalStatus") == approval]
    return page(
        request,
        wanted,
        name_member="ModelPackageName",
        answer_member="ModelPackageSummaryList",
    )


@operation("UpdateModelPackage")
def update_model_package(request: Document, platform: Platform) -> Document:
    """Approve, reject, or note something; each change is told with the names of what changed."""
    name = find_package(platform, request["ModelPackageArn"])["ModelPackageName"]
    _check_card(request)
    changed: list[str] = []

    def change(found: Document) -> Document:
        changed.extend(_apply(found, request))
        return found | {"LastModifiedTime": platform.now(), "LastModifiedBy": {}}

    document = platform.store.change(KIND, name, change)
    _tell(platform, document, changed)
    return {"ModelPackageArn": document["ModelPackageArn"]}


@operation("DeleteModelPackage")
def delete_model_package(request: Document, platform: Platform) -> Document:
    """Remove a package; its version number is never given again."""
    document = find_package(platform, request["ModelPackageName"])
    platform.store.delete(KIND, document["ModelPackageName"])
    _tell(platform, document | {"ModelPackageStatus": "Deleting"})
    return {}


def find_package(platform: Platform, name_or_arn: str) -> Document:
    """A package's document.

    Raises:
        ResourceNotFound: When there is none.
    """
    found = platform.store.find_by_arn(name_or_arn)
    document = found[2] if found else platform.store.find(KIND, name_or_arn)
    if document is None:
        arn = name_or_arn if name_or_arn.startswith("arn:") else platform.arn(KIND, name_or_arn)
        raise ResourceNotFound(f"ModelPackage {arn} does not exist.")
    return document


def _versioned(request: Document, platform: Platform) -> Document | None:
    if not request.get("ModelPackageGroupName"):
        return None
    for member in ("ModelPackageName", "Tags"):
        if request.get(member):
            raise ValidationException(f"{member} cannot be given for a versioned model package.")
    group = find_group(platform, request["ModelPackageGroupName"])["ModelPackageGroupName"]

    def count(found: Document) -> Document:
        return found | {"_LastVersion": found["_LastVersion"] + 1}

    version = platform.store.change(GROUP, group, count)["_LastVersion"]
    members = {
        "ModelPackageGroupName": group,
        "ModelPackageVersion": version,
        "ModelApprovalStatus": request.get("ModelApprovalStatus", "PendingManualApproval"),
    }
    return _store(request | members, platform, f"{group}/{version}", parent=group)


def _standing_alone(request: Document, platform: Platform) -> Document:
    name = request.get("ModelPackageName")
    if not name:
        raise ValidationException(
            "Either ModelPackageGroupName or ModelPackageName must be provided."
        )
    return _store(request, platform, name)


def _store(request: Document, platform: Platform, name: str, parent: str = "") -> Document:
    request = _with_source(request, platform)
    if "InferenceSpecification" not in request and "ModelCard" not in request:
        raise ValidationException("InferenceSpecification must be provided.")
    document = request | {
        "ModelPackageName": name,
        "ModelPackageArn": platform.arn(KIND, name),
        "CreationTime": platform.now(),
        "CreatedBy": {},
        "CertifyForMarketplace": request.get("CertifyForMarketplace", False),
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
    }
    try:
        platform.create(KIND, name, document, parent=parent)
    except ResourceInUse as error:
        raise ValidationException(
            f"Model Package already exists: {document['ModelPackageArn']}"
        ) from error
    return document


def _apply(found: Document, request: Document) -> list[str]:
    """Change a document in place; the names of what changed."""
    changed = []
    for member in _REPLACED:
        if member in request:
            found[member] = request[member]
            changed.append(member)
    added = request.get("CustomerMetadataProperties", {})
    removed = request.get("CustomerMetadataPropertiesToRemove", [])
    if added or removed:
        kept = {**found.get("CustomerMetadataProperties", {}), **added}
        found["CustomerMetadataProperties"] = {
            key: value for key, value in kept.items() if key not in removed
        }
        changed.append("CustomerMetadataProperties")
    if more := request.get("AdditionalInferenceSpecificationsToAdd"):
        found["AdditionalInferenceSpecifications"] = [
            *found.get("AdditionalInferenceSpecifications", []),
            *more,
        ]
        changed.append("AdditionalInferenceSpecifications")
    return changed


def _check_card(request: Document) -> None:
    content = request.get("ModelCard", {}).get("ModelCardContent")
    if content is not None:
        read_content(content, PACKAGE_CARD)


def _with_source(request: Document, platform: Platform) -> Document:
    """Take over what is not given from the package or model that SourceUri names.

    "If you want to clone a model package, set it to the model package ARN. If you want to register
    a model, set it to the model ARN" (CreateModelPackage: SourceUri).
    """
    found = platform.store.find_by_arn(request.get("SourceUri") or "-")
    if found is None:
        return request
    kind, _, source = found
    if kind == KIND:
        return {name: source[name] for name in _CLONED if name in source} | request
    if kind == "model":
        containers = source.get("Containers") or [source["PrimaryContainer"]]
        kept = [{name: item[name] for name in _OF_MODEL if name in item} for item in containers]
        return {"InferenceSpecification": {"Containers": kept}} | request
    return request


def _digest(request: Document) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def _tell(platform: Platform, document: Document, changed: list[str] | None = None) -> None:
    detail: Document = to_event(shape("DescribeModelPackageOutput"), document)
    # These events, unlike those of jobs and endpoints, write times as text.
    for member in ("CreationTime", "LastModifiedTime"):
        if document.get(member) is not None:
            detail[member] = iso_time(document[member])
    if changed:
        detail["UpdatedModelPackageFields"] = [_IN_EVENTS.get(name, name) for name in changed]
    arn = document["ModelPackageArn"]
    platform.events.emit("SageMaker Model Package State Change", arn, detail)
