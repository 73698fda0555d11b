"""Application Auto Scaling for SageMaker variants: targets, policies, and what they did.

Only `sagemaker:variant:DesiredInstanceCount` with target tracking. No CloudWatch alarms are made:
the scaler measures by itself (`scaler`), so a policy's answer lists none.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ApiError, ValidationException
from local.sagemaker.api.listing import page
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import AUTO_SCALING
from local.sagemaker.store import AlreadyExistsError

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

TARGET, POLICY, ACTIVITY = "scalable-target", "scaling-policy", "scaling-activity"
NAMESPACE, DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"
INVOCATIONS = "SageMakerVariantInvocationsPerInstance"
_RESOURCE = re.compile(r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)")
_PAGE = 50


@operation(
    "RegisterScalableTarget",
    service=AUTO_SCALING,
    honours={
        "ServiceNamespace",
        "ResourceId",
        "ScalableDimension",
        "MinCapacity",
        "MaxCapacity",
        "RoleARN",
        "SuspendedState",
    },
    refuses={"SuspendedState.ScheduledScalingSuspended"},
)
def register_scalable_target(request: Document, platform: Platform) -> Document:
    """Let a variant scale between two counts, or change these."""
    resource = _known(request)
    endpoint, variant = parts_of(resource)
    found = platform.store.find("endpoint", endpoint)
    names = [entry["VariantName"] for entry in (found or {}).get("ProductionVariants", [])]
    if variant not in names:
        raise ValidationException(f"No variant found for {resource}.")
    old = platform.store.find(TARGET, resource)
    role = (
        f"arn:{platform.settings.partition}:iam::{platform.account}:role/aws-service-role/"
        "sagemaker.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    )
    identity = uuid.uuid4().hex
    prefix = f"arn:{platform.settings.partition}:application-autoscaling:{platform.region}"
    base = {
        "CreationTime": platform.now(),
        "RoleARN": role,
        "ScalableTargetARN": f"{prefix}:{platform.account}:scalable-target/{identity}",
    }
    document = base | (old or {}) | request
    _check_bounds(document)
    try:
        platform.store.create(TARGET, resource, document)
    except AlreadyExistsError:
        platform.store.change(TARGET, resource, lambda kept: kept | request)
    return {"ScalableTargetARN": document["ScalableTargetARN"]}


@operation("DescribeScalableTargets", service=AUTO_SCALING)
def describe_scalable_targets(request: Document, platform: Platform) -> Document:
    """The targets of a namespace, or those of some resources."""
    wanted = request.get("ResourceIds")
    found = [
        target
        for target in _of(platform, TARGET, request)
        if not wanted or target["ResourceId"] in wanted
    ]
    return _page(request, found, "ScalableTargets")


@operation("DeregisterScalableTarget", service=AUTO_SCALING)
def deregister_scalable_target(request: Document, platform: Platform) -> Document:
    """Forget a target together with its policies; its instances stay as many as they are."""
    resource = _known(request)
    if not platform.store.delete(TARGET, resource):
        raise _missing(f"No scalable target found for {_described(request)}.")
    for policy in platform.store.list(POLICY, parent=resource):
        platform.store.delete(POLICY, _policy_key(policy))
    return {}


@operation(
    "PutScalingPolicy",
    service=AUTO_SCALING,
    honours={
        "PolicyName",
        "ServiceNamespace",
        "ResourceId",
        "ScalableDimension",
        "PolicyType",
        "TargetTrackingScalingPolicyConfiguration",
    },
    refuses={
        "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.Metrics",
        "TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.ResourceLabel",
    },
)
def put_scaling_policy(request: Document, platform: Platform) -> Document:
    """Make a policy, or change one of the same name."""
    resource = _known(request)
    if platform.store.find(TARGET, resource) is None:
        raise _missing(f"No scalable target registered for {_described(request)}.")
    _check_policy(request)
    key = _policy_key(request)
    old = platform.store.find(POLICY, key)
    prefix = f"arn:{platform.settings.partition}:autoscaling:{platform.region}:{platform.account}"
    base = {
        "PolicyARN": f"{prefix}:scalingPolicy:{uuid.uuid4()}:resource/sagemaker/{resource}:"
        f"policyName/{request['PolicyName']}",
        "CreationTime": platform.now(),
    }
    document = base | (old or {}) | request | {"PolicyType": "TargetTrackingScaling"}
    try:
        platform.store.create(POLICY, key, document, parent=resource)
    except AlreadyExistsError:
        platform.store.change(POLICY, key, lambda kept: kept | document)
    return {"PolicyARN": document["PolicyARN"], "Alarms": []}


@operation("DescribeScalingPolicies", service=AUTO_SCALING)
def describe_scaling_policies(request: Document, platform: Platform) -> Document:
    """The policies of a namespace, of a resource, or those of some names."""
    names = request.get("PolicyNames")
    found = [
        policy
        for policy in _of(platform, POLICY, request)
        if not names or policy["PolicyName"] in names or policy["PolicyARN"] in names
    ]
    return _page(request, found, "ScalingPolicies")


@operation("DeleteScalingPolicy", service=AUTO_SCALING)
def delete_scaling_policy(request: Document, platform: Platform) -> Document:
    """Forget a policy."""
    _known(request)
    if not platform.store.delete(POLICY, _policy_key(request)):
        raise _missing(f"No scaling policy found for {_described(request)}.")
    return {}


@operation(
    "DescribeScalingActivities",
    service=AUTO_SCALING,
    honours={"ServiceNamespace", "ResourceId", "ScalableDimension", "MaxResults", "NextToken"},
)
def describe_scaling_activities(request: Document, platform: Platform) -> Document:
    """What was scaled, newest first."""
    found = list(reversed(_of(platform, ACTIVITY, request)))
    return _page(request, found, "ScalingActivities")


def parts_of(resource: str) -> tuple[str, str]:
    """Endpoint and variant of `endpoint/<name>/variant/<name>`; raises `ValidationException`."""
    match = _RESOURCE.fullmatch(resource)
    if match is None:
        raise ValidationException(f"Unsupported resource: {resource}.")
    return match["endpoint"], match["variant"]


def _known(request: Document) -> str:
    """The resource; raises `ValidationException` when it is none that can be scaled here."""
    if request["ServiceNamespace"] != NAMESPACE or request["ScalableDimension"] != DIMENSION:
        raise ValidationException(
            f"The local SageMaker scales {DIMENSION} of {NAMESPACE} only, not "
            f"{request['ScalableDimension']} of {request['ServiceNamespace']}."
        )
    resource: str = request["ResourceId"]
    parts_of(resource)
    return resource


def _check_bounds(target: Document) -> None:
    least, most = target.get("MinCapacity"), target.get("MaxCapacity")
    if least is None or most is None:
        raise ValidationException("MinCapacity and MaxCapacity are required to register a target.")
    if not 1 <= least <= most:
        raise ValidationException(
            "MinCapacity must be at least 1 (the local SageMaker does not scale to zero), and not "
            "greater than MaxCapacity."
        )


def _check_policy(request: Document) -> None:
    if request.get("PolicyType", "TargetTrackingScaling") != "TargetTrackingScaling":
        raise ValidationException(
            f"The local SageMaker does not support: PolicyType {request['PolicyType']}"
        )
    config = request.get("TargetTrackingScalingPolicyConfiguration") or {}
    predefined = config.get("PredefinedMetricSpecification")
    customized = config.get("CustomizedMetricSpecification")
    if (predefined is None) == (customized is None):
        raise ValidationException(
            "Give exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification."
        )
    if config["TargetValue"] <= 0:
        raise ValidationException("TargetValue must be greater than 0.")
    if predefined and predefined["PredefinedMetricType"] != INVOCATIONS:
        raise ValidationException(
            "The local SageMaker does not support: PredefinedMetricType "
            f"{predefined['PredefinedMetricType']}"
        )
    needed = ("MetricName", "Namespace", "Statistic")
    if customized and not all(customized.get(member) for member in needed):
        raise ValidationException(f"CustomizedMetricSpecification needs {', '.join(needed)}.")


def _policy_key(policy: Document) -> str:
    return f"{policy['ResourceId']}|{policy['PolicyName']}"


def _of(platform: Platform, kind: str, request: Document) -> list[Document]:
    """The documents of a kind that a request's namespace, resource and dimension leave."""
    members = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    given = {member: request[member] for member in members if member in request}
    return [item for item in platform.store.list(kind) if given.items() <= item.items()]


def _page(request: Document, found: list[Document], member: str) -> Document:
    asked = {"MaxResults": request.get("MaxResults", _PAGE), "NextToken": request.get("NextToken")}
    return page(
        asked | {"SortBy": "Status"},
        found,
        name_member="ResourceId",
        answer_member=member,
        status_member="ServiceNamespace",
        default_order="Ascending",
    )


def _described(request: Document) -> str:
    return (
        f"service namespace: {request['ServiceNamespace']}, resource ID: {request['ResourceId']}, "
        f"scalable dimension: {request['ScalableDimension']}"
    )


def _missing(message: str) -> ApiError:
    return ApiError(message, code="ObjectNotFoundException", status=400)
