"""BatchWriteRecord, ListRecords and UpdateRecord of the feature store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ApiError
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import FEATURE_STORE_RUNTIME
from local.sagemaker.features.feature_groups import RECORD, find_group
from local.sagemaker.features.feature_records import (
    checked_values,
    expired,
    expiry,
    invalid,
    open_group,
    parse_time,
    put_record,
    record_key,
    row_times,
    targets,
)
from local.sagemaker.features.offline_store import offline_store
from local.sagemaker.store import MissingError

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

MOST_FEATURES = 100
LARGEST_PAGE = 100
_UPDATABLE = frozenset({"InMemory", "Standard_V2"})


@operation("BatchWriteRecord", service=FEATURE_STORE_RUNTIME)
def batch_write_record(request: Document, platform: Platform) -> Document:
    """Put many records of many groups; those that are refused are named in Errors.

    A TTL of the request is that of all entries without their own.
    """
    errors = []
    shared = {"TtlDuration": request["TtlDuration"]} if "TtlDuration" in request else {}
    for entry in request["Entries"]:
        try:
            put_record(shared | entry, platform)
        except ApiError as error:
            errors.append({"Entry": entry, "ErrorCode": error.code, "ErrorMessage": error.message})
    return {"Errors": errors, "UnprocessedEntries": []}


@operation("ListRecords", service=FEATURE_STORE_RUNTIME)
def list_records(request: Document, platform: Platform) -> Document:
    """The identifiers of a group's online records, in pages."""
    group = find_group(platform, request["FeatureGroupName"])
    if not targets(group, None)[0]:
        raise invalid(f"Feature group {group['FeatureGroupName']} has no online store.")
    deleted_too = request.get("IncludeSoftDeletedRecords", False)
    found = sorted(
        record["Key"].partition("\n")[2]
        for record in platform.store.list(RECORD, parent=group["FeatureGroupName"])
        if not expired(platform, record) and (record["Record"] or deleted_too)
    )
    after, size = request.get("NextToken"), request.get("MaxResults", LARGEST_PAGE)
    rest = [name for name in found if after is None or name > after]
    answer: Document = {"RecordIdentifiers": rest[:size]}
    if len(rest) > size:
        answer["NextToken"] = rest[size - 1]
    return answer


@operation("UpdateRecord", service=FEATURE_STORE_RUNTIME)
def update_record(request: Document, platform: Platform) -> Document:
    """Change some features of a record that is there; the others stay.

    An event time that is older than the record's is a conflict; without one, the record keeps its
    own. Only for online stores of type InMemory or Standard_V2 (UpdateRecord).
    """
    group = open_group(platform, request["FeatureGroupName"])
    _check(group, request)
    online, offline = targets(group, request.get("TargetStores"))
    identifier = request["RecordIdentifierValueAsString"]
    missing = ApiError(
        f"There is no record {identifier} in {group['FeatureGroupName']}.",
        code="ResourceNotFound",
        status=404,
    )
    merged: Document = {}

    def change(found: Document) -> Document | None:
        if expired(platform, found) or not found["Record"]:
            raise missing
        merged.update(_merged(group, request, found))
        return found | merged if online else None

    try:
        platform.store.change(RECORD, record_key(group, identifier), change)
    except MissingError as error:
        raise missing from error
    if offline:
        values = checked_values(group, merged["Record"])
        row = values | row_times(platform, merged["EventTime"]) | {"is_deleted": False}
        offline_store(platform).append(group, row)
    return {}


def _check(group: Document, request: Document) -> None:
    kind = (group.get("OnlineStoreConfig") or {}).get("StorageType", "Standard")
    if kind not in _UPDATABLE:
        raise invalid(
            f"UpdateRecord needs an online store of type InMemory or Standard_V2, not {kind}."
        )
    features = {item["FeatureName"]: item for item in request["Features"]}
    if len(features) > MOST_FEATURES:
        raise invalid(f"{MOST_FEATURES} features can be updated at most.")
    if request.get("TtlDuration") and group["EventTimeFeatureName"] not in features:
        raise invalid("TtlDuration needs an event time among the Features.")
    given = features.get(group["RecordIdentifierFeatureName"], {})
    if given.get("ValueAsString", "") not in ("", request["RecordIdentifierValueAsString"]):
        raise invalid("The record identifier among the Features is not that of the request.")


def _merged(group: Document, request: Document, found: Document) -> Document:
    """Record, EventTime and ExpiresAt after an update."""
    fresh = {item["FeatureName"]: item for item in request["Features"]}
    record = [fresh.pop(item["FeatureName"], item) for item in found["Record"]]
    record += fresh.values()
    values = checked_values(group, record)
    event_time = parse_time(values[group["EventTimeFeatureName"]])
    if event_time < found["EventTime"]:
        raise ApiError(
            "The EventTime is older than that of the record.", code="ConflictException", status=409
        )
    expires = found["ExpiresAt"]
    if request.get("TtlDuration"):
        expires = expiry(group, request, event_time)
    elif expires is not None:
        expires += event_time - found["EventTime"]
    return {"Record": record, "EventTime": event_time, "ExpiresAt": expires}
