"""Steps that ask others: functions, queues; and executions that outlive their server."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local.sagemaker.settings import default_jobs_python
from tests.conformance.sagemaker.laptop import LocalSageMaker, until
from tests.conformance.sagemaker.pipelines import (
    create,
    ended,
    processing,
    said,
    start,
    statuses,
    steps_of,
)
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.conformance

QUEUE = "https://sqs.us-east-1.amazonaws.com/000000000000/work"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:double"


class Neighbours:
    """A queue that keeps its messages, and a function that doubles what it is given."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def answer(self, path: str, target: str, body: bytes) -> bytes | None:
        if target == "AmazonSQS.SendMessage":
            message = json.loads(body)["MessageBody"]
            self.messages.append(json.loads(message))
            digest = hashlib.md5(message.encode(), usedforsecurity=False).hexdigest()
            return json.dumps({"MD5OfMessageBody": digest, "MessageId": "1"}).encode()
        if path.startswith("/2015-03-31/functions/") and path.endswith("/invocations"):
            return json.dumps({"twice": 2 * json.loads(body)["number"], "more": True}).encode()
        return None

    def told(self, arn: str) -> list[dict[str, Any]]:
        return [item for item in list(self.messages) if item["pipelineExecutionArn"] == arn]


@pytest.fixture(scope="module")
def neighbours(laptop: LocalSageMaker) -> Neighbours:
    made = Neighbours()
    laptop.s3.doors.append(made.answer)
    return made


def callback(name: str, **more: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Callback",
        "SqsQueueUrl": QUEUE,
        "Arguments": {"number": {"Get": "Parameters.Number"}},
        "OutputParameters": [{"OutputName": "half", "OutputType": "Float"}],
        **more,
    }


NUMBER = [{"Name": "Number", "Type": "Integer", "DefaultValue": 5}]
HALF = {"Get": "Steps.Ask.OutputParameters['half']"}


def test_a_callback_step_waits_for_the_answer(
    laptop: LocalSageMaker, neighbours: Neighbours
) -> None:
    """The message carries arguments and token; the answer's outputs reach the next step, typed."""
    steps = [callback("Ask"), processing(laptop, "after", "say", HALF)]
    arn = start(laptop, create(laptop, *steps, Parameters=NUMBER))
    until(lambda: len(neighbours.told(arn)) == 1, "the message comes")
    message = neighbours.told(arn)[0]

    assert message["arguments"] == {"number": 5}
    assert message["status"] == "Executing"
    assert statuses(laptop, arn) == {"Ask": "Executing"}
    answer = laptop.client().send_pipeline_execution_step_success(
        CallbackToken=message["token"], OutputParameters=[{"Name": "half", "Value": "2.5"}]
    )
    assert answer["PipelineExecutionArn"] == arn
    assert ended(laptop, arn)["PipelineExecutionStatus"] == "Succeeded"
    assert said(laptop, arn, "after") == "2.5"
    metadata = steps_of(laptop, arn)["Ask"]["Metadata"]["Callback"]
    assert metadata == {
        "CallbackToken": message["token"],
        "SqsQueueUrl": QUEUE,
        "OutputParameters": [{"Name": "half", "Value": "2.5"}],
    }


def test_a_callback_step_can_be_failed(laptop: LocalSageMaker, neighbours: Neighbours) -> None:
    """The reason is the answer's; a second, other answer and an unknown token are refused."""
    arn = start(laptop, create(laptop, callback("Ask"), Parameters=NUMBER))
    until(lambda: len(neighbours.told(arn)) == 1, "the message comes")
    token = neighbours.told(arn)[0]["token"]
    client = laptop.client()
    client.send_pipeline_execution_step_failure(CallbackToken=token, FailureReason="no way")

    assert ended(laptop, arn)["PipelineExecutionStatus"] == "Failed"
    assert steps_of(laptop, arn)["Ask"]["FailureReason"] == "no way"
    with pytest.raises(ClientError, match="answered already"):
        client.send_pipeline_execution_step_success(CallbackToken=token)
    with pytest.raises(ClientError, match="No step waits"):
        client.send_pipeline_execution_step_success(CallbackToken="0123456789")


def test_a_stop_asks_the_queue_and_waits(laptop: LocalSageMaker, neighbours: Neighbours) -> None:
    """The queue hears `Stopping`; the execution is Stopped once that is answered."""
    arn = start(laptop, create(laptop, callback("Ask"), Parameters=NUMBER))
    until(lambda: len(neighbours.told(arn)) == 1, "the message comes")
    laptop.client().stop_pipeline_execution(PipelineExecutionArn=arn)
    until(lambda: len(neighbours.told(arn)) == 2, "the stop is told")
    told = neighbours.told(arn)[1]

    assert told["status"] == "Stopping"
    execution = laptop.client().describe_pipeline_execution(PipelineExecutionArn=arn)
    assert execution["PipelineExecutionStatus"] == "Stopping"
    laptop.client().send_pipeline_execution_step_failure(CallbackToken=told["token"])
    assert ended(laptop, arn)["PipelineExecutionStatus"] == "Stopped"


