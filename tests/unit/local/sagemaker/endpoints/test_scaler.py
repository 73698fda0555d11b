"""What the scaler does with what it measures."""

import pytest

from local.sagemaker.endpoints.scaler import Scaler
from tests.unit.local.sagemaker.world import (
    add_config,
    add_endpoint,
    add_model,
    call,
    plain_archive,
    unique,
    variant,
)

SERVICE = "application-autoscaling"


@pytest.fixture(scope="module")
def model(platform):
    return add_model(platform, plain_archive())


@pytest.fixture
def tracked(platform, model):
    """An endpoint that follows a metric of its own; its place and the metric's name."""
    name, metric = add_endpoint(platform, add_config(platform, variant(model))), unique("metric")
    place = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name}/variant/primary",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    call(platform, "RegisterScalableTarget", SERVICE, MinCapacity=1, MaxCapacity=3, **place)
    custom = {"MetricName": metric, "Namespace": "Own", "Statistic": "Average"}
    call(
        platform,
        "PutScalingPolicy",
        SERVICE,
        PolicyName="p",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 100.0,
            "CustomizedMetricSpecification": custom,
        },
        **place,
    )
    return place, metric


def measure(platform, metric, value):
    platform.clients.datapoints[metric] = [{"Timestamp": 1, "Average": value}]


def count(platform, place):
    name = place["ResourceId"].split("/")[1]
    found = call(platform, "DescribeEndpoint", EndpointName=name)
    return found["ProductionVariants"][0]["CurrentInstanceCount"]


def look(scaler, times):
    for _ in range(times):
        scaler.look()


def test_a_customized_metric_scales_and_then_cools_down(platform, tracked):
    """Twice the target: twice the instances, and no more within the cooldown."""
    place, metric = tracked
    scaler = Scaler(platform, 60.0)
    measure(platform, metric, 200.0)
    look(scaler, 2)
    before = count(platform, place)
    look(scaler, 1)
    after = count(platform, place)
    look(scaler, 5)

    assert (before, after, count(platform, place)) == (1, 2, 2)


def test_without_data_nothing_happens(platform, tracked):
    """A metric that nobody sends is no zero."""
    place, _ = tracked
    call(platform, "RegisterScalableTarget", SERVICE, MinCapacity=1, MaxCapacity=3, **place)
    look(Scaler(platform, 60.0), 20)

    assert count(platform, place) == 1


def test_a_suspended_direction_is_left_alone(platform, tracked):
    """DynamicScalingOutSuspended."""
    place, metric = tracked
    suspended = {"DynamicScalingOutSuspended": True}
    call(platform, "RegisterScalableTarget", SERVICE, SuspendedState=suspended, **place)
    measure(platform, metric, 900.0)
    look(Scaler(platform, 60.0), 4)

    assert count(platform, place) == 1
