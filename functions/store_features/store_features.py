"""The rows are prepared: keep them as features, for other models and for later.

A group is made once and then only given more features. What AWS cannot change in a group (the type
of a feature, which column it stands for, whether there is an online store) makes a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lifecycle.decision import ApiCall, Decision
from lifecycle.events import FeaturesStored, FeatureStorageFailed, OnlineRecordsPut
from lifecycle.records import FeatureGroupRecord, JobRecord
from lifecycle.requests.features import (
    ADDED_AT_ONCE,
    EVENT_TIME,
    IDENTIFIER,
    MOST_FEATURES,
    feature_group_request,
    group_name,
    group_version,
    store_uri,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lifecycle.cause import Cause
    from lifecycle.records import RunRecord
    from lifecycle.settings import Settings

NOT_A_FEATURE = 2
"""Identifier and event time count among a group's features."""


def decide_unwanted(problem: str, run: str | None, reason: str) -> Decision:
    """Nothing to keep, and why."""
    return Decision(reason, problem=problem, run=run)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Rows, and the group that they are to go to.

    Attributes:
        run: the run whose rows are to be kept.
        row: which group the problem's rows go to.
        job: the row by which the group's readiness is waited for.
        features: type of every feature of the rows, by name.
        mended: columns by feature, where their names differ.
    """

    run: RunRecord
    row: FeatureGroupRecord
    job: JobRecord
    features: Mapping[str, str]
    mended: Mapping[str, str]

    def decision(self, reason: str, **more: Any) -> Decision:
        """A decision about this run."""
        return Decision(reason, problem=self.run.problem, run=self.run.run, **more)


def decide_group(
    cause: Cause[Any], keeping: Keeping, group: dict[str, Any] | None, settings: Settings
) -> Decision | None:
    """Make, widen or replace the problem's feature group, or None when it can take the rows.

    Args:
        cause: what was heard.
        keeping: the rows and where they are to go.
        group: DescribeFeatureGroup of that group, if there is one.
        settings: the stack's resources.
    """
    name = keeping.row.group
    if len(keeping.features) + NOT_A_FEATURE > MOST_FEATURES:
        reason = f"{len(keeping.features)} features are more than a feature group takes"
        cure = f"Name columns in columns.exclude until {MOST_FEATURES - NOT_A_FEATURE} are left."
        return decide_failed(keeping, reason=reason, cure=cure)
    if group is None:
        return _made(cause, keeping, settings, f"The feature group {name} is being made")
    if group["FeatureGroupStatus"] == "CreateFailed":
        reason = group.get("FailureReason") or "SageMaker could not make the feature group"
        cure = (
            f"Mend the cause, then delete the feature group {name}: "
            "the next run makes it anew and keeps all rows."
        )
        return decide_failed(keeping, reason=reason, cure=cure)
    if changed := _unlike(keeping, group, settings):
        return _replaced(cause, keeping, settings, changed)
    if group["FeatureGroupStatus"] != "Created" or _updating(group):
        waiting = f"The feature group {name} is not ready; its next event tells."
        return keeping.decision(waiting, records=(_open(keeping, cause),))
    known = _types(group)
    added = [
        {"FeatureName": feature, "FeatureType": kind}
        for feature, kind in keeping.features.items()
        if feature not in known
    ]
    return _widened(cause, keeping, added) if added else None


def wants_online(run: RunRecord) -> bool:
    """Whether the run's records are to be kept online; runs of before the key was there say no."""
    return bool(run.definition["features"].get("online"))


def _types(group: dict[str, Any]) -> dict[str, str]:
    return {item["FeatureName"]: item["FeatureType"] for item in group["FeatureDefinitions"]}


def _updating(group: dict[str, Any]) -> bool:
    return bool((group.get("LastUpdateStatus") or {}).get("Status") == "InProgress")


def _unlike(keeping: Keeping, group: dict[str, Any], settings: Settings) -> str | None:
    """Why the group cannot take the rows, whatever is added to it."""
    names = (group.get("RecordIdentifierFeatureName"), group.get("EventTimeFeatureName"))
    offline = (group.get("OfflineStoreConfig") or {}).get("S3StorageConfig") or {}
    place = f"{store_uri(keeping.run.problem, settings)}/"
    if names != (IDENTIFIER, EVENT_TIME) or not f"{offline.get('S3Uri')}/".startswith(place):
        return "it is not of this stack"
    online = (group.get("OnlineStoreConfig") or {}).get("EnableOnlineStore")
    if wants_online(keeping.run) and not online:
        return "it has no online store, which cannot be added"
    known, before = _types(group), keeping.row.mended
    for name, kind in keeping.features.items():
        # A text takes a number as well; nothing else takes what it was not made for.
        if name in known and known[name] not in {kind, "String"}:
            return f"{name} is {known[name]} there, and {kind} now"
        if name in known and before.get(name, name) != keeping.mended.get(name, name):
            return f"{name} is another column there"
    if len(known.keys() | keeping.features.keys()) > MOST_FEATURES:
        return f"it would have more than {MOST_FEATURES} features with those of earlier runs"
    return None


