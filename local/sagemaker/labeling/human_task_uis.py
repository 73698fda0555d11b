"""CreateHumanTaskUi and its siblings, and RenderUiTemplate: the pages that workers see."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.labeling.liquid import LiquidError, render

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

KIND = "human-task-ui"


@operation("CreateHumanTaskUi", honours={"HumanTaskUiName", "UiTemplate", "Tags"})
def create_human_task_ui(request: Document, platform: Platform) -> Document:
    """Keep a worker's template."""
    name = request["HumanTaskUiName"]
    document = request | {
        "HumanTaskUiArn": platform.arn(KIND, name),
        "HumanTaskUiStatus": "Active",
        "CreationTime": platform.now(),
        "_Content": request["UiTemplate"]["Content"],
    }
    return {"HumanTaskUiArn": platform.create(KIND, name, document)}


@operation("DescribeHumanTaskUi")
def describe_human_task_ui(request: Document, platform: Platform) -> Document:
    """A template's ARN, time and checksum; it has no address of its own here."""
    document = platform.get(KIND, request["HumanTaskUiName"])
    digest = hashlib.sha256(document["_Content"].encode()).hexdigest()
    return document | {"UiTemplate": {"ContentSha256": digest}}


@operation("ListHumanTaskUis")
def list_human_task_uis(request: Document, platform: Platform) -> Document:
    """All templates, newest first."""
    return page(
        request,
        platform.store.list(KIND),
        name_member="HumanTaskUiName",
        answer_member="HumanTaskUiSummaries",
    )


@operation("DeleteHumanTaskUi")
def delete_human_task_ui(request: Document, platform: Platform) -> Document:
    """Forget a template; jobs that use it have it already."""
    platform.get(KIND, request["HumanTaskUiName"])
    platform.store.delete(KIND, request["HumanTaskUiName"])
    return {}


@operation("RenderUiTemplate", honours={"UiTemplate", "Task", "RoleArn", "HumanTaskUiArn"})
def render_ui_template(request: Document, platform: Platform) -> Document:
    """Fill a template with a task's input, as a worker would see it; faults are named."""
    if ("UiTemplate" in request) == ("HumanTaskUiArn" in request):
        raise ValidationException("Give one of UiTemplate and HumanTaskUiArn")
    arn = request.get("HumanTaskUiArn")
    content = template_of(platform, arn) if arn else request["UiTemplate"]["Content"]
    try:
        task = json.loads(request["Task"]["Input"])
    except ValueError as error:
        raise ValidationException(f"Task.Input is not JSON: {error}") from error
    try:
        return {"RenderedContent": render(content, {"task": {"input": task}}), "Errors": []}
    except LiquidError as error:
        return {
            "RenderedContent": "",
            "Errors": [{"Code": "TemplateRenderingFailed", "Message": str(error)}],
        }


def template_of(platform: Platform, arn: str) -> str:
    """The content of a template, by its ARN.

    Raises:
        ResourceNotFound: When it is not one of this account's.
    """
    found = platform.store.find_by_arn(arn)
    if found is None or found[0] != KIND:
        raise ResourceNotFound(f"Could not find human task UI {arn}")
    return str(found[2]["_Content"])
