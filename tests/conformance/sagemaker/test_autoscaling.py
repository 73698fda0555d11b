"""Application Auto Scaling through plain boto3: variants grow and shrink with their traffic."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import LocalSageMaker, unique, until
from tests.conformance.sagemaker.serving import greet, greeting_config, make_endpoint, settle
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator

DIMENSION = "sagemaker:variant:DesiredInstanceCount"


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSageMaker]:
    """A local SageMaker whose data points stand for a fifth of a second."""
    data = tmp_path_factory.mktemp("scaling")
    with TinyS3() as s3:
        server = LocalSageMaker(data, s3, ("--scaling-period-seconds", "0.2"))
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="module")
def endpoint(laptop: LocalSageMaker) -> str:
    """An endpoint of one instance that greets."""
    return make_endpoint(laptop, greeting_config(laptop, "hello"))


def resource(endpoint: str) -> dict[str, Any]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/primary",
        "ScalableDimension": DIMENSION,
    }


def tracking(target: float, **more: Any) -> dict[str, Any]:
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    config = {"TargetValue": target, "PredefinedMetricSpecification": metric, **more}
    return {
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": config,
    }


def instances(laptop: LocalSageMaker, endpoint: str) -> int:
    found = laptop.client().describe_endpoint(EndpointName=endpoint)
    count: int = found["ProductionVariants"][0]["CurrentInstanceCount"]
    return count


def test_a_variant_grows_with_its_traffic_and_shrinks_without(laptop: LocalSageMaker) -> None:
    """No request fails meanwhile, and the activities say what was done."""
    name = make_endpoint(laptop, greeting_config(laptop, "hello"))
    client, place = laptop.client("application-autoscaling"), resource(name)
    client.register_scalable_target(MinCapacity=1, MaxCapacity=2, **place)
    cooldowns = {"ScaleOutCooldown": 0, "ScaleInCooldown": 0}
    client.put_scaling_policy(PolicyName="p", **place, **tracking(60.0, **cooldowns))
    ended, answers = threading.Event(), []

    def load() -> None:
        while not ended.is_set():
            answers.append(greet(laptop, name))

    thread = threading.Thread(target=load)
    thread.start()
    try:
        until(lambda: instances(laptop, name) == 2, "it grows")
    finally:
        ended.set()
        thread.join()
    until(lambda: instances(laptop, name) == 1, "it shrinks")
    settle(laptop, name)
    until(
        lambda: len(client.describe_scaling_activities(**place)["ScalingActivities"]) == 2,
        "both activities are told",
    )
    activities = client.describe_scaling_activities(**place)["ScalingActivities"]

    assert set(answers) == {"hello you"}
    assert [activity["StatusCode"] for activity in activities] == ["Successful", "Successful"]
    assert [activity["Description"][-2] for activity in activities] == ["1", "2"]


def test_a_raised_minimum_is_reached_without_traffic(laptop: LocalSageMaker) -> None:
    """Registering again changes the bounds alone."""
    name = make_endpoint(laptop, greeting_config(laptop, "hello"))
    client, place = laptop.client("application-autoscaling"), resource(name)
    arns = {
        client.register_scalable_target(MinCapacity=least, MaxCapacity=2, **place)[
            "ScalableTargetARN"
        ]
        for least in (1, 2)
    }
    until(lambda: instances(laptop, name) == 2, "it grows")

    assert len(arns) == 1


def test_a_target_takes_its_policies_with_it(laptop: LocalSageMaker, endpoint: str) -> None:
    """Both are described as they were put; a policy put again keeps its ARN."""
    client, place = laptop.client("application-autoscaling"), resource(endpoint)
    client.register_scalable_target(MinCapacity=1, MaxCapacity=3, **place)
    arns = {
        client.put_scaling_policy(PolicyName="one", **place, **tracking(target))["PolicyARN"]
        for target in (1000.0, 2000.0)
    }
    client.put_scaling_policy(PolicyName="two", **place, **tracking(1000.0))
    (target,) = client.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[place["ResourceId"]]
    )["ScalableTargets"]
    policies = client.describe_scaling_policies(**place)["ScalingPolicies"]
    client.delete_scaling_policy(PolicyName="two", **place)
    left = client.describe_scaling_policies(**place)["ScalingPolicies"]
    client.deregister_scalable_target(**place)

    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 3)
    assert len(arns) == 1
    assert [policy["PolicyName"] for policy in policies] == ["one", "two"]
    assert policies[0]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 2000.0
    assert [policy["PolicyName"] for policy in left] == ["one"]
    assert client.describe_scaling_policies(**place)["ScalingPolicies"] == []


@pytest.mark.parametrize(
    ("call", "more"),
    [
        ("deregister_scalable_target", {}),
        ("delete_scaling_policy", {"PolicyName": "one"}),
        ("put_scaling_policy", {"PolicyName": "one", **tracking(1.0)}),
    ],
)
def test_what_is_not_there_is_told_by_awss_name(
    laptop: LocalSageMaker, call: str, more: dict[str, Any]
) -> None:
    """ObjectNotFoundException."""
    place = resource(unique("none"))
    with pytest.raises(ClientError) as refused:
        getattr(laptop.client("application-autoscaling"), call)(**place, **more)

    assert refused.value.response["Error"]["Code"] == "ObjectNotFoundException"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"}, "scales"),
        ({"ResourceId": f"endpoint/{unique('none')}/variant/primary"}, "No variant found"),
        ({"MinCapacity": 0}, "at least 1"),
        ({"MinCapacity": 3}, "not greater than"),
    ],
)
def test_what_cannot_scale_is_refused(
    laptop: LocalSageMaker, endpoint: str, change: dict[str, Any], said: str
) -> None:
    """By name."""
    request = resource(endpoint) | {"MinCapacity": 1, "MaxCapacity": 2} | change
    with pytest.raises(ClientError, match=said) as refused:
        laptop.client("application-autoscaling").register_scalable_target(**request)

    assert refused.value.response["Error"]["Code"] == "ValidationException"
