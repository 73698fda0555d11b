"""Asynchronous inference through plain boto3: queued, answered in S3, told to a topic."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.sagemaker.laptop import BUCKET, unique, until
from tests.conformance.sagemaker.serving import greeting_config, make_endpoint, settle

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

SUCCESS, ERROR = (f"arn:aws:sns:us-east-1:000000000000:{word}" for word in ("done", "failed"))


@pytest.fixture(scope="module")
def endpoint(laptop: LocalSageMaker) -> str:
    """An asynchronous endpoint that greets."""
    output = {
        "S3OutputPath": f"s3://{BUCKET}/answers/",
        "S3FailurePath": f"s3://{BUCKET}/failures/",
        "NotificationConfig": {
            "SuccessTopic": SUCCESS,
            "ErrorTopic": ERROR,
            "IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC"],
        },
    }
    config = {"OutputConfig": output, "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 1}}
    return make_endpoint(laptop, greeting_config(laptop, "hello", AsyncInferenceConfig=config))


def ask(laptop: LocalSageMaker, endpoint: str, who: str, **more: Any) -> dict[str, Any]:
    uri = laptop.put(f"asked/{unique('who')}", who)
    answer: dict[str, Any] = laptop.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=endpoint, InputLocation=uri, ContentType="text/csv", **more
    )
    return answer


def written(laptop: LocalSageMaker, uri: str) -> str:
    """An object's content, as soon as it is there."""
    place = (BUCKET, uri.removeprefix(f"s3://{BUCKET}/"))
    until(lambda: place in laptop.s3.objects, f"{uri} is written")
    return laptop.s3.objects[place].decode()


def told(laptop: LocalSageMaker, inference_id: str) -> tuple[str, dict[str, Any]]:
    """The topic and message of a request's end."""
    found: list[tuple[str, dict[str, Any]]] = []

    def came() -> bool:
        messages = [(topic, json.loads(text)) for topic, text in list(laptop.s3.published)]
        found[:] = [pair for pair in messages if pair[1]["inferenceId"] == inference_id]
        return bool(found)

    until(came, f"{inference_id} is told")
    return found[0]


def test_the_answer_appears_where_the_caller_was_told(
    laptop: LocalSageMaker, endpoint: str
) -> None:
    """And the success topic hears of it, with the answer in the message."""
    answer = ask(laptop, endpoint, "you", InferenceId=(name := unique("order")))
    topic, message = told(laptop, name)

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answer["InferenceId"] == name
    assert written(laptop, answer["OutputLocation"]) == "hello you"
    assert topic == SUCCESS
    assert message["invocationStatus"] == "Completed"
    assert message["responseParameters"]["outputLocation"] == answer["OutputLocation"]
    assert base64.b64decode(message["responseBody"]["content"]) == b"hello you"
    assert message["requestParameters"]["endpointName"] == endpoint


def test_a_body_can_travel_with_the_request(laptop: LocalSageMaker, endpoint: str) -> None:
    """Its answer gets the name, and the path, that the caller wants."""
    answer = laptop.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=endpoint,
        Body=b"you",
        ContentType="text/csv",
        Filename="one.txt",
        S3OutputPathExtension=unique("today"),
    )

    assert written(laptop, answer["OutputLocation"]) == "hello you"
    assert answer["OutputLocation"].endswith("/one.txt")


def test_a_failure_is_written_and_told_apart(laptop: LocalSageMaker, endpoint: str) -> None:
    """Under the failure path; the message says why, and carries no answer."""
    answer = ask(laptop, endpoint, "fail", InferenceId=(name := unique("order")))
    topic, message = told(laptop, name)

    assert "no such name" in written(laptop, answer["FailureLocation"])
    assert topic == ERROR
    assert message["invocationStatus"] == "Failed"
    assert "(500)" in message["failureReason"]
    assert "responseBody" not in message


def test_an_input_that_is_not_there_fails(laptop: LocalSageMaker, endpoint: str) -> None:
    """With its address."""
    answer = laptop.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=endpoint, InputLocation=f"s3://{BUCKET}/nothing"
    )

    assert f"s3://{BUCKET}/nothing" in written(laptop, answer["FailureLocation"])


def test_what_is_queued_survives_a_kill(laptop: LocalSageMaker, endpoint: str) -> None:
    """Twenty requests are accepted, the server is killed, and all are answered."""
    answers = [ask(laptop, endpoint, f"number {number}") for number in range(20)]
    laptop.kill()
    laptop.start()

    for number, answer in enumerate(answers):
        assert written(laptop, answer["OutputLocation"]) == f"hello number {number}"


def test_the_two_ways_of_asking_are_kept_apart(laptop: LocalSageMaker, endpoint: str) -> None:
    """InvokeEndpoint is refused here, InvokeEndpointAsync elsewhere, and so is a lack of input."""
    runtime = laptop.client("sagemaker-runtime")
    plain = make_endpoint(laptop, greeting_config(laptop, "hello"))
    settle(laptop, endpoint)
    for call, arguments in (
        (runtime.invoke_endpoint, {"EndpointName": endpoint, "Body": b"x"}),
        (runtime.invoke_endpoint_async, {"EndpointName": plain, "InputLocation": "s3://a/b"}),
        (
            runtime.invoke_endpoint_async,
            {"EndpointName": unique("no"), "InputLocation": "s3://a/b"},
        ),
        (runtime.invoke_endpoint_async, {"EndpointName": endpoint}),
    ):
        with pytest.raises(ClientError) as refused:
            call(**arguments)

        assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_the_endpoint_describes_its_configuration(laptop: LocalSageMaker, endpoint: str) -> None:
    """As AWS does, and one without a place for answers is refused."""
    found = laptop.client().describe_endpoint(EndpointName=endpoint)["AsyncInferenceConfig"]

    assert found["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": 1}
    with pytest.raises(ClientError, match="S3OutputPath"):
        greeting_config(laptop, "hello", AsyncInferenceConfig={"OutputConfig": {}})
