"""A problem was defined: both buckets get the rules by which S3 removes rows that are too old."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.decision import ApiCall, Decision
from lifecycle.events import RetentionNotApplied
from lifecycle.retention import MOST_RULES, lake_rules, landing_rules

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.events import ProblemDefined
    from lifecycle.records import ProblemRecord, RetentionRecord
    from lifecycle.settings import Settings

type Standing = dict[str, list[dict[str, Any]]]
"""Rules by bucket, as GetBucketLifecycleConfiguration answers them."""


def decide(
    cause: Cause[ProblemDefined],
    problems: list[ProblemRecord],
    applied: RetentionRecord,
    standing: Standing,
    settings: Settings,
) -> Decision:
    """Write the rules of all problems, whole, to each bucket that has others.

    Two definitions at once meet at the retention row: whoever commits second finds it moved on,
    and looks again with both problems in sight. Of many at once most then find the rules there.
    What a bucket has is asked of S3, not of the row: whoever wrote last may not have committed.

    Args:
        cause: the definition.
        problems: all problems, this one among them.
        applied: the row that says what was written last.
        standing: by bucket, the rules that it has, read after ``problems``.
        settings: the stack's resources.
    """
    name = cause.event.problem
    rules = {
        settings.landing_bucket: landing_rules(problems),
        settings.lake_bucket: lake_rules(problems),
    }
    most = max(len(listed) for listed in rules.values())
    if most > MOST_RULES:
        said = RetentionNotApplied(problem=name, rules=most, allowed=MOST_RULES)
        return Decision(
            f"Rows are not removed by age: {most} rules where S3 allows {MOST_RULES}.",
            problem=name,
            events=(said,),
        )
    calls = tuple(
        _call(bucket, listed)
        for bucket, listed in rules.items()
        if _by_id(listed) != _by_id(standing.get(bucket, []))
    )
    if not calls:
        return Decision(f"The rules of {len(problems)} problem(s) stand already.", problem=name)
    written = applied.model_copy(update={"problems": len(problems), "at": cause.time})
    return Decision(
        f"S3 removes old rows of {len(problems)} problem(s), by {most} rules a bucket.",
        problem=name,
        records=(written,),
        calls=calls,
    )


def _by_id(rules: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {rule["ID"]: rule for rule in rules}


def _call(bucket: str, rules: list[dict[str, Any]]) -> ApiCall:
    request = {"Bucket": bucket, "LifecycleConfiguration": {"Rules": rules}}
    return ApiCall("s3", "PutBucketLifecycleConfiguration", request)
