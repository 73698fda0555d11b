"""CreateEndpoint, UpdateEndpoint and their siblings."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceInUse, ResourceNotFound, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.endpoints.async_queue import forget_queue
from local.sagemaker.endpoints.deployments import check_plan, check_rolling_variants, deploy
from local.sagemaker.endpoints.endpoint_configs import find_config
from local.sagemaker.endpoints.endpoint_fleets import entries, snapshot
from local.sagemaker.endpoints.endpoint_instances import StartError
from local.sagemaker.endpoints.endpoint_life import (
    DRAIN_SECONDS,
    LiveEndpoint,
    begin,
    live_endpoint,
    remove,
)
from local.sagemaker.endpoints.endpoint_state import (
    KIND,
    capture_summary,
    change_status,
    shadow_summaries,
    summaries,
)

if TYPE_CHECKING:
    from local.sagemaker.endpoints.endpoint_fleets import Fleet
    from local.sagemaker.platform import Platform

SETTLED = frozenset({"InService", "Failed", "OutOfService", "UpdateRollbackFailed"})


@operation("CreateEndpoint")
def create_endpoint(request: Document, platform: Platform) -> Document:
    """Begin to serve; the endpoint is InService as soon as its instances answer `/ping`."""
    name = request["EndpointName"]
    config = snapshot(platform, find_config(platform, request["EndpointConfigName"]))
    plan = request.pop("DeploymentConfig", None)
    check_plan(plan or {})
    now = platform.now()
    document = request | {
        # Nothing shifts at first: it is what RetainDeploymentConfig retains.
        "LastDeploymentConfig": plan,
        "EndpointArn": platform.arn(KIND, name),
        "EndpointStatus": "Creating",
        "CreationTime": now,
        "LastModifiedTime": now,
        "DataCaptureConfig": capture_summary(config),
        "AsyncInferenceConfig": config.get("AsyncInferenceConfig"),
        "_Config": config,
    }
    try:
        arn = platform.create(KIND, name, document)
    except ResourceInUse as error:
        raise ValidationException(
            f'Cannot create already existing endpoint "{document["EndpointArn"]}".'
        ) from error
    change_status(platform, name, "Creating")
    begin(platform, name)
    return {"EndpointArn": arn}


@operation("DescribeEndpoint")
def describe_endpoint(request: Document, platform: Platform) -> Document:
    """An endpoint as it is now."""
    return platform.get(KIND, request["EndpointName"])


@operation("ListEndpoints")
def list_endpoints(request: Document, platform: Platform) -> Document:
    """All endpoints, newest first."""
    return page(
        request,
        platform.store.list(KIND),
        name_member="EndpointName",
        answer_member="Endpoints",
        status_member="EndpointStatus",
    )


@operation("DeleteEndpoint")
def delete_endpoint(request: Document, platform: Platform) -> Document:
    """Stop serving; requests under way are still answered."""
    name = request["EndpointName"]
    document = platform.get(KIND, name)
    if document["EndpointStatus"] not in SETTLED:
        raise _in_progress(document)
    change_status(platform, name, "Deleting")
    forget_queue(platform, name)
    remove(platform, name)
    return {}


@operation("UpdateEndpoint")
def update_endpoint(request: Document, platform: Platform) -> Document:
    """Move an endpoint's traffic to another configuration."""
    name = request["EndpointName"]
    document = platform.get(KIND, name)
    live = _settled(platform, document)
    config = snapshot(platform, find_config(platform, request["EndpointConfigName"]))
    plan: Document = request.get("DeploymentConfig") or {}
    if request.get("RetainDeploymentConfig"):
        plan = document.get("LastDeploymentConfig") or {}
    check_plan(plan)
    _check_kinds(document["_Config"], config)
    check_rolling_variants(plan, document["_Config"], config)
    if request.get("RetainAllVariantProperties"):
        excluded = {
            item["VariantPropertyType"]
            for item in request.get("ExcludeRetainedVariantProperties", [])
        }
        config = _retaining(document, config, excluded)
    claim(platform, name, {"Config": config, "DeploymentConfig": plan})
    _work(live, lambda: deploy(platform, live, config, plan))
    return {"EndpointArn": document["EndpointArn"]}


@operation("UpdateEndpointWeightsAndCapacities")
def update_endpoint_weights_and_capacities(request: Document, platform: Platform) -> Document:
    """Change how much traffic, and how many instances, each variant has."""
    name = request["EndpointName"]
    document = platform.get(KIND, name)
    live = _settled(platform, document)
    assert live.fleet is not None
    wanted = {item["VariantName"]: item for item in request["DesiredWeightsAndCapacities"]}
    known = {variant.name for variant in [*live.fleet.variants, *live.fleet.shadows]}
    unknown = sorted(set(wanted) - known)
    if unknown:
        raise ValidationException(f"Could not find variant(s) {', '.join(unknown)} of {name}.")
    _check_serverless_updates(live.fleet, wanted)
    claim(platform, name, {})
    _work(live, lambda: rebalance(platform, live, wanted))
    return {"EndpointArn": document["EndpointArn"]}


