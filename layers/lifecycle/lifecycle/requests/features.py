"""Requests to the Feature Store: a problem's group, what widens it, and one record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.problem.durations import seconds
from lifecycle.requests.encryption import output_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lifecycle.settings import Settings

IDENTIFIER = "record_id"
EVENT_TIME = "event_time"

MOST_FEATURES = 2500
"""Of a feature group, identifier and event time included (Feature Store quotas)."""

ADDED_AT_ONCE = 100
"""UpdateFeatureGroup: ``FeatureAdditions`` takes at most so many."""

UNITS = (("Weeks", 604_800), ("Days", 86_400), ("Hours", 3600), ("Minutes", 60), ("Seconds", 1))


def group_name(problem: str, version: int) -> str:
    """The name of a problem's n-th group; no problem's name holds an underscore."""
    return problem if version == 1 else f"{problem}_{version}"


def group_version(group: str) -> tuple[str, int]:
    """The problem and the version that a group's name stands for; version 0 is no group of ours."""
    problem, mark, number = group.partition("_")
    if not mark:
        return problem, 1
    return problem, int(number) if number.isdecimal() else 0


def feature_group_request(
    problem: str,
    group: str,
    definitions: Iterable[tuple[str, str]],
    settings: Settings,
    *,
    online: bool = False,
) -> dict[str, Any]:
    """Parameters of CreateFeatureGroup.

    Args:
        problem: the problem.
        group: the group's name.
        definitions: feature name and type, ``Integral``, ``Fractional`` or ``String``.
        settings: the stack's resources.
        online: whether the group has an online store besides the offline one.
    """
    request: dict[str, Any] = {
        "FeatureGroupName": group,
        "RecordIdentifierFeatureName": IDENTIFIER,
        "EventTimeFeatureName": EVENT_TIME,
        "FeatureDefinitions": [
            {"FeatureName": IDENTIFIER, "FeatureType": "String"},
            {"FeatureName": EVENT_TIME, "FeatureType": "String"},
            *({"FeatureName": name, "FeatureType": kind} for name, kind in definitions),
        ],
        "OfflineStoreConfig": {
            "S3StorageConfig": {"S3Uri": store_uri(problem, settings), **output_key(settings)},
            "DisableGlueTableCreation": True,
        },
        "RoleArn": settings.job_role,
        "Description": f"Cleaned rows of {problem}",
        "Tags": [{"Key": "baton:problem", "Value": problem}],
    }
    if online:
        request["OnlineStoreConfig"] = {"EnableOnlineStore": True}
        if settings.kms_key:
            request["OnlineStoreConfig"]["SecurityConfig"] = {"KmsKeyId": settings.kms_key}
    return request


def store_uri(problem: str, settings: Settings) -> str:
    """Where the offline stores of a problem's groups begin."""
    return settings.lake(problem, "features")


def put_record_request(group: str, record: Mapping[str, str], ttl: str | None) -> dict[str, Any]:
    """Parameters of PutRecord, online store only: the offline store is filled in bulk.

    Args:
        group: the group.
        record: values as text by feature; a feature left out has none.
        ttl: how long after its event time the record lives, such as ``30d``. It is set on each
            record, since a group's own can be changed but is not known to be taken away.
    """
    request: dict[str, Any] = {
        "FeatureGroupName": group,
        "Record": [{"FeatureName": name, "ValueAsString": text} for name, text in record.items()],
        "TargetStores": ["OnlineStore"],
    }
    if ttl:
        length = seconds(ttl)
        unit, size = next((unit, size) for unit, size in UNITS if length % size == 0)
        request["TtlDuration"] = {"Unit": unit, "Value": length // size}
    return request
