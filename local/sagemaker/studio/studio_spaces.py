"""CreateSpace and its siblings: a folder in a Studio domain, for one user or shared."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceInUse, ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.studio.studio_domains import SPACE as KIND
from local.sagemaker.studio.studio_domains import (
    domain_folder,
    find_domain,
    live_apps,
    part_arn,
    unsupported_settings,
)
from local.sagemaker.studio.studio_user_profiles import find_user

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

_REFUSED = unsupported_settings("SpaceSettings", "SpaceSettings") - {"SpaceSettings.AppType"}
SUPPORTED_APPS = ("JupyterLab", "JupyterServer")


@operation(
    "CreateSpace",
    honours={
        "DomainId",
        "SpaceName",
        "SpaceSettings",
        "OwnershipSettings",
        "SpaceSharingSettings",
        "SpaceDisplayName",
        "Tags",
    },
    refuses=_REFUSED,
)
def create_space(request: Document, platform: Platform) -> Document:
    """Add a space; in service at once."""
    domain, name = find_domain(platform, request["DomainId"])["DomainId"], request["SpaceName"]
    _check(request)
    if owner := request.get("OwnershipSettings", {}).get("OwnerUserProfileName"):
        find_user(platform, domain, owner)
    now, arn = platform.now(), part_arn(platform, KIND, domain, name)
    document = request | {
        "SpaceArn": arn,
        "Status": "InService",
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    platform.create(KIND, f"{domain}/{name}", document, parent=domain)
    return {"SpaceArn": arn}


@operation("DescribeSpace")
def describe_space(request: Document, platform: Platform) -> Document:
    """A space as it is now."""
    return find_space(platform, request["DomainId"], request["SpaceName"])


@operation("ListSpaces")
def list_spaces(request: Document, platform: Platform) -> Document:
    """Spaces of all domains or of one, newest first."""
    part = request.get("SpaceNameContains")
    shown = [
        space
        | {
            "SpaceSettingsSummary": {"AppType": space.get("SpaceSettings", {}).get("AppType")},
            "SpaceSharingSettingsSummary": space.get("SpaceSharingSettings"),
            "OwnershipSettingsSummary": space.get("OwnershipSettings"),
        }
        for space in platform.store.list(KIND, parent=request.get("DomainIdEquals"))
    ]
    return page(
        request | ({"NameContains": part} if part else {}),
        shown,
        name_member="SpaceName",
        answer_member="Spaces",
        sort_members={"LastModifiedTime": "LastModifiedTime"},
        default_order="Ascending",
    )


@operation(
    "UpdateSpace",
    honours={"DomainId", "SpaceName", "SpaceSettings", "SpaceDisplayName"},
    refuses=_REFUSED,
)
def update_space(request: Document, platform: Platform) -> Document:
    """Change a space's settings, or how it is shown."""
    domain, name = request["DomainId"], request["SpaceName"]
    found = find_space(platform, domain, name)
    _check(request)
    changes: Document = {"LastModifiedTime": platform.now()}
    if "SpaceSettings" in request:
        changes["SpaceSettings"] = found.get("SpaceSettings", {}) | request["SpaceSettings"]
    if "SpaceDisplayName" in request:
        changes["SpaceDisplayName"] = request["SpaceDisplayName"]
    platform.store.update(KIND, f"{domain}/{name}", **changes)
    return {"SpaceArn": found["SpaceArn"]}


@operation("DeleteSpace")
def delete_space(request: Document, platform: Platform) -> Document:
    """Remove a space without apps, and its folder."""
    domain, name = request["DomainId"], request["SpaceName"]
    find_space(platform, domain, name)
    if live_apps(platform, domain, "SpaceName", name):
        raise ResourceInUse(f"Space {name} still has apps: delete them first.")
    shutil.rmtree(domain_folder(platform, domain) / "spaces" / name, ignore_errors=True)
    platform.store.delete(KIND, f"{domain}/{name}")
    return {}


def find_space(platform: Platform, domain: str, name: str) -> Document:
    """A space's document; raises `ResourceNotFound`."""
    found = platform.store.find(KIND, f"{domain}/{name}")
    if found is None:
        raise ResourceNotFound(f"Space [{name}] does not exist in domain [{domain}].")
    return found


def _check(request: Document) -> None:
    """Refuse apps that are not built, and a sharing without an owner."""
    kind = request.get("SpaceSettings", {}).get("AppType", "JupyterLab")
    if kind not in SUPPORTED_APPS:
        raise ValidationException(f"The local SageMaker does not support: AppType {kind}")
    sharing, ownership = "SpaceSharingSettings" in request, "OwnershipSettings" in request
    if sharing != ownership:
        raise ValidationException(
            "OwnershipSettings and SpaceSharingSettings must be given together."
        )
