"""How long rows are kept: ``compliance.retention_days`` of all problems as S3 lifecycle rules.

A bucket has one lifecycle configuration of at most 1,000 rules (S3 User Guide, "Lifecycle
configuration elements"), so it is always written whole. What a person dropped and what jobs write
is found by its prefix; files of rows in a run's folder, beside models and reports that stay, by
the tag that they were written with. Definitions and code are never removed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lifecycle.records import InputRecord, ProblemRecord

TAG = "retention-days"
MOST_RULES = 1000
OLD_VERSIONS_DAYS = 30
"""How long a version lives on after it was replaced or removed, as in template.yaml."""

LANDED = ("data", "dms", "labels", "quarantine", "score", "sources", "stream", "truth")
"""Folders of a problem in the landing bucket that hold rows."""

KEPT = ("capture", "features", "ingested", "predictions", "quarantine", "truth")
"""Folders of a problem in the lake that hold rows and nothing else."""

OLD_VERSIONS: dict[str, Any] = {
    "ID": "old-versions",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_DAYS},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
}
"""The template's own rule, which a configuration written whole must repeat."""


def landing_rules(problems: Iterable[ProblemRecord]) -> list[dict[str, Any]]:
    """The landing bucket's rules (PutBucketLifecycleConfiguration, ``Rules``)."""
    return [OLD_VERSIONS, *_prefixed(problems, LANDED)]


def lake_rules(problems: Iterable[ProblemRecord]) -> list[dict[str, Any]]:
    """The lake's rules: by prefix, and one by tag for each number of days."""
    problems = list(problems)
    tagged = [
        _expire(f"rows-{days}-days", {"Tag": {"Key": TAG, "Value": str(days)}}, days)
        for days in sorted({days_of(problem.definition) for problem in problems})
    ]
    return [OLD_VERSIONS, *tagged, *_prefixed(problems, KEPT)]


def _prefixed(problems: Iterable[ProblemRecord], folders: Iterable[str]) -> list[dict[str, Any]]:
    return [
        _expire(
            f"{problem.problem}-{folder}",
            {"Prefix": f"{problem.problem}/{folder}/"},
            days_of(problem.definition),
        )
        for problem in sorted(problems, key=lambda row: row.problem)
        for folder in folders
    ]


def _expire(name: str, match: dict[str, Any], days: int) -> dict[str, Any]:
    return {
        "ID": name,
        "Status": "Enabled",
        "Filter": match,
        "Expiration": {"Days": days},
        "NoncurrentVersionExpiration": {"NoncurrentDays": min(days, OLD_VERSIONS_DAYS)},
    }


def days_of(definition: dict[str, Any]) -> int:
    """For how many days a problem keeps rows."""
    return int(definition["compliance"]["retention_days"])


def tag_of(definition: dict[str, Any]) -> dict[str, str]:
    """The tag for files of rows that lie beside files that stay."""
    return {TAG: str(days_of(definition))}


def unexpired(
    inputs: Iterable[InputRecord], definition: dict[str, Any], time: str
) -> list[InputRecord]:
    """The inputs whose rows S3 keeps for at least a day more.

    A run may take hours, and S3 removes at midnight UTC what is due ("Expiring objects").

    Args:
        inputs: inputs with the time when they were taken in.
        definition: the problem's.
        time: now.
    """
    oldest = datetime.fromisoformat(time) - timedelta(days=days_of(definition) - 1)
    return [row for row in inputs if not row.at or datetime.fromisoformat(row.at) > oldest]
