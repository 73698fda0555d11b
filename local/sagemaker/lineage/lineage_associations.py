"""AddAssociation, DeleteAssociation and ListAssociations: the edges of the lineage graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.lineage.lineage_entities import ASSOCIATION, created_within, find_entity
from local.sagemaker.store import AlreadyExistsError

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform


@operation("AddAssociation")
def add_association(request: Document, platform: Platform) -> Document:
    """Draw an edge between two entities that are there."""
    source, destination = request["SourceArn"], request["DestinationArn"]
    for arn in (source, destination):
        find_entity(platform, arn)
    if source == destination:
        raise ValidationException("An entity cannot be associated with itself.")
    if not associate(platform, source, destination, request.get("AssociationType", "")):
        raise ValidationException(f"The association of {source} with {destination} already exists.")
    return {"SourceArn": source, "DestinationArn": destination}


@operation("DeleteAssociation")
def delete_association(request: Document, platform: Platform) -> Document:
    """Remove an edge."""
    source, destination = request["SourceArn"], request["DestinationArn"]
    if not platform.store.delete(ASSOCIATION, _name(source, destination)):
        raise ResourceNotFound(f"There is no association of {source} with {destination}.")
    return {"SourceArn": source, "DestinationArn": destination}


@operation("ListAssociations")
def list_associations(request: Document, platform: Platform) -> Document:
    """Edges from or to an entity, or of a type; newest first."""
    found = [
        shown
        for edge in platform.store.list(ASSOCIATION, parent=request.get("SourceArn"))
        if (shown := _shown(platform, edge, request))
    ]
    members = ("SourceArn", "DestinationArn", "SourceType", "DestinationType")
    return page(
        created_within(request),
        found,
        name_member="SourceArn",
        answer_member="AssociationSummaries",
        sort_members={member: member for member in members},
    )


def associate(platform: Platform, source: str, destination: str, kind: str) -> bool:
    """Draw an edge unless it is there; tell whether it was drawn."""
    document: Document = {
        "SourceArn": source,
        "DestinationArn": destination,
        "CreationTime": platform.now(),
        "CreatedBy": {},
    }
    if kind:
        document["AssociationType"] = kind
    try:
        platform.store.create(ASSOCIATION, _name(source, destination), document, parent=source)
    except AlreadyExistsError:
        return False
    return True


def _shown(platform: Platform, edge: Document, request: Document) -> Document | None:
    """An edge with the names and types of its ends; None when the request asks for others."""
    for member in ("DestinationArn", "AssociationType"):
        if request.get(member, edge.get(member)) != edge.get(member):
            return None
    shown = dict(edge)
    for end in ("Source", "Destination"):
        entity = find_entity(platform, edge[f"{end}Arn"])
        wanted = request.get(f"{end}Type")
        if wanted and not entity.is_a(wanted):
            return None
        shown[f"{end}Type"] = entity.source_type or entity.lineage_type
        shown[f"{end}Name"] = entity.name
    return shown


def _name(source: str, destination: str) -> str:
    return f"{source}\n{destination}"
