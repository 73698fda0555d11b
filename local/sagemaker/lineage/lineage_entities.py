"""What artifacts, contexts, actions and trial components share as vertices of the lineage graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceNotFound, ValidationException

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

ARTIFACT = "artifact"
CONTEXT = "context"
ACTION = "action"
TRIAL_COMPONENT = "experiment-trial-component"
ASSOCIATION = "lineage-association"
LINEAGE_TYPES = {
    ARTIFACT: "Artifact",
    CONTEXT: "Context",
    ACTION: "Action",
    TRIAL_COMPONENT: "TrialComponent",
}
MOST_PROPERTIES = 30


@dataclass(frozen=True)
class Entity:
    """One vertex.

    Attributes:
        kind: Its kind in the store.
        arn: Its ARN.
        document: What is known of it.
    """

    kind: str
    arn: str
    document: Document

    @property
    def lineage_type(self) -> str:
        """Artifact, Context, Action or TrialComponent."""
        return LINEAGE_TYPES[self.kind]

    @property
    def name(self) -> str:
        """Its name; an artifact need not have one."""
        return str(self.document.get(f"{self.lineage_type}Name", ""))

    @property
    def source_type(self) -> str:
        """DataSet, Model, Endpoint …; for a job's trial component SageMakerTrainingJob …."""
        if self.kind == TRIAL_COMPONENT:
            return str(self.document.get("Source", {}).get("SourceType", ""))
        return str(self.document.get(f"{self.lineage_type}Type", ""))

    @property
    def vertex_type(self) -> str:
        """The type as QueryLineage shows it: a training job's component is a TrainingJob."""
        return self.source_type.removeprefix("SageMaker")

    def is_a(self, word: str) -> bool:
        """Tell whether a type in a request means this entity."""
        return word in {self.lineage_type, self.source_type, self.vertex_type}


def find_entity(platform: Platform, arn: str) -> Entity:
    """The vertex with an ARN.

    Raises:
        ResourceNotFound: When there is none.
    """
    found = platform.store.find_by_arn(arn)
    if found is None or found[0] not in LINEAGE_TYPES:
        raise ResourceNotFound(f"Lineage entity {arn} does not exist.")
    return Entity(found[0], arn, found[2])


def all_entities(platform: Platform) -> dict[str, Entity]:
    """Every vertex by ARN."""
    return {
        document[f"{word}Arn"]: Entity(kind, document[f"{word}Arn"], document)
        for kind, word in LINEAGE_TYPES.items()
        for document in platform.store.list(kind)
    }


def check_unassociated(platform: Platform, arn: str) -> None:
    """Refuse to delete a vertex that edges lead to or from; raises `ValidationException`."""
    for edge in platform.store.list(ASSOCIATION):
        if arn in (edge["SourceArn"], edge["DestinationArn"]):
            raise ValidationException(
                f"{arn} cannot be deleted: delete its associations first, for example that of "
                f"{edge['SourceArn']} with {edge['DestinationArn']}."
            )


def with_properties(found: Document, request: Document, now: float) -> Document:
    """Take up Properties and PropertiesToRemove of an Update request.

    Raises:
        ValidationException: When there would be more than 30.
    """
    kept = {**found.get("Properties", {}), **request.get("Properties", {})}
    for name in request.get("PropertiesToRemove", []):
        kept.pop(name, None)
    if len(kept) > MOST_PROPERTIES:
        raise ValidationException(f"An entity can have {MOST_PROPERTIES} properties at most.")
    return found | {"Properties": kept, "LastModifiedTime": now, "LastModifiedBy": {}}


def source_matches(request: Document, document: Document, type_member: str) -> bool:
    """Tell whether a document has the SourceUri and the type that a List request asks for."""
    uri, wanted = request.get("SourceUri"), request.get(type_member)
    return (uri is None or document["Source"]["SourceUri"] == uri) and (
        wanted is None or document.get(type_member) == wanted
    )


def created_within(request: Document) -> Document:
    """A List request whose CreatedAfter and CreatedBefore have the names `listing.page` knows."""
    names = {"CreatedAfter": "CreationTimeAfter", "CreatedBefore": "CreationTimeBefore"}
    return {names.get(name, name): value for name, value in request.items()}
