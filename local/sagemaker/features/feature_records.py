"""PutRecord, GetRecord, BatchGetRecord and DeleteRecord.

The online store keeps, for each identifier, the record with the latest event time. A record that
comes later but is not newer is history: it goes to the offline store alone (PutRecord).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ApiError, ResourceNotFound
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import FEATURE_STORE_RUNTIME
from local.sagemaker.api.shaping import iso_time
from local.sagemaker.features.feature_groups import RECORD, features_of, find_group
from local.sagemaker.features.offline_store import offline_store
from local.sagemaker.store import AlreadyExistsError, MissingError

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

LARGEST_RECORD = 350 * 1024
UNITS = {"Seconds": 1, "Minutes": 60, "Hours": 3600, "Days": 86_400, "Weeks": 604_800}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")


@operation("PutRecord", service=FEATURE_STORE_RUNTIME)
def put_record(request: Document, platform: Platform) -> Document:
    """Take a record, for the online store if it is the newest, for the offline store always."""
    group = open_group(platform, request["FeatureGroupName"])
    values = checked_values(group, request["Record"])
    event_time = parse_time(values[group["EventTimeFeatureName"]])
    online, offline = targets(group, request.get("TargetStores"))
    if online:
        identifier = values[group["RecordIdentifierFeatureName"]]
        _put_online(
            platform,
            group,
            str(identifier),
            {
                "Record": request["Record"],
                "EventTime": event_time,
                "ExpiresAt": expiry(group, request, event_time),
            },
        )
    if offline:
        row = values | row_times(platform, event_time) | {"is_deleted": False}
        offline_store(platform).append(group, row)
    return {}


@operation("GetRecord", service=FEATURE_STORE_RUNTIME)
def get_record(request: Document, platform: Platform) -> Document:
    """The newest record of an identifier; nothing when there is none, or it is deleted."""
    group = find_group(platform, request["FeatureGroupName"])
    if not targets(group, None)[0]:
        raise invalid(f"Feature group {group['FeatureGroupName']} has no online store.")
    return _found(
        platform,
        group,
        request["RecordIdentifierValueAsString"],
        request.get("FeatureNames"),
        request.get("ExpirationTimeResponse"),
    )


@operation("BatchGetRecord", service=FEATURE_STORE_RUNTIME)
def batch_get_record(request: Document, platform: Platform) -> Document:
    """Many records of many groups; what cannot be read is named in Errors."""
    records, errors = [], []
    for wanted in request["Identifiers"]:
        name = wanted["FeatureGroupName"]
        for identifier in wanted["RecordIdentifiersValueAsString"]:
            key = {"FeatureGroupName": name, "RecordIdentifierValueAsString": identifier}
            try:
                group = find_group(platform, name)
                found = _found(
                    platform,
                    group,
                    identifier,
                    wanted.get("FeatureNames"),
                    request.get("ExpirationTimeResponse"),
                )
            except ApiError as error:
                errors.append(key | {"ErrorCode": error.code, "ErrorMessage": error.message})
            else:
                if found:
                    records.append(key | found)
    return {"Records": records, "Errors": errors, "UnprocessedIdentifiers": []}


@operation("DeleteRecord", service=FEATURE_STORE_RUNTIME)
def delete_record(request: Document, platform: Platform) -> Document:
    """Delete a record: its values at once, and with HardDelete every trace of it online."""
    group = open_group(platform, request["FeatureGroupName"])
    event_time = parse_time(request["EventTime"])
    online, offline = targets(group, request.get("TargetStores"))
    hard = request.get("DeletionMode", "SoftDelete") == "HardDelete"
    identifier = request["RecordIdentifierValueAsString"]
    if online:
        _delete_online(platform, group, identifier, event_time, hard=hard)
    if offline:
        row = {
            group["RecordIdentifierFeatureName"]: identifier,
            group["EventTimeFeatureName"]: request["EventTime"],
            "is_deleted": True,
        }
        offline_store(platform).append(group, row | row_times(platform, event_time))
    return {}


def parse_time(value: object) -> float:
    """An event time, ISO 8601 in UTC or seconds since the epoch, as seconds.

    Raises:
        ApiError: ValidationError for anything else.
    """
    text = str(value)
    if _TIME.fullmatch(text):
        seconds, _, fraction = text.rstrip("Z").partition(".")
        whole = datetime.fromisoformat(seconds).replace(tzinfo=UTC).timestamp()
        return whole + float(f"0.{fraction or 0}")
    try:
        return float(text)
    except ValueError as error:
        raise invalid(
            f"The event time {text} is neither yyyy-MM-dd'T'HH:mm:ssZ nor seconds since the epoch."
        ) from error


def open_group(platform: Platform, name: str) -> Document:
    """A group that takes records; ValidationError when there is none, or it is on its way."""
    try:
        group = find_group(platform, name)
    except ResourceNotFound as error:
        raise invalid(f"Feature group {name} does not exist.") from error
    if group["FeatureGroupStatus"] != "Created":
        raise invalid(f"Feature group {name} is {group['FeatureGroupStatus']}.")
    return group


def checked_values(group: Document, record: list[Document]) -> Document:
    """A record's values by name, each checked against its feature."""
    known, faults, values = features_of(group), [], {}
    for item in record:
        name = item["FeatureName"]
        if name not in known:
            faults.append(f"unknown feature {name}")
            continue
        value = item.get("ValueAsStringList", item.get("ValueAsString"))
        if not _fits(value, known[name]):
            faults.append(f"{name} is no {known[name]['FeatureType']}: {value}")
        values[name] = value
    faults += [
        f"{group[member]} must be given"
        for member in ("RecordIdentifierFeatureName", "EventTimeFeatureName")
        if values.get(group[member]) in (None, "")
    ]
    if sum(len(str(value)) for value in values.values()) > LARGEST_RECORD:
        faults.append(f"the record is larger than {LARGEST_RECORD} bytes")
    if faults:
        raise invalid("Validation Error: " + "; ".join(faults))
    return values


