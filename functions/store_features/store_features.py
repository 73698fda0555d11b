"""The rows are prepared: keep them as features, for other models and for later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.decision import ApiCall, Decision
from lifecycle.events import FeaturesStored
from lifecycle.names import digest
from lifecycle.requests.features import feature_group_request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lifecycle.records import RunRecord
    from lifecycle.settings import Settings

ADDED_AT_ONCE = 100
"""UpdateFeatureGroup: ``FeatureAdditions`` takes at most so many."""

READY = frozenset({"Created"})


def decide_unwanted(problem: str, run: str | None, reason: str) -> Decision:
    """Nothing to keep, and why."""
    return Decision(reason, problem=problem, run=run)


def decide_group(
    run: RunRecord,
    group: dict[str, Any] | None,
    definitions: Iterable[tuple[str, str]],
    settings: Settings,
) -> Decision | None:
    """Make or widen the problem's feature group, or None when it can take the rows as it is.

    Args:
        run: the run whose rows are to be kept.
        group: DescribeFeatureGroup, if there is a group.
        definitions: name and type of every feature of the rows.
        settings: the stack's resources.
    """
    if group is None:
        call = ApiCall(
            "sagemaker",
            "CreateFeatureGroup",
            feature_group_request(run.problem, definitions, settings),
            exists=("ResourceInUse",),
        )
        reason = f"The feature group {run.problem} is being made; the rows follow."
        return Decision(reason, problem=run.problem, run=run.run, calls=(call,))
    known = {item["FeatureName"] for item in group["FeatureDefinitions"]}
    added = [
        {"FeatureName": name, "FeatureType": kind}
        for name, kind in definitions
        if name not in known
    ]
    if not added:
        return None
    request = {"FeatureGroupName": run.problem, "FeatureAdditions": added[:ADDED_AT_ONCE]}
    return Decision(
        f"The feature group {run.problem} gets {len(added)} more features; the rows follow.",
        problem=run.problem,
        run=run.run,
        calls=(ApiCall("sagemaker", "UpdateFeatureGroup", request),),
    )


def target_uri(run: RunRecord, group: dict[str, Any]) -> str:
    """Where the run's rows belong in the group's offline store.

    Partitions are hours of event time (SageMaker Developer Guide, "Offline store data format");
    the last part of the name derives from the run, so that a repeat writes the same object.
    """
    root = group["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    year, month, day, hour = run.run[:4], run.run[4:6], run.run[6:8], run.run[9:11]
    mark = digest(run.problem, run.run, "features", length=16)
    return (
        f"{root}/year={year}/month={month}/day={day}/hour={hour}/"
        f"{run.run[:8]}T{run.run[9:15]}Z_{mark}.parquet"
    )


def decide_stored(run: RunRecord, rows: int, uri: str) -> Decision:
    """The rows are kept."""
    said = FeaturesStored(
        problem=run.problem, run=run.run, feature_group=run.problem, rows=rows, uri=uri
    )
    return Decision(
        f"{rows} rows are in the feature group {run.problem}.",
        problem=run.problem,
        run=run.run,
        events=(said,),
    )
