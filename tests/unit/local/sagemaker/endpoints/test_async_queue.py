"""The queue of an asynchronous endpoint."""

import pytest

from local.sagemaker.endpoints.async_queue import KIND, queue_of
from local.sagemaker.endpoints.async_results import locations
from tests.unit.local.sagemaker.world import (
    ECHO_SCRIPT,
    SLOW_SCRIPT,
    add_config,
    add_endpoint,
    add_model,
    call,
    script_archive,
    unique,
    until,
    variant,
)

OUTPUT = {"OutputConfig": {"S3OutputPath": "s3://lake/out/", "S3FailurePath": "s3://lake/bad"}}


@pytest.fixture(scope="module")
def endpoint(platform):
    model = add_model(platform, script_archive(ECHO_SCRIPT))
    return add_endpoint(platform, add_config(platform, variant(model), AsyncInferenceConfig=OUTPUT))


def test_a_request_that_waited_too_long_expires(platform, endpoint):
    """Its failure is written; the model is not asked."""
    identity = unique("request")
    entry = {
        "Identity": identity,
        "EndpointName": endpoint,
        "InferenceId": "1",
        "ReceivedTime": platform.now() - 61,
        "Config": OUTPUT,
        "Request": {"RequestTTLSeconds": 60, "InputLocation": "s3://lake/none"},
        **locations(OUTPUT, {}, identity),
    }
    queue_of(platform, endpoint).put(entry)
    place = platform.objects.path(f"s3://lake/bad/{identity}-error.out")
    until(lambda: platform.store.find(KIND, identity) is None)

    assert "expired" in place.read_text()


class KeptMetrics:
    """CloudWatch metrics that are looked at instead of sent."""

    def __init__(self):
        self.values = []

    def put(self, _namespace, name, value, dimensions, *, unit):
        self.values.append((name, value, tuple(dimensions.items()), unit))


@pytest.mark.parametrize("bound", [1, 2])
def test_an_instance_gets_so_many_requests_at_once(platform, monkeypatch, bound):
    """MaxConcurrentInvocationsPerInstance; the rest is the backlog, which metrics tell."""
    monkeypatch.setattr(platform, "metrics", metrics := KeptMetrics())
    model = add_model(platform, script_archive(SLOW_SCRIPT))
    config = OUTPUT | {"ClientConfig": {"MaxConcurrentInvocationsPerInstance": bound}}
    name = add_endpoint(platform, add_config(platform, variant(model), AsyncInferenceConfig=config))
    for _ in range(4):
        call(
            platform,
            "InvokeEndpointAsync",
            "sagemaker-runtime",
            EndpointName=name,
            Body=b"0.4",
            ContentType="text/csv",
        )
    queue, traffic, busy = queue_of(platform, name), platform.active["endpoint", name].traffic, []
    until(lambda: busy.append(traffic.busy()) or not queue.backlog)
    until(lambda: ("ApproximateBacklogSize", 0.0) in [told[:2] for told in metrics.values])
    sizes = [value for told, value, *_ in metrics.values if told == "ApproximateBacklogSize"]

    assert max(busy) == bound
    assert max(sizes) >= 1
    assert metrics.values[0][2:] == ((("EndpointName", name),), "Count")


def test_a_deleted_endpoint_drops_what_waits(platform):
    """Nothing is left in the store."""
    model = add_model(platform, script_archive("import time\ndef model_fn(d): time.sleep(60)"))
    config = add_config(platform, variant(model), AsyncInferenceConfig=OUTPUT)
    name = unique("endpoint")
    call(platform, "CreateEndpoint", EndpointName=name, EndpointConfigName=config)
    entry = {
        "Identity": unique("request"),
        "EndpointName": name,
        "ReceivedTime": platform.now(),
        "Request": {},
    }
    queue = queue_of(platform, name)
    queue.put(entry)
    waiting = queue.backlog
    platform.store.update("endpoint", name, EndpointStatus="InService")
    call(platform, "DeleteEndpoint", EndpointName=name)

    assert waiting == 1
    assert platform.store.list(KIND, parent=name) == []


def test_places_are_named_by_the_request():
    """A file name stands for the whole name, an extension for folders; failures keep their own."""
    request = {"Filename": "a.json", "S3OutputPathExtension": "x/y"}

    assert locations(OUTPUT, request, "7") == {
        "OutputLocation": "s3://lake/out/x/y/a.json",
        "FailureLocation": "s3://lake/bad/x/y/7-error.out",
    }
    assert locations(OUTPUT, {}, "7")["OutputLocation"] == "s3://lake/out/7.out"