def _replaced(cause: Cause[Any], keeping: Keeping, settings: Settings, changed: str) -> Decision:
    """Make the next group."""
    problem, old = keeping.run.problem, keeping.row.group
    group = group_name(problem, group_version(old)[1] + 1)
    following = replace(
        keeping,
        row=keeping.row.model_copy(update={"group": group}),
        job=JobRecord(job_kind=keeping.job.job_kind, name=group, problem=problem),
    )
    reason = f"The feature group {group} is being made instead of {old}: {changed}"
    made = _made(cause, following, settings, reason)
    return replace(made, records=(*made.records, *_ended(keeping.job)))


def _made(cause: Cause[Any], keeping: Keeping, settings: Settings, reason: str) -> Decision:
    run, group = keeping.run, keeping.row.group
    online = wants_online(run)
    request = feature_group_request(
        run.problem, group, keeping.features.items(), settings, online=online
    )
    row = keeping.row.model_copy(update={"online": online, "mended": dict(keeping.mended)})
    return keeping.decision(
        f"{reason}; the rows follow.",
        records=(row, _open(keeping, cause)),
        calls=(ApiCall("sagemaker", "CreateFeatureGroup", request, exists=("ResourceInUse",)),),
    )


def _widened(cause: Cause[Any], keeping: Keeping, added: list[dict[str, str]]) -> Decision:
    group = keeping.row.group
    request = {"FeatureGroupName": group, "FeatureAdditions": added[:ADDED_AT_ONCE]}
    return keeping.decision(
        f"The feature group {group} gets {len(added)} more features; the rows follow.",
        records=(_open(keeping, cause),),
        calls=(ApiCall("sagemaker", "UpdateFeatureGroup", request),),
    )


def _open(keeping: Keeping, cause: Cause[Any]) -> JobRecord:
    """Have the reconciler ask after the group, should its event never come."""
    changes = {
        "problem": keeping.run.problem,
        "run": keeping.run.run,
        "leg": "store_features",
        "started_at": cause.time,
        "ended": False,
    }
    return keeping.job.model_copy(update=changes)


def _ended(job: JobRecord) -> tuple[JobRecord, ...]:
    """Nobody need ask after the group any more, if anybody would."""
    return (job.model_copy(update={"ended": True}),) if job.version and not job.ended else ()


def decide_failed(keeping: Keeping, *, reason: str, cure: str) -> Decision:
    """The rows cannot be kept: everyone hears why, and the run goes on."""
    said = FeatureStorageFailed(
        problem=keeping.run.problem,
        run=keeping.run.run,
        feature_group=keeping.row.group,
        reason=reason,
        cure=cure,
    )
    told = f"The features cannot be kept: {reason}."
    return keeping.decision(told, records=_ended(keeping.job), events=(said,))


def decide_written(keeping: Keeping, *, uri: str, rows: int, online: int | None) -> Decision:
    """The rows are in the offline store; those of the online store, if there is one, follow.

    Args:
        keeping: the rows and where they went.
        uri: where the offline store of the group is.
        rows: how many records went there.
        online: how many are to go to the online store, None without one.
    """
    run, row = keeping.run, keeping.row
    changes = {
        "mended": row.mended | dict(keeping.mended),
        "stores": row.stores if uri in row.stores else (*row.stores, uri),
        "online": online is not None,
        "written_run": run.run,
        "stored_run": run.run if online is None else row.stored_run,
    }
    said: FeaturesStored | OnlineRecordsPut
    group = row.group
    if online is None:
        said = FeaturesStored(
            problem=run.problem, run=run.run, feature_group=group, rows=rows, uri=uri
        )
        reason = f"{rows} rows are in the feature group {group}."
    else:
        said = OnlineRecordsPut(
            problem=run.problem,
            run=run.run,
            feature_group=group,
            rows=rows,
            uri=uri,
            online=online,
            put=0,
        )
        reason = f"{rows} rows are in the offline store; {online} records go to the online store."
    records = (row.model_copy(update=changes), *_ended(keeping.job))
    return keeping.decision(reason, records=records, events=(said,))


def decide_put(
    told: OnlineRecordsPut, row: FeatureGroupRecord, *, put: int, refused: int, refusal: str
) -> Decision:
    """More records are in the online store: go on, or say that all are.

    Args:
        told: how far the records had been put.
        row: which group the problem's rows go to.
        put: how many were put since, those that were refused included.
        refused: how many of them the store refused.
        refusal: its word on one of them.
    """
    done, lost = told.put + put, told.refused + refused
    refusal = told.refusal or refusal
    if done < told.online:
        changes = {"put": done, "refused": lost, "refusal": refusal}
        more = told.model_copy(update=changes)
        reason = f"{done} of {told.online} records are in the online store."
        return Decision(reason, problem=told.problem, run=told.run, events=(more,))
    said = FeaturesStored(
        problem=told.problem,
        run=told.run,
        feature_group=told.feature_group,
        rows=told.rows,
        uri=told.uri,
        online=done - lost,
        refused=lost,
        refusal=refusal,
    )
    stored = row.model_copy(update={"stored_run": told.run})
    return Decision(
        f"{told.rows} rows are in the feature group {told.feature_group}, "
        f"{done - lost} records of them online.",
        problem=told.problem,
        run=told.run,
        records=(stored,) if row.group == told.feature_group else (),
        events=(said,),
    )
