"""CreateFeatureGroup and its siblings."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import shape
from local.sagemaker.api.shaping import to_event
from local.sagemaker.assembly import at_start
from local.sagemaker.state_events import tags_of
from local.sagemaker.store import MissingError

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

KIND = "feature-group"
RECORD = "feature-record"
RESERVED = frozenset({"is_deleted", "write_time", "api_invocation_time"})
MOST_FEATURES = 2500


@operation("CreateFeatureGroup")
def create_feature_group(request: Document, platform: Platform) -> Document:
    """Make a feature group with an online store, an offline store, or both."""
    name = request["FeatureGroupName"]
    _check(request)
    now = platform.now()
    document = request | {
        "FeatureGroupArn": platform.arn(KIND, name),
        "FeatureGroupStatus": "Creating",
        "CreationTime": now,
        "LastModifiedTime": now,
        "ThroughputConfig": request.get("ThroughputConfig", {"ThroughputMode": "OnDemand"}),
    }
    if offline := request.get("OfflineStoreConfig"):
        storage = offline["S3StorageConfig"]
        resolved = storage | {"ResolvedOutputS3Uri": _resolved(platform, name, storage, now)}
        document["OfflineStoreConfig"] = {
            "DisableGlueTableCreation": False,
            **offline,
            "S3StorageConfig": resolved,
        }
        document["OfflineStoreStatus"] = {"Status": "Active"}
    arn = platform.create(KIND, name, document)
    tell(platform, document)
    _later(_created, platform, name)
    return {"FeatureGroupArn": arn}


@operation("DescribeFeatureGroup")
def describe_feature_group(request: Document, platform: Platform) -> Document:
    """A feature group, by name or ARN."""
    group = find_group(platform, request["FeatureGroupName"])
    online = (group.get("OnlineStoreConfig") or {}).get("EnableOnlineStore")
    size = 0
    if online:
        records = platform.store.list(RECORD, parent=group["FeatureGroupName"])
        size = sum(len(str(record.get("Record", ""))) for record in records)
    return group | {"OnlineStoreTotalSizeBytes": size}


@operation("ListFeatureGroups")
def list_feature_groups(request: Document, platform: Platform) -> Document:
    """All feature groups, newest first."""
    groups = platform.store.list(KIND)
    if status := request.get("FeatureGroupStatusEquals"):
        groups = [group for group in groups if group["FeatureGroupStatus"] == status]
    if status := request.get("OfflineStoreStatusEquals"):
        groups = [
            group for group in groups if group.get("OfflineStoreStatus", {}).get("Status") == status
        ]
    return page(
        request,
        groups,
        name_member="FeatureGroupName",
        answer_member="FeatureGroupSummaries",
        sort_members={"FeatureGroupStatus": "FeatureGroupStatus"},
    )


@operation("UpdateFeatureGroup")
def update_feature_group(request: Document, platform: Platform) -> Document:
    """Add features, or change how long records live, or the throughput."""
    group = find_group(platform, request["FeatureGroupName"])

    def change(found: Document) -> Document:
        if found["FeatureGroupStatus"] != "Created":
            raise ValidationException(
                f"Feature group {found['FeatureGroupName']} is {found['FeatureGroupStatus']}."
            )
        return _updated(found, request) | {
            "LastModifiedTime": platform.now(),
            "LastUpdateStatus": {"Status": "Successful"},
        }

    document = platform.store.change(KIND, group["FeatureGroupName"], change)
    tell(platform, document)
    return {"FeatureGroupArn": document["FeatureGroupArn"]}


@operation("DeleteFeatureGroup")
def delete_feature_group(request: Document, platform: Platform) -> Document:
    """Remove a group and its online records; what is in S3 stays."""
    group = find_group(platform, request["FeatureGroupName"])
    name = group["FeatureGroupName"]
    document = platform.store.update(KIND, name, FeatureGroupStatus="Deleting")
    tell(platform, document)
    _later(_deleted, platform, name)
    return {}


@operation("DescribeFeatureMetadata")
def describe_feature_metadata(request: Document, platform: Platform) -> Document:
    """What is noted of one feature."""
    group = find_group(platform, request["FeatureGroupName"])
    name = request["FeatureName"]
    if name not in features_of(group):
        raise ResourceNotFound(f"Feature {name} does not exist.")
    return feature_metadata(group, name)


@operation("UpdateFeatureMetadata")
def update_feature_metadata(request: Document, platform: Platform) -> Document:
    """Note something of one feature."""
    group = find_group(platform, request["FeatureGroupName"])
    name = request["FeatureName"]
    if name not in features_of(group):
        raise ResourceNotFound(f"Feature {name} does not exist.")

    def change(found: Document) -> Document:
        metadata = found.get("_Metadata", {})
        noted = metadata.get(name, {})
        parameters = dict(noted.get("Parameters", {}))
        parameters |= {item["Key"]: item["Value"] for item in request.get("ParameterAdditions", [])}
        for key in request.get("ParameterRemovals", []):
            parameters.pop(key, None)
        kept = {
            "Description": request.get("Description", noted.get("Description")),
            "Parameters": parameters,
            "LastModifiedTime": platform.now(),
        }
        return found | {"_Metadata": metadata | {name: kept}}

    platform.store.change(KIND, group["FeatureGroupName"], change)
    return {}


@at_start
def finish_changes(platform: Platform) -> None:
    """Finish what was under way when the process ended."""
    for group in platform.store.list(KIND):
        if group["FeatureGroupStatus"] == "Creating":
            _created(platform, group["FeatureGroupName"])
        elif group["FeatureGroupStatus"] == "Deleting":
            _deleted(platform, group["FeatureGroupName"])


def find_group(platform: Platform, name_or_arn: str) -> Document:
    """A feature group's document.

    Raises:
        ResourceNotFound: When there is none.
    """
    found = platform.store.find_by_arn(name_or_arn)
    document = found[2] if found else platform.store.find(KIND, name_or_arn)
    if document is None:
        raise ResourceNotFound(f"Resource Not Found: {name_or_arn}")
    return document


def features_of(group: Document) -> dict[str, Document]:
    """A group's feature definitions by name."""
    return {feature["FeatureName"]: feature for feature in group["FeatureDefinitions"]}


