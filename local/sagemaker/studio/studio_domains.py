"""CreateDomain and its siblings: what Studio's users, spaces and apps belong to."""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceInUse, ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import shape

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.platform import Platform

KIND = "domain"
USER = "user-profile"
SPACE = "space"
APP = "app"
_APP_SETTINGS = ("JupyterLabAppSettings", "JupyterServerAppSettings")
_USER_SETTINGS = frozenset({"ExecutionRole", *_APP_SETTINGS})


def unsupported_settings(member: str, shape_name: str) -> set[str]:
    """The paths below a settings member that have no effect here.

    ExecutionRole is that of the apps, and a DefaultResourceSpec's instance type is described.
    """
    settings: Any = shape(shape_name)
    known = _USER_SETTINGS if shape_name == "UserSettings" else frozenset(_APP_SETTINGS)
    found = {f"{member}.{name}" for name in settings.members if name not in known}
    for app in _APP_SETTINGS:
        inner = settings.members[app].members
        found |= {f"{member}.{app}.{name}" for name in inner if name != "DefaultResourceSpec"}
        spec = inner["DefaultResourceSpec"].members
        base = f"{member}.{app}.DefaultResourceSpec"
        found |= {f"{base}.{name}" for name in spec if name != "InstanceType"}
    return found


@operation(
    "CreateDomain",
    honours={"DomainName", "AuthMode", "DefaultUserSettings", "Tags"},
    refuses=unsupported_settings("DefaultUserSettings", "UserSettings"),
)
def create_domain(request: Document, platform: Platform) -> Document:
    """Make a domain; it is in service at once."""
    if request["AuthMode"] != "IAM":
        raise ValidationException("The local SageMaker does not support: AuthMode SSO")
    name, now = request["DomainName"], platform.now()
    if any(domain["DomainName"] == name for domain in platform.store.list(KIND)):
        raise ResourceInUse(f"A domain named {name} already exists.")
    if role := request["DefaultUserSettings"].get("ExecutionRole"):
        platform.clients.role_environment(role)  # refuses a role that is not for us
    identity = f"d-{secrets.token_hex(6)}"
    document = request | {
        "DomainId": identity,
        "DomainArn": platform.arn(KIND, identity),
        "Status": "InService",
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    return {"DomainArn": platform.create(KIND, identity, document), "DomainId": identity}


@operation("DescribeDomain")
def describe_domain(request: Document, platform: Platform) -> Document:
    """A domain as it is now."""
    return find_domain(platform, request["DomainId"])


@operation("ListDomains")
def list_domains(request: Document, platform: Platform) -> Document:
    """All domains, newest first."""
    return page(
        request, platform.store.list(KIND), name_member="DomainName", answer_member="Domains"
    )


@operation(
    "UpdateDomain",
    honours={"DomainId", "DefaultUserSettings"},
    refuses=unsupported_settings("DefaultUserSettings", "UserSettings"),
)
def update_domain(request: Document, platform: Platform) -> Document:
    """Change a domain's default settings; running apps go on as they are."""
    found = find_domain(platform, request["DomainId"])
    settings = found["DefaultUserSettings"] | request.get("DefaultUserSettings", {})
    document = platform.store.update(
        KIND, found["DomainId"], DefaultUserSettings=settings, LastModifiedTime=platform.now()
    )
    return {"DomainArn": document["DomainArn"]}


@operation("DeleteDomain")
def delete_domain(request: Document, platform: Platform) -> Document:
    """Forget a domain without users and spaces; its files stay unless they are to be deleted."""
    identity = find_domain(platform, request["DomainId"])["DomainId"]
    for kind in (USER, SPACE):
        if platform.store.list(kind, parent=identity):
            raise ResourceInUse(f"Domain {identity} still has a {kind}.")
    for app in platform.store.list(APP, parent=identity):
        platform.store.delete(APP, app["Key"])
    if request.get("RetentionPolicy", {}).get("HomeEfsFileSystem") == "Delete":
        shutil.rmtree(domain_folder(platform, identity), ignore_errors=True)
    platform.store.delete(KIND, identity)
    return {}


def find_domain(platform: Platform, identity: str) -> Document:
    """A domain's document; raises `ResourceNotFound`."""
    found = platform.store.find(KIND, identity)
    if found is None:
        raise ResourceNotFound(f"Domain [{identity}] does not exist.")
    return found


def domain_folder(platform: Platform, identity: str) -> Path:
    """The folder of a domain's files."""
    return platform.settings.data / "studio" / identity


def live_apps(platform: Platform, domain: str, member: str, owner: str) -> list[Document]:
    """The apps of a user or space that are there; `member` is UserProfileName or SpaceName."""
    return [
        app
        for app in platform.store.list(APP, parent=domain)
        if app.get(member) == owner and app["Status"] in {"Pending", "InService", "Deleting"}
    ]


def part_arn(platform: Platform, kind: str, *names: str) -> str:
    """The ARN of a part of a domain: `user-profile/d-…/name`."""
    return platform.arn(kind, "/".join(names))
