"""CreateNotebookInstance and its siblings: a JupyterLab with a folder of its own."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import shape
from local.sagemaker.api.shaping import to_event
from local.sagemaker.assembly import at_end, at_start
from local.sagemaker.state_events import tags_of
from local.sagemaker.store import MissingError
from local.sagemaker.studio.jupyter_servers import JupyterServer, Place, stop_all
from local.sagemaker.studio.notebook_lifecycle_configs import HOOKS, find_config, script_of
from local.sagemaker.studio.notebook_lifecycle_configs import INSTANCE as KIND

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.platform import Platform

STATUS = "NotebookInstanceStatus"
_ENDED = ("Stopped", "Failed")
_HONOURED = frozenset(
    {
        "NotebookInstanceName",
        "InstanceType",
        "RoleArn",
        "LifecycleConfigName",
        "VolumeSizeInGB",
        "PlatformIdentifier",
        "RootAccess",
    }
)
_EVENT = (
    "NotebookInstanceArn",
    "NotebookInstanceName",
    "NotebookInstanceStatus",
    "FailureReason",
    "InstanceType",
    "LastModifiedTime",
    "CreationTime",
    "NotebookInstanceLifecycleConfigName",
    "RoleArn",
)


@operation("CreateNotebookInstance", honours=_HONOURED | {"Tags", "DirectInternetAccess"})
def create_notebook_instance(request: Document, platform: Platform) -> Document:
    """Begin to start an instance; it is InService when its JupyterLab answers."""
    if request.get("DirectInternetAccess", "Enabled") != "Enabled":
        raise ValidationException(
            "The local SageMaker does not support: DirectInternetAccess Disabled"
        )
    name, now = request["NotebookInstanceName"], platform.now()
    platform.clients.role_environment(request["RoleArn"])  # refuses a role that is not for us
    document: Document = {
        "VolumeSizeInGB": 5,
        "RootAccess": "Enabled",
        "DirectInternetAccess": "Enabled",
        **_taken_over(request, platform),
        "Tags": request.get("Tags", []),
        "NotebookInstanceArn": platform.arn(KIND, name),
        STATUS: "Pending",
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    arn = platform.create(KIND, name, document)
    _tell(platform, document)
    _launch(platform, document)
    return {"NotebookInstanceArn": arn}


@operation("DescribeNotebookInstance")
def describe_notebook_instance(request: Document, platform: Platform) -> Document:
    """An instance as it is now."""
    return _find(platform, request["NotebookInstanceName"])


@operation("ListNotebookInstances")
def list_notebook_instances(request: Document, platform: Platform) -> Document:
    """All instances, newest first."""
    part = request.get("NotebookInstanceLifecycleConfigNameContains", "")
    wanted = [
        item
        for item in platform.store.list(KIND)
        if part in item.get("NotebookInstanceLifecycleConfigName", "")
        and not request.get("DefaultCodeRepositoryContains")
        and not request.get("AdditionalCodeRepositoryEquals")
    ]
    return page(
        request,
        wanted,
        name_member="NotebookInstanceName",
        answer_member="NotebookInstances",
        status_member=STATUS,
    )


@operation("StartNotebookInstance")
def start_notebook_instance(request: Document, platform: Platform) -> Document:
    """Start a stopped instance; its folder is as it was."""
    document = _move(platform, request["NotebookInstanceName"], "Pending", _ENDED)
    _launch(platform, document)
    return {}


@operation("StopNotebookInstance")
def stop_notebook_instance(request: Document, platform: Platform) -> Document:
    """End an instance's JupyterLab; its folder stays."""
    name = request["NotebookInstanceName"]
    _move(platform, name, "Stopping", ("InService",))
    server: JupyterServer | None = platform.active.get((KIND, name))
    if server is None:
        _ended(platform, name, "")
    else:
        server.stop_soon()
    return {}


@operation(
    "UpdateNotebookInstance",
    honours=_HONOURED | {"DisassociateLifecycleConfig"},
)
def update_notebook_instance(request: Document, platform: Platform) -> Document:
    """Change a stopped instance; it has effect from its next start on."""
    name = request["NotebookInstanceName"]
    changes = _taken_over(request, platform)
    if "RoleArn" in request:
        platform.clients.role_environment(request["RoleArn"])
    if request.get("DisassociateLifecycleConfig"):
        changes["NotebookInstanceLifecycleConfigName"] = None
    _move(platform, name, "Updating", _ENDED, **changes)
    _move(platform, name, "Stopped", ("Updating",))
    return {}


@operation("DeleteNotebookInstance")
def delete_notebook_instance(request: Document, platform: Platform) -> Document:
    """Remove a stopped instance and its folder."""
    name = request["NotebookInstanceName"]
    _move(platform, name, "Deleting", _ENDED)
    _remove(platform, name)
    return {}