def feature_metadata(group: Document, name: str) -> Document:
    """What is noted of one of a group's features."""
    noted = group.get("_Metadata", {}).get(name, {})
    return {
        "FeatureGroupArn": group["FeatureGroupArn"],
        "FeatureGroupName": group["FeatureGroupName"],
        "FeatureName": name,
        "FeatureType": features_of(group)[name]["FeatureType"],
        "CreationTime": group["CreationTime"],
        "LastModifiedTime": noted.get("LastModifiedTime", group["CreationTime"]),
        "Description": noted.get("Description"),
        "Parameters": [
            {"Key": key, "Value": value} for key, value in noted.get("Parameters", {}).items()
        ],
    }


def tell(platform: Platform, document: Document) -> None:
    """Emit `SageMaker Feature Group State Change`."""
    detail: Document = to_event(shape("DescribeFeatureGroupResponse"), document)
    detail["Tags"] = tags_of(document)
    arn = document["FeatureGroupArn"]
    platform.events.emit("SageMaker Feature Group State Change", arn, detail)


def _check(request: Document) -> None:
    definitions = request["FeatureDefinitions"]
    names = [feature["FeatureName"] for feature in definitions]
    kinds = {feature["FeatureName"]: feature["FeatureType"] for feature in definitions}
    faults = []
    if reserved := sorted(RESERVED & {name.lower() for name in names}):
        faults.append(f"the feature names {', '.join(reserved)} are reserved")
    if len({name.lower() for name in names}) < len(names):
        faults.append("feature names must be unique")
    faults += [
        f"{member} {request[member]} is not among the FeatureDefinitions"
        for member in ("RecordIdentifierFeatureName", "EventTimeFeatureName")
        if request[member] not in kinds
    ]
    if kinds.get(request["EventTimeFeatureName"], "String") not in ("String", "Fractional"):
        faults.append("the event time feature must be of type String or Fractional")
    online = (request.get("OnlineStoreConfig") or {}).get("EnableOnlineStore")
    offline = request.get("OfflineStoreConfig")
    if not online and not offline:
        faults.append("at least one of OnlineStoreConfig and OfflineStoreConfig must be given")
    if offline and not request.get("RoleArn"):
        faults.append("RoleArn is required with an OfflineStoreConfig")
    if faults:
        raise ValidationException("Invalid feature group: " + "; ".join(faults))
    _check_tables(offline or {})


def _check_tables(offline: Document) -> None:
    """Refuse what needs a table that would not be made here."""
    if offline.get("TableFormat") == "Iceberg":
        raise ValidationException(
            "The local SageMaker does not support: OfflineStoreConfig.TableFormat Iceberg"
        )
    if offline.get("DataCatalogConfig") and not offline.get("DisableGlueTableCreation"):
        raise ValidationException(
            "The local SageMaker makes no Glue table: OfflineStoreConfig.DataCatalogConfig needs "
            "DisableGlueTableCreation"
        )


def _resolved(platform: Platform, name: str, storage: Document, now: float) -> str:
    prefix = storage["S3Uri"].rstrip("/")
    place = f"{platform.account}/sagemaker/{platform.region}/offline-store/{name}-{int(now)}"
    return f"{prefix}/{place}/data"


def _updated(found: Document, request: Document) -> Document:
    document = dict(found)
    known = {name.lower() for name in features_of(found)}
    added = request.get("FeatureAdditions", [])
    clash = sorted(
        feature["FeatureName"]
        for feature in added
        if feature["FeatureName"].lower() in known | RESERVED
    )
    if clash:
        raise ValidationException(f"These features exist or are reserved: {', '.join(clash)}")
    if len(known) + len(added) > MOST_FEATURES:
        raise ValidationException(f"A feature group can have {MOST_FEATURES} features at most.")
    document["FeatureDefinitions"] = [*found["FeatureDefinitions"], *added]
    if "OnlineStoreConfig" in request:
        if not (found.get("OnlineStoreConfig") or {}).get("EnableOnlineStore"):
            raise ValidationException("The feature group has no online store.")
        document["OnlineStoreConfig"] = found["OnlineStoreConfig"] | request["OnlineStoreConfig"]
    if "ThroughputConfig" in request:
        document["ThroughputConfig"] = found["ThroughputConfig"] | request["ThroughputConfig"]
    return document


def _created(platform: Platform, name: str) -> None:
    try:
        document = platform.store.update(KIND, name, FeatureGroupStatus="Created")
    except MissingError:
        return
    tell(platform, document)


def _deleted(platform: Platform, name: str) -> None:
    offline = platform.active.get(("offline-store", ""))
    if offline is not None:
        offline.flush()  # what was put before the group went belongs in S3 too
    for record in platform.store.list(RECORD, parent=name):
        platform.store.delete(RECORD, record["Key"])
    platform.store.delete(KIND, name)


def _later(function: object, platform: Platform, name: str) -> None:
    assert callable(function)
    threading.Thread(target=function, args=(platform, name), daemon=True).start()
