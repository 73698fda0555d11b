"""InvokeEndpoint: answers, errors, capture."""

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.sagemaker.api.errors import ApiError
from tests.unit.local.sagemaker.world import (
    ECHO_SCRIPT,
    SLOW_SCRIPT,
    add_config,
    add_endpoint,
    add_model,
    call,
    invoke,
    plain_archive,
    script_archive,
    unique,
    until,
    variant,
)


@pytest.fixture(scope="module")
def plain(platform):
    return add_model(platform, plain_archive())


@pytest.fixture(scope="module")
def endpoint(platform, plain):
    config = add_config(platform, variant(plain, VariantName="a"), variant(plain, VariantName="b"))
    return add_endpoint(platform, config)


def capture_config(destination, **more):
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": destination,
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
        **more,
    }


def captured(platform, destination):
    folder = platform.objects.path(destination)
    return [
        json.loads(line)
        for file in sorted(folder.rglob("*.jsonl"))
        for line in file.read_text().splitlines()
    ]


def test_the_target_variant_answers(platform, endpoint):
    """And is named in the answer."""
    for name in ("a", "b"):
        answer = invoke(platform, endpoint, TargetVariant=name)

        assert answer["InvokedProductionVariant"] == name
        assert answer["ContentType"] == "text/csv"


def test_an_unknown_variant_is_a_validation_error(platform, endpoint):
    """400, by the runtime's own code."""
    with pytest.raises(ApiError, match="Variant c is not part of") as refused:
        invoke(platform, endpoint, TargetVariant="c")

    assert refused.value.code == "ValidationError"


def test_accept_reaches_the_model(platform, endpoint):
    """And the answer's type comes back."""
    answer = invoke(platform, endpoint, Accept="application/json")

    assert answer["ContentType"] == "application/json"
    assert "predictions" in json.loads(answer["Body"])


def test_a_models_refusal_is_a_model_error(platform, endpoint):
    """424 with what the container said, and where its log is."""
    with pytest.raises(ApiError, match=r"Received client error \(400\) from primary") as refused:
        invoke(platform, endpoint, b"1,2")

    assert (refused.value.code, refused.value.status) == ("ModelError", 424)
    assert refused.value.members["OriginalStatusCode"] == 400
    assert "the model takes 3" in refused.value.members["OriginalMessage"]
    assert refused.value.members["LogStreamArn"].endswith(f"/aws/sagemaker/Endpoints/{endpoint}")


def test_what_a_script_raises_is_a_server_error(platform):
    """500 from the model, 424 to the caller."""
    model = add_model(platform, script_archive(ECHO_SCRIPT))
    name = add_endpoint(platform, add_config(platform, variant(model)))
    with pytest.raises(ApiError, match="no such row") as refused:
        invoke(platform, name, b"raise")

    assert refused.value.members["OriginalStatusCode"] == 500


DIES_ONCE = """
import os
def model_fn(model_dir):
    return os.environ["MARK"]
def transform_fn(model, data, content_type, accept):
    if not os.path.exists(model):
        open(model, "w").close()
        os._exit(9)
    return "alive", "text/plain"
"""


def test_a_request_whose_container_dies_under_it_is_made_again(platform, tmp_path):
    """By the process that replaces it; the caller sees nothing but the answer."""
    model = add_model(platform, script_archive(DIES_ONCE), MARK=str(tmp_path / "died"))
    name = add_endpoint(platform, add_config(platform, variant(model)))

    assert invoke(platform, name)["Body"] == b"alive"
    assert (tmp_path / "died").exists()


def test_no_request_is_lost_when_an_instance_is_killed(platform):
    """Four callers, a hundred requests, and a kill in the middle of them."""
    model = add_model(platform, script_archive(ECHO_SCRIPT))
    name = add_endpoint(platform, add_config(platform, variant(model, InitialInstanceCount=2)))
    victim = platform.active["endpoint", name].fleet.instances[0]
    killed = threading.Event()

    def ask(number):
        if number == 40:
            victim._worker.kill()
            killed.set()
        return invoke(platform, name, b"you")["Body"]

    with ThreadPoolExecutor(4) as callers:
        answers = list(callers.map(ask, range(100)))

    assert answers == [b"hello you"] * 100
    assert killed.is_set()


