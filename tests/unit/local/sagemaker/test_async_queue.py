"""The queue of an asynchronous endpoint."""

import pytest

from local.sagemaker.async_queue import KIND, queue_of
from local.sagemaker.async_results import locations
from tests.unit.local.sagemaker.world import (
    ECHO_SCRIPT,
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
