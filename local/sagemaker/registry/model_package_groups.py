"""CreateModelPackageGroup and its siblings: the registry's shelves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import (
    ConflictException,
    ResourceInUse,
    ResourceNotFound,
    ValidationException,
)
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

KIND = "model-package-group"


@operation(
    "CreateModelPackageGroup",
    honours={"ModelPackageGroupName", "ModelPackageGroupDescription", "Tags"},
)
def create_model_package_group(request: Document, platform: Platform) -> Document:
    """Make a group for the versions of one model."""
    name = request["ModelPackageGroupName"]
    arn = platform.arn(KIND, name)
    document = request | {
        "ModelPackageGroupArn": arn,
        "CreationTime": platform.now(),
        "CreatedBy": {},
        "ModelPackageGroupStatus": "Completed",
        "_LastVersion": 0,
    }
    try:
        platform.create(KIND, name, document)
    except ResourceInUse as error:
        raise ValidationException(f"Model Package Group already exists: {arn}") from error
    return {"ModelPackageGroupArn": arn}


@operation("DescribeModelPackageGroup")
def describe_model_package_group(request: Document, platform: Platform) -> Document:
    """A group, by name or ARN."""
    return find_group(platform, request["ModelPackageGroupName"])


@operation("ListModelPackageGroups")
def list_model_package_groups(request: Document, platform: Platform) -> Document:
    """All groups, newest first."""
    shared = request.get("CrossAccountFilterOption") == "CrossAccount"  # nobody shares any
    return page(
        request,
        [] if shared else platform.store.list(KIND),
        name_member="ModelPackageGroupName",
        answer_member="ModelPackageGroupSummaryList",
    )


@operation("DeleteModelPackageGroup")
def delete_model_package_group(request: Document, platform: Platform) -> Document:
    """Remove an empty group."""
    group = find_group(platform, request["ModelPackageGroupName"])
    name = group["ModelPackageGroupName"]
    if platform.store.list("model-package", parent=name):
        raise ConflictException(
            f"Model Package Group {group['ModelPackageGroupArn']} cannot be deleted because it "
            "still contains Model Packages."
        )
    platform.store.delete(KIND, name)
    return {}


@operation("PutModelPackageGroupPolicy")
def put_model_package_group_policy(request: Document, platform: Platform) -> Document:
    """Keep who may use a group; it is described, and held against nobody here."""
    group = find_group(platform, request["ModelPackageGroupName"])
    try:
        policy = json.loads(request["ResourcePolicy"])
    except ValueError as error:
        raise ValidationException(f"The resource policy is not JSON: {error}") from error
    if not isinstance(policy, dict) or not policy.get("Statement"):
        raise ValidationException("The resource policy has no Statement.")
    name = group["ModelPackageGroupName"]
    platform.store.update(KIND, name, _Policy=request["ResourcePolicy"])
    return {"ModelPackageGroupArn": group["ModelPackageGroupArn"]}


@operation("GetModelPackageGroupPolicy")
def get_model_package_group_policy(request: Document, platform: Platform) -> Document:
    """The policy of a group; an error when it has none."""
    return {"ResourcePolicy": _policy(find_group(platform, request["ModelPackageGroupName"]))}


@operation("DeleteModelPackageGroupPolicy")
def delete_model_package_group_policy(request: Document, platform: Platform) -> Document:
    """Forget the policy of a group."""
    group = find_group(platform, request["ModelPackageGroupName"])
    _policy(group)
    platform.store.update(KIND, group["ModelPackageGroupName"], _Policy="")
    return {}


def _policy(group: Document) -> str:
    if not group.get("_Policy"):
        raise ResourceNotFound(f"Cannot find resource policy for: {group['ModelPackageGroupArn']}")
    return str(group["_Policy"])


def find_group(platform: Platform, name_or_arn: str) -> Document:
    """A group's document.

    Raises:
        ResourceNotFound: When there is none.
    """
    found = platform.store.find_by_arn(name_or_arn)
    document = found[2] if found else platform.store.find(KIND, name_or_arn)
    if document is None:
        arn = name_or_arn if name_or_arn.startswith("arn:") else platform.arn(KIND, name_or_arn)
        raise ResourceNotFound(f"ModelPackageGroup {arn} does not exist.")
    return document
