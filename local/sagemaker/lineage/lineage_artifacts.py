"""CreateArtifact and its siblings: data, images and models, each known by its address."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.lineage.lineage_entities import (
    ARTIFACT,
    check_unassociated,
    created_within,
    source_matches,
    with_properties,
)
from local.sagemaker.store import AlreadyExistsError

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

_LONGEST_NAME = 120


@operation("CreateArtifact")
def create_artifact(request: Document, platform: Platform) -> Document:
    """Keep an artifact; there is one for each SourceUri."""
    document = _document(request, platform)
    name = _name(request["Source"]["SourceUri"])
    try:
        platform.store.create(ARTIFACT, name, document, arn=document["ArtifactArn"])
    except AlreadyExistsError as error:
        raise ValidationException(
            f"An artifact with the SourceUri {request['Source']['SourceUri']} already exists: "
            f"{document['ArtifactArn']}"
        ) from error
    return {"ArtifactArn": document["ArtifactArn"]}


@operation("DescribeArtifact")
def describe_artifact(request: Document, platform: Platform) -> Document:
    """An artifact, by ARN."""
    return _find(platform, request["ArtifactArn"])


@operation("ListArtifacts")
def list_artifacts(request: Document, platform: Platform) -> Document:
    """Artifacts, newest first; by SourceUri, that of one address."""
    found = [
        item
        for item in platform.store.list(ARTIFACT)
        if source_matches(request, item, "ArtifactType")
    ]
    return page(
        created_within(request), found, name_member="ArtifactArn", answer_member="ArtifactSummaries"
    )


@operation("UpdateArtifact")
def update_artifact(request: Document, platform: Platform) -> Document:
    """Rename an artifact, or change its properties."""
    arn = _find(platform, request["ArtifactArn"])["ArtifactArn"]

    def change(found: Document) -> Document:
        changed = with_properties(found, request, platform.now())
        if "ArtifactName" in request:
            changed["ArtifactName"] = request["ArtifactName"]
        return changed

    platform.store.change(ARTIFACT, arn.rpartition("/")[2], change)
    return {"ArtifactArn": arn}


@operation("DeleteArtifact")
def delete_artifact(request: Document, platform: Platform) -> Document:
    """Forget an artifact, by ARN or by source."""
    arn = request.get("ArtifactArn")
    if not arn:
        if "Source" not in request:
            raise ValidationException("Either ArtifactArn or Source must be provided.")
        arn = platform.arn(ARTIFACT, _name(request["Source"]["SourceUri"]))
    _find(platform, arn)
    check_unassociated(platform, arn)
    platform.store.delete(ARTIFACT, arn.rpartition("/")[2])
    return {"ArtifactArn": arn}


def ensure_artifact(platform: Platform, uri: str, kind: str, **properties: str) -> str:
    """The ARN of the artifact of an address, made if there is none.

    Args:
        platform: The local SageMaker.
        uri: Its address: `s3://…`, an image, or an ARN.
        kind: DataSet, Model, Image …; an artifact that is there keeps its own.
        properties: What is noted of a new one.
    """
    name = _name(uri)
    arn = platform.arn(ARTIFACT, name)
    if platform.store.find(ARTIFACT, name) is None:
        request: Document = {
            "ArtifactName": uri[:_LONGEST_NAME],
            "Source": {"SourceUri": uri},
            "ArtifactType": kind,
            "Properties": properties,
        }
        try:
            platform.store.create(ARTIFACT, name, _document(request, platform), arn=arn)
        except AlreadyExistsError:
            return arn  # somebody made it just now
    return arn


def _document(request: Document, platform: Platform) -> Document:
    now = platform.now()
    return request | {
        "ArtifactArn": platform.arn(ARTIFACT, _name(request["Source"]["SourceUri"])),
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
    }


def _name(uri: str) -> str:
    return hashlib.sha256(uri.encode()).hexdigest()[:32]


def _find(platform: Platform, arn: str) -> Document:
    found = platform.store.find_by_arn(arn)
    if found is None or found[0] != ARTIFACT:
        raise ResourceNotFound(f"Artifact {arn} does not exist.")
    return found[2]
