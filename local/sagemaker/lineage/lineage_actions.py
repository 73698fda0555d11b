"""CreateAction and its siblings: what was done, such as a deployment or an approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceNotFound
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.lineage.lineage_entities import (
    ACTION,
    check_unassociated,
    created_within,
    source_matches,
    with_properties,
)

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform


@operation("CreateAction")
def create_action(request: Document, platform: Platform) -> Document:
    """Keep an action."""
    now, name = platform.now(), request["ActionName"]
    document = {
        "Status": "Unknown",
        **request,
        "ActionArn": platform.arn(ACTION, name),
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
    }
    return {"ActionArn": platform.create(ACTION, name, document)}


@operation("DescribeAction")
def describe_action(request: Document, platform: Platform) -> Document:
    """An action, by name or ARN."""
    return _find(platform, request["ActionName"])


@operation("ListActions")
def list_actions(request: Document, platform: Platform) -> Document:
    """Actions, newest first; by SourceUri, those of one resource."""
    found = [
        item for item in platform.store.list(ACTION) if source_matches(request, item, "ActionType")
    ]
    return page(
        created_within(request), found, name_member="ActionName", answer_member="ActionSummaries"
    )


@operation("UpdateAction")
def update_action(request: Document, platform: Platform) -> Document:
    """Change what is said of an action, or its status."""
    name = _find(platform, request["ActionName"])["ActionName"]

    def change(found: Document) -> Document:
        given = {name: request[name] for name in ("Description", "Status") if name in request}
        return with_properties(found, request, platform.now()) | given

    return {"ActionArn": platform.store.change(ACTION, name, change)["ActionArn"]}


@operation("DeleteAction")
def delete_action(request: Document, platform: Platform) -> Document:
    """Forget an action that nothing is associated with."""
    found = _find(platform, request["ActionName"])
    check_unassociated(platform, found["ActionArn"])
    platform.store.delete(ACTION, found["ActionName"])
    return {"ActionArn": found["ActionArn"]}


def _find(platform: Platform, name_or_arn: str) -> Document:
    by_arn = platform.store.find_by_arn(name_or_arn) if name_or_arn.startswith("arn:") else None
    found = by_arn[2] if by_arn else platform.store.find(ACTION, name_or_arn)
    if found is None:
        raise ResourceNotFound(f"Action {name_or_arn} does not exist.")
    return found
