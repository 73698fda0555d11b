"""CreateNotebookInstanceLifecycleConfig and its siblings: scripts that prepare an instance."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import shape
from local.sagemaker.api.shaping import to_event
from local.sagemaker.state_events import tags_of

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

KIND = "notebook-instance-lifecycle-config"
INSTANCE = "notebook-instance"
HOOKS = ("OnCreate", "OnStart")


@operation("CreateNotebookInstanceLifecycleConfig")
def create_notebook_instance_lifecycle_config(request: Document, platform: Platform) -> Document:
    """Keep the scripts of OnCreate and OnStart."""
    _check(request)
    name, now = request["NotebookInstanceLifecycleConfigName"], platform.now()
    document = request | {
        "NotebookInstanceLifecycleConfigArn": platform.arn(KIND, name),
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    arn = platform.create(KIND, name, document)
    _tell(platform, document)
    return {"NotebookInstanceLifecycleConfigArn": arn}


@operation("DescribeNotebookInstanceLifecycleConfig")
def describe_notebook_instance_lifecycle_config(request: Document, platform: Platform) -> Document:
    """The scripts as they are now."""
    return find_config(platform, request["NotebookInstanceLifecycleConfigName"])


@operation("ListNotebookInstanceLifecycleConfigs")
def list_notebook_instance_lifecycle_configs(request: Document, platform: Platform) -> Document:
    """All lifecycle configurations, newest first."""
    return page(
        request,
        platform.store.list(KIND),
        name_member="NotebookInstanceLifecycleConfigName",
        answer_member="NotebookInstanceLifecycleConfigs",
        sort_members={"LastModifiedTime": "LastModifiedTime"},
    )


@operation("UpdateNotebookInstanceLifecycleConfig")
def update_notebook_instance_lifecycle_config(request: Document, platform: Platform) -> Document:
    """Replace the scripts; instances run them from their next start on."""
    _check(request)
    name = request["NotebookInstanceLifecycleConfigName"]
    find_config(platform, name)
    given = {hook: request[hook] for hook in HOOKS if hook in request}
    _tell(platform, platform.store.update(KIND, name, **given, LastModifiedTime=platform.now()))
    return {}


@operation("DeleteNotebookInstanceLifecycleConfig")
def delete_notebook_instance_lifecycle_config(request: Document, platform: Platform) -> Document:
    """Forget scripts that no instance has."""
    name = request["NotebookInstanceLifecycleConfigName"]
    found = find_config(platform, name)
    for instance in platform.store.list(INSTANCE):
        if instance.get("NotebookInstanceLifecycleConfigName") == name:
            raise ValidationException(
                f"Lifecycle config {name} is used by {instance['NotebookInstanceName']}."
            )
    platform.store.delete(KIND, name)
    _tell(platform, found | {"Tags": []})
    return {}


def find_config(platform: Platform, name: str) -> Document:
    """A lifecycle configuration's document; raises `ResourceNotFound`."""
    found = platform.store.find(KIND, name)
    if found is None:
        raise ResourceNotFound("RecordNotFound")
    return found


def script_of(config: Document, hook: str) -> str:
    """The script of OnCreate or OnStart, empty without one; raises `ValidationException`."""
    content = "".join(part.get("Content", "") for part in config.get(hook, []))
    try:
        return base64.b64decode(content, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValidationException(f"The Content of {hook} is not base64 text: {error}") from error


def _check(request: Document) -> None:
    for hook in HOOKS:
        script_of(request, hook)


def _tell(platform: Platform, document: Document) -> None:
    """Emit the event: AWS shows no sample, so it has what Describe says, without the scripts."""
    detail: Document = to_event(shape("DescribeNotebookInstanceLifecycleConfigOutput"), document)
    for hook in HOOKS:
        detail.pop(hook, None)
    detail["Tags"] = tags_of(document)
    arn = document["NotebookInstanceLifecycleConfigArn"]
    platform.events.emit("SageMaker Notebook Lifecycle Config State Change", arn, detail)
