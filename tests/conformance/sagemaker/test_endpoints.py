"""Endpoints from outside: served, updated without a failed request, served again after a kill."""

from __future__ import annotations

import statistics
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from lifecycle.aws_events import EndpointChanged, parse_aws_event
from tests.conformance.sagemaker.laptop import BUCKET, LocalSageMaker, unique, until
from tests.conformance.sagemaker.serving import (
    details,
    greet,
    greeting_config,
    make_endpoint,
    settle,
)
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.conformance

CHANGE = "SageMaker Endpoint State Change"
MOST_OVERHEAD_SECONDS = 0.025
"""Through boto3, which takes 1 to 2 ms of it; generous, for machines that do other things too."""


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[LocalSageMaker]:
    """A local SageMaker of this test alone, to be killed."""
    with TinyS3() as s3:
        server = LocalSageMaker(tmp_path, s3)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def model_servers(laptop: LocalSageMaker) -> list[Path]:
    """The processes that work in an endpoint's folder."""
    home = str(laptop.data / "endpoints")
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            where = str(link.readlink())
        except OSError:  # it ended meanwhile
            continue
        if where.startswith(home):
            found.append(link)
    return found


def test_an_endpoint_answers_within_milliseconds(laptop: LocalSageMaker) -> None:
    """The median of a hundred requests, client included."""
    name = make_endpoint(laptop, greeting_config(laptop, "hello"))
    assert greet(laptop, name) == "hello you"

    times = []
    for _ in range(100):
        began = time.perf_counter()
        greet(laptop, name)
        times.append(time.perf_counter() - began)

    assert statistics.median(times) < MOST_OVERHEAD_SECONDS


def test_the_answer_carries_what_aws_puts_into_headers(laptop: LocalSageMaker) -> None:
    """Type, variant and the model's bytes as a stream."""
    name = make_endpoint(laptop, greeting_config(laptop, "hello"))
    answer = laptop.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name,
        ContentType="text/csv",
        Body=b"you",
        InferenceId="id-1",
        CustomAttributes="trace=1",
        TargetVariant="primary",
    )

    assert answer["ContentType"] == "text/plain"
    assert answer["InvokedProductionVariant"] == "primary"
    assert answer["Body"].read() == b"hello you"


def test_errors_reach_the_client_as_awss(laptop: LocalSageMaker) -> None:
    """Code, status and members of ModelError; ValidationError for an unknown endpoint."""
    name = make_endpoint(laptop, greeting_config(laptop, "hello"))
    with pytest.raises(ClientError) as model_error:
        greet(laptop, name, "fail")
    with pytest.raises(ClientError) as unknown:
        greet(laptop, unique("nothing"))

    response: Any = model_error.value.response
    assert response["Error"]["Code"] == "ModelError"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert response["OriginalStatusCode"] == 500
    assert response["OriginalMessage"].startswith("no such name")
    assert unknown.value.response["Error"]["Code"] == "ValidationError"


def test_its_events_can_be_read_by_the_relay(laptop: LocalSageMaker) -> None:
    """CREATING, then IN_SERVICE."""
    name = make_endpoint(laptop, greeting_config(laptop, "hello"))
    arn = laptop.client().describe_endpoint(EndpointName=name)["EndpointArn"]
    until(lambda: len(details(laptop, CHANGE, arn)) >= 2, "both events came")
    read = [
        parse_aws_event(
            {
                "source": "aws.sagemaker",
                "detail-type": CHANGE,
                "resources": [arn],
                "detail": detail,
            }
        )
        for detail in details(laptop, CHANGE, arn)
    ]

    assert all(isinstance(event, EndpointChanged) for event in read)
    assert [event.status for event in read if isinstance(event, EndpointChanged)] == [
        "CREATING",
        "IN_SERVICE",
    ]


def test_no_request_fails_while_a_canary_shifts(laptop: LocalSageMaker) -> None:
    """Clients over HTTP ask all the time; the answers go from the old model to the new one."""
    name = make_endpoint(laptop, greeting_config(laptop, "old"))
    config = greeting_config(laptop, "new")
    answers: list[str] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            answers.append(greet(laptop, name))  # a failure would end the thread: counted below

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    laptop.client().update_endpoint(
        EndpointName=name,
        EndpointConfigName=config,
        DeploymentConfig={
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {
                    "Type": "CANARY",
                    "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                    "WaitIntervalInSeconds": 1,
                }
            }
        },
    )
    found = settle(laptop, name)
    alive = [thread.is_alive() for thread in threads]
    ended.set()
    for thread in threads:
        thread.join()

    assert alive == [True] * 3
    assert found["EndpointConfigName"] == config
    assert set(answers) == {"old you", "new you"}
    assert greet(laptop, name) == "new you"


def test_captured_data_lands_in_s3(laptop: LocalSageMaker) -> None:
    """Within seconds, under the endpoint's and the variant's name."""
    prefix = unique("capture")
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/{prefix}",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    }
    config = greeting_config(laptop, "hello", DataCaptureConfig=capture)
    name = make_endpoint(laptop, config)
    greet(laptop, name)
    until(lambda: bool(laptop.s3.keys(BUCKET, prefix)), "a file is there", seconds=10)

    (key,) = laptop.s3.keys(BUCKET, prefix)
    assert key.startswith(f"{prefix}/{name}/primary/")
    assert key.endswith(".jsonl")


def test_after_a_kill_it_is_served_again(mortal: LocalSageMaker) -> None:
    """SIGKILL leaves no model server; the restarted server serves before anybody asks it to."""
    name = make_endpoint(mortal, greeting_config(mortal, "hello"))
    assert model_servers(mortal)
    mortal.kill()
    until(lambda: not model_servers(mortal), "no model server is left", seconds=10)
    mortal.start()

    assert greet(mortal, name) == "hello you"
    assert settle(mortal, name)["EndpointStatus"] == "InService"


def test_what_was_captured_is_written_when_the_server_ends(mortal: LocalSageMaker) -> None:
    """A stop right after an invocation loses nothing."""
    capture = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/capture",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    }
    name = make_endpoint(mortal, greeting_config(mortal, "hello", DataCaptureConfig=capture))
    for _ in range(5):
        greet(mortal, name)
    mortal.stop()
    lines = [
        line
        for key in mortal.s3.keys(BUCKET, "capture")
        for line in mortal.s3.objects[BUCKET, key].splitlines()
    ]
    mortal.start()

    assert len(lines) == 5