def test_a_lambda_step_hands_on_what_the_function_returns(
    laptop: LocalSageMaker, neighbours: Neighbours
) -> None:
    """Declared outputs are typed and can be referred to; a missing one fails the step."""
    step = {
        "Name": "Double",
        "Type": "Lambda",
        "FunctionArn": FUNCTION,
        "Arguments": {"number": {"Get": "Parameters.Number"}},
        "OutputParameters": [{"OutputName": "twice", "OutputType": "Integer"}],
    }
    after = processing(laptop, "after", "say", {"Get": "Steps.Double.OutputParameters['twice']"})
    arn = start(laptop, create(laptop, step, after, Parameters=NUMBER))

    assert ended(laptop, arn)["PipelineExecutionStatus"] == "Succeeded", steps_of(laptop, arn)
    assert said(laptop, arn, "after") == "10"
    assert steps_of(laptop, arn)["Double"]["Metadata"]["Lambda"] == {
        "Arn": FUNCTION,
        "OutputParameters": [{"Name": "twice", "Value": "10"}],
    }
    step["OutputParameters"] = [{"OutputName": "thrice", "OutputType": "Integer"}]
    arn = start(laptop, create(laptop, step, Parameters=NUMBER))
    assert ended(laptop, arn)["PipelineExecutionStatus"] == "Failed"
    assert "thrice was not given" in steps_of(laptop, arn)["Double"]["FailureReason"]


@pytest.fixture
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSageMaker]:
    """A server to kill, whose jobs environment is a link that may lead nowhere."""
    data = tmp_path_factory.mktemp("mortal")
    with TinyS3() as s3:
        server = LocalSageMaker(data, s3, ("--grace-seconds", "1"))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def test_an_execution_goes_on_after_a_kill(mortal: LocalSageMaker) -> None:
    """What succeeded is kept, the job that was cut short begins again, the wait goes on."""
    neighbours = Neighbours()
    mortal.s3.doors.append(neighbours.answer)
    steps = [
        processing(mortal, "first"),
        processing(mortal, "second", "sleep", "1.5", DependsOn=["first"]),
        callback("Ask"),
        processing(mortal, "last", "say", HALF, DependsOn=["second"]),
    ]
    arn = start(mortal, create(mortal, *steps, Parameters=NUMBER))
    until(lambda: "Metadata" in steps_of(mortal, arn).get("second", {}), "the second job runs")
    until(lambda: len(neighbours.told(arn)) == 1, "the message comes")
    before = steps_of(mortal, arn)
    mortal.kill()
    mortal.start()
    token = neighbours.told(arn)[0]["token"]
    mortal.client().send_pipeline_execution_step_success(
        CallbackToken=token, OutputParameters=[{"Name": "half", "Value": "2.5"}]
    )

    assert ended(mortal, arn)["PipelineExecutionStatus"] == "Succeeded", steps_of(mortal, arn)
    after = steps_of(mortal, arn)
    assert after["first"] == before["first"]
    assert after["second"]["AttemptCount"] == 1
    assert after["second"]["Metadata"] == before["second"]["Metadata"]
    assert said(mortal, arn, "last") == "2.5"
    assert len(neighbours.told(arn)) == 1


def test_an_internal_error_is_tried_again_as_the_policy_says(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Jobs without an interpreter fail by an internal error; a retry succeeds once it is there."""
    data = tmp_path_factory.mktemp("broken")
    interpreter = data / "python"
    with TinyS3() as s3:
        server = LocalSageMaker(data, s3, ("--jobs-python", str(interpreter)))
        server.start()
        try:
            policy = {"IntervalSeconds": 0.3, "BackoffRate": 1.0, "MaxAttempts": 100}
            kinds = {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"]}
            patient = processing(server, "patient", RetryPolicies=[policy | kinds])
            arn = start(server, create(server, patient, processing(server, "hasty")))
            until(lambda: _attempts(server, arn) >= 2, "it is tried again")
            half = {"patient": "Executing", "hasty": "Failed"}
            until(lambda: statuses(server, arn) == half, "the hasty one gives up")
            interpreter.write_text(f'#!/bin/sh\nexec {default_jobs_python()} "$@"\n')
            interpreter.chmod(0o755)

            assert ended(server, arn)["PipelineExecutionStatus"] == "Failed"
            assert statuses(server, arn) == {"patient": "Succeeded", "hasty": "Failed"}
            assert said(server, arn, "patient") == "patient"
            assert "InternalServerError" in steps_of(server, arn)["hasty"]["FailureReason"]
        finally:
            server.stop()


def _attempts(laptop: LocalSageMaker, arn: str) -> int:
    return int(steps_of(laptop, arn).get("patient", {}).get("AttemptCount", 0))
