"""CreateContext and its siblings: what belongs together, such as an endpoint or a package group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceNotFound
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.lineage.lineage_entities import (
    CONTEXT,
    check_unassociated,
    created_within,
    source_matches,
    with_properties,
)

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform


@operation("CreateContext")
def create_context(request: Document, platform: Platform) -> Document:
    """Keep a context."""
    now, name = platform.now(), request["ContextName"]
    document = {
        **request,
        "ContextArn": platform.arn(CONTEXT, name),
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
    }
    return {"ContextArn": platform.create(CONTEXT, name, document)}


@operation("DescribeContext")
def describe_context(request: Document, platform: Platform) -> Document:
    """A context, by name or ARN."""
    return _find(platform, request["ContextName"])


@operation("ListContexts")
def list_contexts(request: Document, platform: Platform) -> Document:
    """Contexts, newest first; by SourceUri, those of one resource."""
    found = [
        item
        for item in platform.store.list(CONTEXT)
        if source_matches(request, item, "ContextType")
    ]
    return page(
        created_within(request), found, name_member="ContextName", answer_member="ContextSummaries"
    )


@operation("UpdateContext")
def update_context(request: Document, platform: Platform) -> Document:
    """Change what is said of a context."""
    name = _find(platform, request["ContextName"])["ContextName"]

    def change(found: Document) -> Document:
        given = {name: request[name] for name in ("Description",) if name in request}
        return with_properties(found, request, platform.now()) | given

    return {"ContextArn": platform.store.change(CONTEXT, name, change)["ContextArn"]}


@operation("DeleteContext")
def delete_context(request: Document, platform: Platform) -> Document:
    """Forget a context that nothing is associated with."""
    found = _find(platform, request["ContextName"])
    check_unassociated(platform, found["ContextArn"])
    platform.store.delete(CONTEXT, found["ContextName"])
    return {"ContextArn": found["ContextArn"]}


def _find(platform: Platform, name_or_arn: str) -> Document:
    by_arn = platform.store.find_by_arn(name_or_arn) if name_or_arn.startswith("arn:") else None
    found = by_arn[2] if by_arn else platform.store.find(CONTEXT, name_or_arn)
    if found is None:
        raise ResourceNotFound(f"Context {name_or_arn} does not exist.")
    return found
