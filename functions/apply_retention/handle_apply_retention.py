"""Hears: ProblemDefined. Says: RetentionNotApplied, where S3 takes no more rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apply_retention import decide
from lifecycle.events import ProblemDefined
from lifecycle.leg import leg
from lifecycle.records import RetentionRecord

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(ProblemDefined)
def lambda_handler(cause: Cause[ProblemDefined], ports: Ports) -> Decision:
    """Load what was written last, then all problems: in this order no problem is overlooked."""
    row = RetentionRecord()
    applied = ports.records.get(row) or row
    problems = ports.records.problems()
    buckets = (ports.settings.landing_bucket, ports.settings.lake_bucket)
    standing = {bucket: _rules(bucket, ports) for bucket in buckets}
    return decide(cause, problems, applied, standing, ports.settings)


def _rules(bucket: str, ports: Ports) -> list[dict[str, Any]]:
    found = ports.api.describe("s3", "GetBucketLifecycleConfiguration", {"Bucket": bucket}) or {}
    return list(found.get("Rules", []))
