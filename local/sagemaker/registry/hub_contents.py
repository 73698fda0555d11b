"""SageMakerPublicHub: JumpStart's models as the hub operations tell of them.

There is this one hub; hubs of the caller's own are not built.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceNotFound
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.containers.jumpstart import catalogue
from local.sagemaker.containers.jumpstart.archives import MissingWeightsError, weights_of
from local.sagemaker.containers.jumpstart.hub_documents import SCHEMA_VERSION, hub_document
from local.sagemaker.containers.jumpstart.publishing import publish_one

if TYPE_CHECKING:
    from local.sagemaker.containers.jumpstart.entries import Entry
    from local.sagemaker.platform import Platform

HUB = "SageMakerPublicHub"
_MODEL = "Model"
_PAGING = {"NameContains", "SortBy", "SortOrder", "MaxResults", "NextToken"}
_TIMES = {"CreationTimeBefore", "CreationTimeAfter"}
_HUBS = {"LastModifiedTimeBefore", "LastModifiedTimeAfter"}


@operation("ListHubs", honours=_PAGING | _TIMES | _HUBS)
def list_hubs(request: Document, platform: Platform) -> Document:
    """The one hub that there is."""
    return page(
        request,
        [_hub(platform)],
        name_member="HubName",
        answer_member="HubSummaries",
        sort_members={"HubName": "HubName", "HubStatus": "HubStatus"},
    )


@operation("DescribeHub")
def describe_hub(request: Document, platform: Platform) -> Document:
    """SageMakerPublicHub, by name or ARN."""
    _check_hub(request)
    return _hub(platform)


@operation("ListHubContents", honours=_PAGING | _TIMES | {"HubName", "HubContentType"})
def list_hub_contents(request: Document, platform: Platform) -> Document:
    """The models whose weights are there, or that need none."""
    _check_hub(request)
    found = [_summary(entry, platform) for entry in _present()]
    return _page(request, found if request["HubContentType"] == _MODEL else [])


@operation(
    "ListHubContentVersions",
    honours=(_PAGING - {"NameContains"}) | _TIMES | {"HubName", "HubContentType", "HubContentName"},
)
def list_hub_content_versions(request: Document, platform: Platform) -> Document:
    """The one version of a model."""
    return _page(request, [_summary(_find(request), platform)])


@operation("DescribeHubContent")
def describe_hub_content(request: Document, platform: Platform) -> Document:
    """A model, with the document that leads to its image, script and archive.

    Those are put into S3 now, if they are not there: what the document names can be fetched.
    """
    entry = _find(request)
    version = request.get("HubContentVersion", entry.version)
    if version != entry.version:
        raise ResourceNotFound(
            f"{entry.model_id} has no version {version} in {HUB} here; it has {entry.version}."
        )
    settings = platform.settings
    if settings.endpoint_url:
        s3 = platform.clients.client("s3")
        publish_one(s3, entry, settings.data / "jumpstart", platform.region)
    document = hub_document(entry, platform.region)
    told = _summary(entry, platform) | {"HubName": HUB, "HubArn": _arn(platform, f"hub/{HUB}")}
    return told | {"HubContentDocument": json.dumps(document), "HubContentDependencies": []}


def _page(request: Document, found: list[Document]) -> Document:
    return page(
        request,
        found,
        name_member="HubContentName",
        answer_member="HubContentSummaries",
        sort_members={
            "HubContentName": "HubContentName",
            "HubContentStatus": "HubContentStatus",
        },
    )


def _check_hub(request: Document) -> None:
    name = request["HubName"].rpartition("/")[2]
    if name != HUB:
        raise ResourceNotFound(f"Hub {name} does not exist: there is {HUB} alone here.")


def _find(request: Document) -> Entry:
    _check_hub(request)
    name, kind = request["HubContentName"], request["HubContentType"]
    if kind != _MODEL:
        raise ResourceNotFound(f"{HUB} has no {kind} {name}: it holds models alone here.")
    try:
        entry = catalogue.find(name)
        if entry.weights:
            weights_of(entry)
    except (catalogue.UnknownModelError, MissingWeightsError) as error:
        raise ResourceNotFound(str(error)) from error
    return entry


def _present() -> list[Entry]:
    present = []
    for entry in catalogue.ENTRIES:
        try:
            if entry.weights:
                weights_of(entry)
        except MissingWeightsError:
            continue
        present.append(entry)
    return present


def _hub(platform: Platform) -> Document:
    return {
        "HubName": HUB,
        "HubArn": _arn(platform, f"hub/{HUB}"),
        "HubStatus": "InService",
        "CreationTime": _made(),
        "LastModifiedTime": _made(),
    }


def _summary(entry: Entry, platform: Platform) -> Document:
    place = f"hub-content/{HUB}/{_MODEL}/{entry.model_id}/{entry.version}"
    return {
        "HubContentName": entry.model_id,
        "HubContentArn": _arn(platform, place),
        "HubContentVersion": entry.version,
        "HubContentType": _MODEL,
        "DocumentSchemaVersion": SCHEMA_VERSION,
        "HubContentDisplayName": entry.model_id,
        "SupportStatus": "Supported",
        "HubContentSearchKeywords": list(entry.keywords),
        "HubContentStatus": "Available",
        "CreationTime": _made(),
    }


def _arn(platform: Platform, place: str) -> str:
    """The ARN of something that belongs to AWS, not to an account."""
    return f"arn:{platform.settings.partition}:sagemaker:{platform.region}:aws:{place}"


def _made() -> float:
    """When the catalogue was made: the time of its file."""
    return round(Path(catalogue.__file__).stat().st_mtime, 3)
