"""CreateFeatureGroup for a problem's cleaned rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lifecycle.settings import Settings

IDENTIFIER = "record_id"
EVENT_TIME = "event_time"


def feature_group_request(
    problem: str, definitions: Iterable[tuple[str, str]], settings: Settings
) -> dict[str, Any]:
    """Parameters of CreateFeatureGroup, offline store only.

    Args:
        problem: the problem, which names the group.
        definitions: feature name and type, ``Integral``, ``Fractional`` or ``String``.
        settings: the stack's resources.
    """
    return {
        "FeatureGroupName": problem,
        "RecordIdentifierFeatureName": IDENTIFIER,
        "EventTimeFeatureName": EVENT_TIME,
        "FeatureDefinitions": [
            {"FeatureName": IDENTIFIER, "FeatureType": "String"},
            {"FeatureName": EVENT_TIME, "FeatureType": "String"},
            *({"FeatureName": name, "FeatureType": kind} for name, kind in definitions),
        ],
        "OfflineStoreConfig": {
            "S3StorageConfig": {"S3Uri": settings.lake(problem, "features")},
            "DisableGlueTableCreation": True,
        },
        "RoleArn": settings.job_role,
        "Description": f"Cleaned rows of {problem}",
        "Tags": [{"Key": "baton:problem", "Value": problem}],
    }
