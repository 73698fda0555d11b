"""CreateModelCard and its siblings: what a model is for, version by version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import (
    ConflictException,
    ResourceInUse,
    ResourceNotFound,
    ValidationException,
)
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import shape
from local.sagemaker.api.shaping import iso_time, to_event
from local.sagemaker.registry.model_card_schema import read_content

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

KIND = "model-card"
VERSION = "model-card-version"
EXPORT = "model-card-export-job"
_KEPT_OPEN = {
    "model_overview": ("model_id", "model_name"),
    "intended_uses": ("risk_rating",),
    "model_package_details": ("model_package_group_name", "model_package_arn"),
}
_EVENT = (
    "ModelCardName",
    "ModelCardArn",
    "ModelCardVersion",
    "ModelCardStatus",
    "CreationTime",
    "CreatedBy",
    "LastModifiedTime",
    "LastModifiedBy",
    "SecurityConfig",
)


@operation("CreateModelCard")
def create_model_card(request: Document, platform: Platform) -> Document:
    """Keep the first version of a card whose content follows the schema."""
    content = read_content(request["Content"])
    name, now = request["ModelCardName"], platform.now()
    document = {
        **request,
        "ModelCardArn": platform.arn(KIND, name),
        "ModelCardVersion": 1,
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
        **_searchable(content),
    }
    try:
        arn = platform.create(KIND, name, document)
    except ResourceInUse as error:
        raise ConflictException(f"Model card {name} already exists.") from error
    _keep_version(platform, document)
    _tell(platform, document)
    return {"ModelCardArn": arn}


@operation("DescribeModelCard")
def describe_model_card(request: Document, platform: Platform) -> Document:
    """A card's newest version, or the one asked for."""
    found = find_version(platform, request["ModelCardName"], request.get("ModelCardVersion"))
    if request.get("IncludedData") == "MetadataOnly":
        return found | {"Content": open_part(found["Content"])}
    return found


@operation("UpdateModelCard")
def update_model_card(request: Document, platform: Platform) -> Document:
    """Write a new version with other content, or change the status of the newest.

    "You cannot update both model card content and model card status in a single call."
    """
    name = find_card(platform, request["ModelCardName"])["ModelCardName"]
    if ("Content" in request) == ("ModelCardStatus" in request):
        raise ValidationException("Give either Content or ModelCardStatus.")
    content = read_content(request["Content"]) if "Content" in request else None

    def change(found: Document) -> Document:
        now = platform.now()
        changed = found | {"LastModifiedTime": now, "LastModifiedBy": {}}
        if content is None:
            return changed | {"ModelCardStatus": request["ModelCardStatus"]}
        fresh = {
            "Content": request["Content"],
            "ModelCardVersion": found["ModelCardVersion"] + 1,
            "RiskRating": None,
            "ModelId": None,
            "ModelPackageGroupName": None,
        }
        return changed | fresh | _searchable(content)

    document = platform.store.change(KIND, name, change)
    _keep_version(platform, document)
    _tell(platform, document)
    return {"ModelCardArn": document["ModelCardArn"]}


@operation("DeleteModelCard")
def delete_model_card(request: Document, platform: Platform) -> Document:
    """Forget a card, its versions and its export jobs; PDFs in S3 stay."""
    name = find_card(platform, request["ModelCardName"])["ModelCardName"]
    platform.store.delete(KIND, name)
    for version in platform.store.list(VERSION, parent=name):
        platform.store.delete(VERSION, _version_name(name, version["ModelCardVersion"]))
    for job in platform.store.list(EXPORT, parent=name):
        platform.store.delete(EXPORT, f"{name}/{job['ModelCardExportJobName']}")
    return {}


@operation("ListModelCards")
def list_model_cards(request: Document, platform: Platform) -> Document:
    """All cards as their newest versions say, newest first."""
    wanted = request.get("ModelCardStatus")
    return page(
        request,
        [card for card in platform.store.list(KIND) if wanted in (None, card["ModelCardStatus"])],
        name_member="ModelCardName",
        answer_member="ModelCardSummaries",
    )


@operation("ListModelCardVersions")
def list_model_card_versions(request: Document, platform: Platform) -> Document:
    """The versions of a card, newest first."""
    name = find_card(platform, request["ModelCardName"])["ModelCardName"]
    wanted = request.get("ModelCardStatus")
    versions = platform.store.list(VERSION, parent=name)
    return page(
        {"SortBy": "Version", **request},
        [version for version in versions if wanted in (None, version["ModelCardStatus"])],
        name_member="ModelCardName",
        answer_member="ModelCardVersionSummaryList",
        sort_members={"Version": "ModelCardVersion"},
    )


def find_card(platform: Platform, name_or_arn: str) -> Document:
    """A card's document; raises `ResourceNotFound`."""
    name = name_or_arn.rpartition("/")[2] if name_or_arn.startswith("arn:") else name_or_arn
    found = platform.store.find(KIND, name)
    by_arn = platform.store.find_by_arn(name_or_arn) if found is None else None
    if found is None and by_arn is None:
        raise ResourceNotFound(f"Model card {name_or_arn} does not exist.")
    return found or (by_arn or ("", "", {}))[2]


def find_version(platform: Platform, name_or_arn: str, version: int | None) -> Document:
    """A version of a card, the newest if none is named; raises `ResourceNotFound`."""
    card = find_card(platform, name_or_arn)
    number = version or card["ModelCardVersion"]
    found = platform.store.find(VERSION, _version_name(card["ModelCardName"], number))
    if found is None:
        raise ResourceNotFound(f"Model card {card['ModelCardName']} has no version {number}.")
    return found


def open_part(text: str) -> str:
    """The content without what a key would protect: names and risk alone."""
    content = json.loads(text)
    kept = {
        section: {name: content[section][name] for name in names if name in content[section]}
        for section, names in _KEPT_OPEN.items()
        if section in content
    }
    return json.dumps({section: members for section, members in kept.items() if members})


def _searchable(content: Document) -> Document:
    """What Search knows of a card besides its own members."""
    found = {
        "ModelId": content.get("model_overview", {}).get("model_id"),
        "RiskRating": content.get("intended_uses", {}).get("risk_rating"),
        "ModelPackageGroupName": content.get("model_package_details", {}).get(
            "model_package_group_name"
        ),
    }
    return {name: value for name, value in found.items() if value is not None}


def _keep_version(platform: Platform, document: Document) -> None:
    name = _version_name(document["ModelCardName"], document["ModelCardVersion"])
    kept = {member: value for member, value in document.items() if member != "Tags"}
    if platform.store.find(VERSION, name) is None:
        platform.store.create(VERSION, name, kept, parent=document["ModelCardName"])
    else:
        platform.store.update(VERSION, name, **kept)


def _version_name(name: str, version: int) -> str:
    return f"{name}/{version}"


def _tell(platform: Platform, document: Document) -> None:
    cut = to_event(shape("DescribeModelCardResponse"), document)
    detail = {member: cut.get(member) for member in _EVENT}
    detail["ModelId"] = document.get("ModelId")
    detail["AccountId"] = platform.account
    # These events, as those of model packages, write times as text.
    for member in ("CreationTime", "LastModifiedTime"):
        detail[member] = iso_time(document[member])
    arn = document["ModelCardArn"]
    platform.events.emit("SageMaker Model Card State Change", arn, detail)
