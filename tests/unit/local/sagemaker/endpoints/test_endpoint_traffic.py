"""Which instance answers, and when a fleet is idle."""

import threading
from types import SimpleNamespace

import pytest

from local.sagemaker.api.errors import ApiError
from local.sagemaker.endpoints.endpoint_fleets import VariantFleet
from local.sagemaker.endpoints.endpoint_traffic import Share, Traffic


def instance(healthy=True, busy=0):
    return SimpleNamespace(healthy=healthy, in_flight=busy)


def fleet(*variants):
    made = SimpleNamespace(variants=list(variants))
    made.variant = lambda name: next((one for one in variants if one.name == name), None)
    return made


def variant(name, *instances, weight=1.0, serverless=None):
    made = VariantFleet(name, weight, len(instances), "m", "i", serverless)
    made.instances = list(instances)
    return made


def traffic(*fleets):
    made = Traffic("endpoint")
    made.route([Share(one, 1 / len(fleets)) for one in fleets])
    return made


def test_the_least_busy_healthy_instance_answers():
    """LEAST_OUTSTANDING_REQUESTS, SageMaker's default routing."""
    busy, idle, ill = instance(busy=3), instance(busy=1), instance(healthy=False)
    with traffic(fleet(variant("a", busy, idle, ill))).lease() as lease:
        assert lease.instance is idle
        assert idle.in_flight == 2

    assert idle.in_flight == 1


def test_weights_decide_between_variants():
    """Three to one over many requests."""
    made = traffic(fleet(variant("a", instance(), weight=3.0), variant("b", instance())))
    names = []
    for _ in range(2000):
        with made.lease() as lease:
            names.append(lease.variant.name)

    assert names.count("a") / 2000 == pytest.approx(0.75, abs=0.05)


def test_no_weight_at_all_is_an_error():
    """Nobody takes the traffic."""
    made = traffic(fleet(variant("a", instance(), weight=0.0), variant("b", instance(), weight=0)))

    with pytest.raises(ApiError, match="all weights are 0"), made.lease():
        pass


def test_a_request_waits_for_an_instance_that_comes_back():
    """Instead of failing."""
    ill = instance(healthy=False)
    made = traffic(fleet(variant("a", ill)))
    timer = threading.Timer(0.1, lambda: setattr(ill, "healthy", True))
    timer.start()
    with made.lease() as lease:
        assert lease.instance is ill
    timer.join()


def test_a_closed_endpoint_takes_no_more():
    """A waiting request is told so, too."""
    made = traffic(fleet(variant("a", instance(healthy=False))))
    timer = threading.Timer(0.1, made.close)
    timer.start()
    with pytest.raises(ApiError, match="not found"), made.lease():
        pass
    timer.join()


def test_draining_waits_for_the_last_request():
    """True only when nothing is in flight."""
    one = instance()
    made = traffic(fleet(variant("a", one)))
    with made.lease():
        assert not made.drain([one], 0.02)

    assert made.drain([one], 0.02)
