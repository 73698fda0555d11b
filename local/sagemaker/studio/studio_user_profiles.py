"""CreateUserProfile and its siblings: who works in a Studio domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceInUse, ResourceNotFound
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.studio.studio_domains import (
    SPACE,
    find_domain,
    live_apps,
    part_arn,
    unsupported_settings,
)
from local.sagemaker.studio.studio_domains import USER as KIND

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

_REFUSED = unsupported_settings("UserSettings", "UserSettings")


@operation(
    "CreateUserProfile",
    honours={"DomainId", "UserProfileName", "UserSettings", "Tags"},
    refuses=_REFUSED,
)
def create_user_profile(request: Document, platform: Platform) -> Document:
    """Add a user; in service at once."""
    domain, name = (
        find_domain(platform, request["DomainId"])["DomainId"],
        request["UserProfileName"],
    )
    if role := request.get("UserSettings", {}).get("ExecutionRole"):
        platform.clients.role_environment(role)  # refuses a role that is not for us
    now, arn = platform.now(), part_arn(platform, KIND, domain, name)
    document = request | {
        "UserProfileArn": arn,
        "Status": "InService",
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    platform.create(KIND, f"{domain}/{name}", document, parent=domain)
    return {"UserProfileArn": arn}


@operation("DescribeUserProfile")
def describe_user_profile(request: Document, platform: Platform) -> Document:
    """A user as it is now."""
    return find_user(platform, request["DomainId"], request["UserProfileName"])


@operation("ListUserProfiles")
def list_user_profiles(request: Document, platform: Platform) -> Document:
    """Users of all domains or of one, newest first."""
    part = request.get("UserProfileNameContains")
    return page(
        request | ({"NameContains": part} if part else {}),
        platform.store.list(KIND, parent=request.get("DomainIdEquals")),
        name_member="UserProfileName",
        answer_member="UserProfiles",
        sort_members={"LastModifiedTime": "LastModifiedTime"},
        default_order="Ascending",
    )


@operation(
    "UpdateUserProfile",
    honours={"DomainId", "UserProfileName", "UserSettings"},
    refuses=_REFUSED,
)
def update_user_profile(request: Document, platform: Platform) -> Document:
    """Change a user's settings; running apps go on as they are."""
    domain, name = request["DomainId"], request["UserProfileName"]
    found = find_user(platform, domain, name)
    settings = found.get("UserSettings", {}) | request.get("UserSettings", {})
    platform.store.update(
        KIND, f"{domain}/{name}", UserSettings=settings, LastModifiedTime=platform.now()
    )
    return {"UserProfileArn": found["UserProfileArn"]}


@operation("DeleteUserProfile")
def delete_user_profile(request: Document, platform: Platform) -> Document:
    """Remove a user without apps and spaces; the files stay with the domain."""
    domain, name = request["DomainId"], request["UserProfileName"]
    find_user(platform, domain, name)
    if live_apps(platform, domain, "UserProfileName", name):
        raise ResourceInUse(f"User profile {name} still has apps: delete them first.")
    for space in platform.store.list(SPACE, parent=domain):
        if space.get("OwnershipSettings", {}).get("OwnerUserProfileName") == name:
            raise ResourceInUse(f"User profile {name} still owns space {space['SpaceName']}.")
    platform.store.delete(KIND, f"{domain}/{name}")
    return {}


def find_user(platform: Platform, domain: str, name: str) -> Document:
    """A user's document; raises `ResourceNotFound`."""
    found = platform.store.find(KIND, f"{domain}/{name}")
    if found is None:
        raise ResourceNotFound(f"UserProfile [{name}] does not exist in domain [{domain}].")
    return found