def rebalance(platform: Platform, live: LiveEndpoint, wanted: dict[str, Document]) -> None:
    """Carry out what was claimed: weights and capacities by variant name."""
    assert live.fleet is not None
    config = live.fleet.config
    reason, surplus = None, []
    everything = [*live.fleet.variants, *live.fleet.shadows]
    for variant in everything:
        item = wanted.get(variant.name, {})
        variant.weight = item.get("DesiredWeight", variant.weight)
        if variant.serverless is not None:
            variant.serverless = variant.serverless | item.get("ServerlessUpdateConfig", {})
            continue
        try:
            count = item.get("DesiredInstanceCount", variant.count)
            surplus += live.fleet.resize(variant, count)
        except StartError as error:
            reason = str(error)[:1024]
    kept = {variant.name: variant for variant in everything}
    for entry in entries(config):
        variant = kept[entry["VariantName"]]
        entry["InitialVariantWeight"] = variant.weight
        if variant.serverless is not None:
            entry["ServerlessConfig"] = variant.serverless
        else:
            entry["InitialInstanceCount"] = len(variant.instances)
    change_status(
        platform,
        live.name,
        "InService",
        ProductionVariants=summaries(live.fleet),
        ShadowProductionVariants=shadow_summaries(live.fleet),
        FailureReason=reason,
        _Config=config,
        _Pending=None,
    )
    live.traffic.drain(surplus, DRAIN_SECONDS)
    for instance in surplus:
        instance.stop()


def _check_serverless_updates(fleet: Fleet, wanted: dict[str, Document]) -> None:
    for variant in fleet.variants:
        item = wanted.get(variant.name, {})
        if "ServerlessUpdateConfig" in item and variant.serverless is None:
            raise ValidationException(f"Variant {variant.name} is not serverless.")
        if "DesiredInstanceCount" in item and variant.serverless is not None:
            raise ValidationException(f"Serverless variant {variant.name} has no instances.")
        updated = (variant.serverless or {}) | item.get("ServerlessUpdateConfig", {})
        if updated.get("ProvisionedConcurrency", 0) > updated.get("MaxConcurrency", 0):
            raise ValidationException("ProvisionedConcurrency must not exceed MaxConcurrency.")


def _settled(platform: Platform, document: Document) -> LiveEndpoint:
    live = live_endpoint(platform, document["EndpointName"])
    if document["EndpointStatus"] != "InService" or live is None or live.fleet is None:
        raise _in_progress(document)
    return live


def claim(platform: Platform, name: str, pending: Document) -> None:
    """Set Updating, unless somebody else did in the meantime: a `ValidationException`."""

    def claim(found: Document) -> Document:
        if found["EndpointStatus"] != "InService":
            raise _in_progress(found)
        return found | {"EndpointStatus": "Updating", "_Pending": pending}

    platform.store.change(KIND, name, claim)
    summary: Document = {}
    if "Config" in pending:
        summary["PendingDeploymentSummary"] = {
            "EndpointConfigName": pending["Config"]["EndpointConfigName"],
            "StartTime": platform.now(),
        }
    change_status(platform, name, "Updating", FailureReason=None, **summary)


def _work(live: LiveEndpoint, work: Any) -> None:
    live.thread = threading.Thread(target=work, name=f"endpoint-{live.name}", daemon=True)
    live.thread.start()


def _check_kinds(old: Document, new: Document) -> None:
    """A real-time endpoint cannot become serverless (serverless-endpoints)."""
    was = any("ServerlessConfig" in variant for variant in old["ProductionVariants"])
    will_be = any("ServerlessConfig" in variant for variant in new["ProductionVariants"])
    if will_be and not was:
        raise ValidationException("Cannot update a real-time endpoint to a serverless one.")


def _retaining(document: Document, config: Document, excluded: set[str]) -> Document:
    """The new configuration with what the endpoint's variants were set to at run time."""
    now = {entry["VariantName"]: entry for entry in document["_Config"]["ProductionVariants"]}
    members = {
        "DesiredInstanceCount": "InitialInstanceCount",
        "DesiredWeight": "InitialVariantWeight",
    }
    kept = [member for kind, member in members.items() if kind not in excluded]
    variants = []
    for variant in config["ProductionVariants"]:
        old = now.get(variant["VariantName"], {})
        variants.append(variant | {member: old[member] for member in kept if member in old})
    retained = config | {"ProductionVariants": variants}
    if "DataCaptureConfig" not in excluded and document["_Config"].get("DataCaptureConfig"):
        retained["DataCaptureConfig"] = document["_Config"]["DataCaptureConfig"]
    return retained


def _in_progress(document: Document) -> ValidationException | ResourceNotFound:
    if document["EndpointStatus"] in SETTLED - {"InService"}:
        return ValidationException(
            f'Cannot update endpoint "{document["EndpointArn"]}" with status '
            f'"{document["EndpointStatus"]}": it can only be deleted.'
        )
    return ValidationException(f'Cannot update in-progress endpoint "{document["EndpointArn"]}".')
