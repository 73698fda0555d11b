"""CreateApp and its siblings: a JupyterLab in a space's folder, or in a user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceInUse, ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.assembly import at_end, at_start
from local.sagemaker.store import MissingError
from local.sagemaker.studio.jupyter_servers import JupyterServer, Place, stop_all
from local.sagemaker.studio.studio_domains import APP as KIND
from local.sagemaker.studio.studio_domains import domain_folder, find_domain, live_apps, part_arn
from local.sagemaker.studio.studio_spaces import SUPPORTED_APPS, find_space
from local.sagemaker.studio.studio_user_profiles import find_user

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

_SPEC = ("SageMakerImageArn", "SageMakerImageVersionArn", "SageMakerImageVersionAlias")


@operation(
    "CreateApp",
    honours={
        "DomainId",
        "UserProfileName",
        "SpaceName",
        "AppType",
        "AppName",
        "ResourceSpec",
        "Tags",
    },
    refuses={
        *(f"ResourceSpec.{name}" for name in _SPEC),
        "ResourceSpec.LifecycleConfigArn",
        "ResourceSpec.TrainingPlanArn",
    },
)
def create_app(request: Document, platform: Platform) -> Document:
    """Begin to start an app; it is InService when its JupyterLab answers."""
    kind = request["AppType"]
    if kind not in SUPPORTED_APPS:
        raise ValidationException(f"The local SageMaker does not support: AppType {kind}")
    domain = find_domain(platform, request["DomainId"])["DomainId"]
    member, owner = _owner(platform, request)
    if kind == "JupyterLab" and member != "SpaceName":
        raise ValidationException("An app of type JupyterLab needs a SpaceName.")
    role = _role(platform, domain, member, owner)
    if live_apps(platform, domain, member, owner):
        raise ResourceInUse(f"{owner} has an app already.")
    key, now = _key(request), platform.now()
    arn = part_arn(platform, KIND, *key.split("/"))
    document = request | {
        "Key": key,
        "AppArn": arn,
        "Status": "Pending",
        "CreationTime": now,
        "_Role": role,
    }
    earlier = platform.store.find(KIND, key)
    if earlier is not None:  # deleted, or failed
        platform.store.delete(KIND, key)
    platform.store.create(KIND, key, document, arn=arn, parent=domain)
    _launch(platform, document)
    return {"AppArn": arn}


@operation("DescribeApp")
def describe_app(request: Document, platform: Platform) -> Document:
    """An app as it is now; a deleted one is still described."""
    return _find(platform, request)


@operation("ListApps")
def list_apps(request: Document, platform: Platform) -> Document:
    """Apps of all domains or of one, of a user or a space."""
    names = {"UserProfileNameEquals": "UserProfileName", "SpaceNameEquals": "SpaceName"}
    found = [
        app
        for app in platform.store.list(KIND, parent=request.get("DomainIdEquals"))
        if all(request.get(asked, app.get(has)) == app.get(has) for asked, has in names.items())
    ]
    return page(
        request, found, name_member="AppName", answer_member="Apps", default_order="Ascending"
    )


@operation("DeleteApp")
def delete_app(request: Document, platform: Platform) -> Document:
    """End an app; the files stay."""
    app = _find(platform, request)
    if app["Status"] in {"Deleted", "Deleting"}:
        raise ResourceInUse(f"App {app['AppName']} is {app['Status']}.")
    platform.store.update(KIND, app["Key"], Status="Deleting")
    server: JupyterServer | None = platform.active.get((KIND, app["Key"]))
    if server is None:
        _ended(platform, app["Key"], "")
    else:
        server.stop_soon()
    return {}


@operation("CreatePresignedDomainUrl", honours={"DomainId", "UserProfileName", "SpaceName"})
def create_presigned_domain_url(request: Document, platform: Platform) -> Document:
    """The address of the running app of a user or of a space, with the token that opens it."""
    domain, user = request["DomainId"], request["UserProfileName"]
    find_domain(platform, domain)
    find_user(platform, domain, user)
    member, owner = "UserProfileName", user
    if "SpaceName" in request:
        space = find_space(platform, domain, request["SpaceName"])
        member, owner = "SpaceName", space["SpaceName"]
        holder = space.get("OwnershipSettings", {}).get("OwnerUserProfileName", user)
        sharing = space.get("SpaceSharingSettings", {}).get("SharingType", "Shared")
        if sharing == "Private" and holder != user:
            raise ValidationException(f"Space {owner} is private to {holder}.")
    for app in live_apps(platform, domain, member, owner):
        server = platform.active.get((KIND, app["Key"]))
        if app["Status"] == "InService" and server is not None:
            return {"AuthorizedUrl": server.url}
    raise ValidationException(f"{owner} has no app that is InService: CreateApp makes one.")


@at_start
def resume_apps(platform: Platform) -> None:
    """Start the apps that ran, and finish those that were being deleted."""
    for app in platform.store.list(KIND):
        if app["Status"] in {"Pending", "InService"}:
            _launch(platform, platform.store.update(KIND, app["Key"], Status="Pending"))
        elif app["Status"] == "Deleting":
            _ended(platform, app["Key"], "")


@at_end
def end_apps(platform: Platform) -> None:
    """End every JupyterLab; the next start brings it back."""
    stop_all(platform, KIND)


def _launch(platform: Platform, app: Document) -> None:
    key = app["Key"]
    home = domain_folder(platform, app["DomainId"])
    owner = app.get("SpaceName") or app["UserProfileName"]
    place = Place(
        home / ("spaces" if "SpaceName" in app else "users") / owner,
        platform.settings.data / "logs" / "Studio" / key.replace("/", "-"),
        app["_Role"],
        f"/aws/sagemaker/studio:{key}",
    )

    def ready(_server: JupyterServer) -> None:
        def change(found: Document) -> Document | None:
            return found | {"Status": "InService"} if found["Status"] == "Pending" else None

        platform.store.change(KIND, key, change)

    def ended(reason: str) -> None:
        _ended(platform, key, reason)

    server = JupyterServer(platform, place, ready, ended)
    platform.active[KIND, key] = server
    server.start()


def _ended(platform: Platform, key: str, reason: str) -> None:
    platform.active.pop((KIND, key), None)
    changes = {"Status": "Failed", "FailureReason": reason} if reason else {"Status": "Deleted"}
    try:
        platform.store.update(KIND, key, **changes)
    except MissingError:
        return


def _owner(platform: Platform, request: Document) -> tuple[str, str]:
    """Whose app it is: UserProfileName or SpaceName, and the name."""
    given = [member for member in ("UserProfileName", "SpaceName") if member in request]
    if len(given) != 1:
        raise ValidationException("Give either UserProfileName or SpaceName.")
    find = find_user if given[0] == "UserProfileName" else find_space
    find(platform, request["DomainId"], request[given[0]])
    return given[0], request[given[0]]


def _role(platform: Platform, domain: str, member: str, owner: str) -> str:
    """The user's execution role, else the domain's."""
    defaults = find_domain(platform, domain)["DefaultUserSettings"]
    name = owner
    if member == "SpaceName":
        space = find_space(platform, domain, owner)
        name = space.get("OwnershipSettings", {}).get("OwnerUserProfileName", "")
    own = find_user(platform, domain, name).get("UserSettings", {}) if name else {}
    role = own.get("ExecutionRole") or defaults.get("ExecutionRole")
    if not role:
        raise ValidationException("Neither the user nor the domain has an ExecutionRole.")
    return str(role)


def _key(request: Document) -> str:
    owner = request.get("SpaceName") or request.get("UserProfileName", "")
    return "/".join([request["DomainId"], owner, request["AppType"], request["AppName"]])


def _find(platform: Platform, request: Document) -> Document:
    found = platform.store.find(KIND, _key(request))
    if found is None:
        raise ResourceNotFound(f"App [{request['AppName']}] does not exist.")
    return found