def test_a_body_beyond_the_bound_is_refused(platform, endpoint):
    """6 MiB for instances."""
    with pytest.raises(ApiError, match="less than or equal to 6291456"):
        invoke(platform, endpoint, bytes(6_291_457))


def test_members_without_effect_here_are_refused_by_name(platform, endpoint):
    """Instead of being dropped."""
    with pytest.raises(ApiError, match="TargetModel") as refused:
        invoke(platform, endpoint, TargetModel="one.tar.gz")

    assert refused.value.code == "ValidationError"


def test_a_serverless_endpoint_throttles_beyond_its_concurrency(platform):
    """MaxConcurrency 1: the second at the same time is refused."""
    model = add_model(platform, script_archive(SLOW_SCRIPT))
    serverless = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
    name = add_endpoint(platform, add_config(platform, variant(model, ServerlessConfig=serverless)))
    asking = threading.Thread(target=lambda: invoke(platform, name, b"1"))
    asking.start()
    until(platform.active["endpoint", name].traffic.busy)
    with pytest.raises(ApiError, match="Rate exceeded") as refused:
        invoke(platform, name, b"0")
    asking.join()

    assert refused.value.code == "ThrottlingException"


def test_exchanges_are_captured_in_awss_shape(platform, plain):
    """Under endpoint, variant and hour, with the caller's id and attributes."""
    destination = f"s3://lake/{unique('capture')}"
    config = add_config(platform, variant(plain), DataCaptureConfig=capture_config(destination))
    name = add_endpoint(platform, config)
    invoke(platform, name, b"1,2,3", InferenceId="order-17", CustomAttributes="trace=abc")
    invoke(platform, name, b"4,5,6", Accept="application/json")
    first, second = until(lambda: (found := captured(platform, destination))[1:] and found)
    files = list(platform.objects.path(destination).rglob("*.jsonl"))
    described = call(platform, "DescribeEndpoint", EndpointName=name)["DataCaptureConfig"]

    asked = {
        "observedContentType": "text/csv",
        "mode": "INPUT",
        "data": "1,2,3",
        "encoding": "CSV",
    }
    assert first["captureData"]["endpointInput"] == asked
    assert first["captureData"]["endpointOutput"]["mode"] == "OUTPUT"
    assert first["eventMetadata"]["inferenceId"] == "order-17"
    assert first["eventMetadata"]["customAttributes"] == ["trace=abc"]
    assert first["eventVersion"] == "0"
    assert "inferenceId" not in second["eventMetadata"]
    output = second["captureData"]["endpointOutput"]
    assert output["encoding"] == "BASE64"  # application/json is not among the listed types
    assert "predictions" in json.loads(base64.b64decode(output["data"]))
    inside = files[0].relative_to(platform.objects.path(destination)).parts
    assert (inside[:2], len(inside)) == ((name, "primary"), 7)
    assert described["CaptureStatus"] == "Started"


def test_capture_follows_sampling_and_modes(platform, plain):
    """Nothing at 0 percent; one side alone when asked so."""
    nothing, one_side = (f"s3://lake/{unique('capture')}" for _ in range(2))
    none = capture_config(nothing, InitialSamplingPercentage=0)
    output = capture_config(one_side, CaptureOptions=[{"CaptureMode": "Output"}])
    names = [
        add_endpoint(platform, add_config(platform, variant(plain), DataCaptureConfig=config))
        for config in (none, output)
    ]
    for name in names:
        invoke(platform, name)
    (record,) = until(lambda: captured(platform, one_side))

    assert list(record["captureData"]) == ["endpointOutput"]
    assert captured(platform, nothing) == []
