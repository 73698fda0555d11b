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


def decide(
    cause: Cause[ProblemDefined],
    problems: list[ProblemRecord],
    applied: RetentionRecord,
    settings: Settings,
) -> Decision:
    """Write the rules of all problems, whole.

    Two definitions at once meet at the retention row: whoever commits second finds it moved on,
    and writes again with both problems in sight.

    Args:
        cause: the definition.
        problems: all problems, this one among them.
        applied: the row that says what was written last.
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
    written = applied.model_copy(update={"problems": len(problems), "at": cause.time})
    return Decision(
        f"S3 removes old rows of {len(problems)} problem(s), by {most} rules a bucket.",
        problem=name,
        records=(written,),
        calls=tuple(_call(bucket, listed) for bucket, listed in rules.items()),
    )


def _call(bucket: str, rules: list[dict[str, Any]]) -> ApiCall:
    request = {"Bucket": bucket, "LifecycleConfiguration": {"Rules": rules}}
    return ApiCall("s3", "PutBucketLifecycleConfiguration", request)
