"""Target tracking, without an endpoint."""

import pytest

from local.sagemaker.endpoints.scaling_policies import Wish, chosen, cools, wished


def policy(target=100, **more):
    config = {"TargetValue": target, **more}
    return {"PolicyName": "p", "TargetTrackingScalingPolicyConfiguration": config}


@pytest.mark.parametrize(
    ("points", "current", "capacity"),
    [
        ([150, 150, 150], 2, 3),
        ([900, 110, 300], 1, 2),
        ([100] * 3, 2, None),
        ([150, 150], 1, None),
        ([150, 90, 150], 1, None),
        ([10] * 15, 4, 1),
        ([0] * 15, 4, 0),
        ([0] * 14, 4, None),
        ([91] * 15, 4, None),
        ([80] * 15, 4, None),
        ([0] * 14 + [95], 4, None),
    ],
)
def test_capacity_follows_the_metric(points, current, capacity):
    """Up after three points, by the least of them; down after fifteen, by the most of them."""
    wish = wished(policy(), current, points)

    assert (wish.capacity if wish else None) == capacity


def test_scaling_in_can_be_switched_off():
    """DisableScaleIn."""
    assert wished(policy(DisableScaleIn=True), 4, [0] * 15) is None


def test_of_several_policies_the_largest_wish_counts():
    """And capacity shrinks only if none objects."""
    two, five = Wish(2, "a"), Wish(5, "b")

    assert chosen([two, five], 3) == five
    assert chosen([two, None], 3) is None
    assert chosen([two, Wish(1, "c")], 3) == two
    assert chosen([], 3) is None


def test_growing_waits_for_growth_and_shrinking_for_any_change():
    """Each for its own cooldown."""
    policies = [policy(ScaleOutCooldown=10, ScaleInCooldown=20)]
    grown, shrunk = {"_LastOut": 100.0}, {"_LastIn": 100.0}

    assert cools(grown, policies, outwards=True, now=109)
    assert not cools(grown, policies, outwards=True, now=110)
    assert not cools(shrunk, policies, outwards=True, now=101)
    assert cools(shrunk, policies, outwards=False, now=119)
    assert cools(grown, policies, outwards=False, now=119)
    assert not cools(shrunk, policies, outwards=False, now=120)
    assert cools(grown, [policy()], outwards=True, now=399)