def _fits(value: object, feature: Document) -> bool:
    if isinstance(value, list) != bool(feature.get("CollectionType")):
        return False
    kinds = {"Integral": int, "Fractional": float}
    convert = kinds.get(feature["FeatureType"])
    if convert is None:
        return True
    try:
        for item in value if isinstance(value, list) else [value]:
            convert(str(item))
    except ValueError:
        return False
    return True


def targets(group: Document, wanted: list[str] | None) -> tuple[bool, bool]:
    """Whether a request goes to the online and to the offline store."""
    has = {
        "OnlineStore": bool((group.get("OnlineStoreConfig") or {}).get("EnableOnlineStore")),
        "OfflineStore": bool(group.get("OfflineStoreConfig")),
    }
    for store in wanted or []:
        if not has[store]:
            raise invalid(f"Feature group {group['FeatureGroupName']} has no {store}.")
    chosen = wanted or [store for store, there in has.items() if there]
    return "OnlineStore" in chosen, "OfflineStore" in chosen


def expiry(group: Document, request: Document, event_time: float) -> float | None:
    """ExpiresAt = event time + TTL; a record's own TTL counts before its group's."""
    ttl = request.get("TtlDuration") or (group.get("OnlineStoreConfig") or {}).get("TtlDuration")
    if not ttl or "Value" not in ttl:
        return None
    return event_time + float(ttl["Value"]) * UNITS[ttl.get("Unit", "Seconds")]


def record_key(group: Document, identifier: str) -> str:
    """The name of a record in the store."""
    return f"{group['FeatureGroupName']}\n{identifier}"


def _put_online(platform: Platform, group: Document, identifier: str, fresh: Document) -> None:
    key = record_key(group, identifier)
    if fresh["ExpiresAt"] is not None and fresh["ExpiresAt"] <= platform.clock():
        return

    def replace(found: Document) -> Document | None:
        newer = fresh["EventTime"] > found["EventTime"]
        return fresh | {"Key": key} if newer or expired(platform, found) else None

    while True:
        try:
            platform.store.change(RECORD, key, replace)
        except MissingError:
            try:
                platform.store.create(
                    RECORD, key, fresh | {"Key": key}, parent=group["FeatureGroupName"]
                )
            except AlreadyExistsError:
                continue  # somebody else put the first record just now: compare with that one
        return


def _delete_online(
    platform: Platform, group: Document, identifier: str, event_time: float, *, hard: bool
) -> None:
    key = record_key(group, identifier)
    found = platform.store.find(RECORD, key)
    if found is None or expired(platform, found):
        return
    if event_time <= found["EventTime"]:
        if hard:
            raise invalid(
                "HardDelete needs an EventTime later than the record's: nothing was deleted."
            )
        return
    if hard:
        platform.store.delete(RECORD, key)
        return
    platform.store.update(RECORD, key, Record=None, EventTime=event_time, ExpiresAt=None)


def _found(
    platform: Platform,
    group: Document,
    identifier: str,
    names: list[str] | None,
    expiration: str | None,
) -> Document:
    found = platform.store.find(RECORD, record_key(group, identifier))
    if found is None or expired(platform, found) or not found["Record"]:
        return {}
    unknown = sorted(set(names or []) - set(features_of(group)))
    if unknown:
        raise invalid(f"Unknown feature(s) {', '.join(unknown)}.")
    record = [item for item in found["Record"] if not names or item["FeatureName"] in names]
    answer: Document = {"Record": record}
    if expiration == "Enabled" and found.get("ExpiresAt") is not None:
        answer["ExpiresAt"] = iso_time(found["ExpiresAt"])
    return answer


def expired(platform: Platform, found: Document) -> bool:
    """Tell whether a record has outlived its time to live."""
    return found.get("ExpiresAt") is not None and found["ExpiresAt"] <= platform.clock()


def row_times(platform: Platform, event_time: float) -> Document:
    """What an offline row has besides its features."""
    return {"_event_time": event_time, "api_invocation_time": platform.now()}


def invalid(message: str) -> ApiError:
    """The runtime's ValidationError."""
    return ApiError(message, code="ValidationError", status=400)