@operation("CreatePresignedNotebookInstanceUrl", honours={"NotebookInstanceName"})
def create_presigned_notebook_instance_url(request: Document, platform: Platform) -> Document:
    """The address of a running instance's JupyterLab, with the token that opens it."""
    document = _find(platform, request["NotebookInstanceName"])
    server = platform.active.get((KIND, document["NotebookInstanceName"]))
    if document[STATUS] != "InService" or server is None:
        raise ValidationException(
            f"Notebook Instance ({document['NotebookInstanceArn']}) is not InService: "
            f"{document[STATUS]}"
        )
    return {"AuthorizedUrl": server.url}


@at_start
def resume_instances(platform: Platform) -> None:
    """Start the instances that ran, and finish what was under way."""
    for document in platform.store.list(KIND):
        name, status = document["NotebookInstanceName"], document[STATUS]
        if status in {"Pending", "InService"}:
            _launch(platform, _move(platform, name, "Pending", (status,), Url=None))
        elif status in {"Stopping", "Updating"}:
            _move(platform, name, "Stopped", (status,), Url=None)
        elif status == "Deleting":
            _remove(platform, name)


@at_end
def end_instances(platform: Platform) -> None:
    """End every JupyterLab; the next start brings it back."""
    stop_all(platform, KIND)


def _taken_over(request: Document, platform: Platform) -> Document:
    """A request's members under the names that an instance is described with."""
    kept = {name: request[name] for name in _HONOURED - {"LifecycleConfigName"} if name in request}
    if config := request.get("LifecycleConfigName"):
        find_config(platform, config)
        kept["NotebookInstanceLifecycleConfigName"] = config
    return kept


def _launch(platform: Platform, document: Document) -> None:
    name = document["NotebookInstanceName"]
    folder = _folder(platform, name)
    place = Place(
        folder / "SageMaker",
        platform.settings.data / "logs" / "NotebookInstances" / name,
        document["RoleArn"],
        f"/aws/sagemaker/NotebookInstances:{name}",
        _scripts(platform, document),
    )

    def ready(server: JupyterServer) -> None:
        address = f"127.0.0.1:{server.port}/lab"
        changes = {"Url": address, "FailureReason": None, "_Created": True}
        _move(platform, name, "InService", ("Pending",), **changes)

    def ended(reason: str) -> None:
        _ended(platform, name, reason)

    server = JupyterServer(platform, place, ready, ended)
    platform.active[KIND, name] = server
    server.start()


def _scripts(platform: Platform, document: Document) -> dict[str, str]:
    """OnCreate at the first start alone, OnStart at each."""
    name = document.get("NotebookInstanceLifecycleConfigName")
    if not name:
        return {}
    config = find_config(platform, name)
    hooks = HOOKS[1:] if document.get("_Created") else HOOKS
    scripts = {f"LifecycleConfig{hook}": script_of(config, hook) for hook in hooks}
    return {hook: script for hook, script in scripts.items() if script}


def _ended(platform: Platform, name: str, reason: str) -> None:
    platform.active.pop((KIND, name), None)
    status = "Failed" if reason else "Stopped"
    try:
        changes: dict[str, Any] = {"Url": None, "FailureReason": reason or None}
        _move(platform, name, status, ("Pending", "InService", "Stopping"), **changes)
    except ResourceNotFound:
        return


def _remove(platform: Platform, name: str) -> None:
    shutil.rmtree(_folder(platform, name), ignore_errors=True)
    document = platform.store.get(KIND, name)
    platform.store.delete(KIND, name)
    _tell(platform, document | {"Tags": []}, "Deleted")


def _folder(platform: Platform, name: str) -> Path:
    return platform.settings.data / "notebook-instances" / name


def _move(
    platform: Platform, name: str, status: str, allowed: tuple[str, ...], **changes: Any
) -> Document:
    """Bring an instance into its next state and tell the world.

    Raises:
        ResourceNotFound: When there is none.
        ValidationException: When its present state allows no such step.
    """

    def change(found: Document) -> Document:
        if found[STATUS] not in allowed:
            raise ValidationException(
                f"Status ({found[STATUS]}) not in ([{', '.join(allowed)}]). Unable to transition "
                f"to ({status}) for Notebook Instance ({found['NotebookInstanceArn']})."
            )
        kept = found | changes | {STATUS: status, "LastModifiedTime": platform.now()}
        return {member: value for member, value in kept.items() if value is not None}

    try:
        document = platform.store.change(KIND, name, change)
    except MissingError as error:
        raise ResourceNotFound("RecordNotFound") from error
    _tell(platform, document)
    return document


def _find(platform: Platform, name: str) -> Document:
    found = platform.store.find(KIND, name)
    if found is None:
        raise ResourceNotFound("RecordNotFound")
    return found


def _tell(platform: Platform, document: Document, status: str = "") -> None:
    cut = to_event(shape("DescribeNotebookInstanceOutput"), document)
    detail = {member: cut.get(member) for member in _EVENT} | {"Tags": tags_of(document)}
    if status:
        detail[STATUS] = status
    arn = document["NotebookInstanceArn"]
    platform.events.emit("SageMaker Notebook Instance State Change", arn, detail)
