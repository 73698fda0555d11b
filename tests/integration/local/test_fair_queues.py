"""Messages of a standard queue take turns by their group, and functions are told of it."""

import io
import json
import subprocess
import uuid
import zipfile
from pathlib import Path

import pytest

from local.settings import ROOT
from tests.integration.local.laptop import until

HANDLER = """
import json
def handler(event, context):
    print(json.dumps({"records": event["Records"]}))
"""


@pytest.fixture
def name():
    return f"t{uuid.uuid4().hex[:12]}"


def received(sqs, queue):
    """The body of the next message; it stays in flight."""
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    return message["Body"]


def test_a_flood_does_not_stand_before_anothers_single_message(laptop, name):
    """Nor before what has no group, which is a group of its own."""
    sqs = laptop.client("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    for number in range(20):
        sqs.send_message(QueueUrl=queue, MessageBody=f"noisy {number}", MessageGroupId="noisy")
    sqs.send_message(QueueUrl=queue, MessageBody="quiet", MessageGroupId="quiet")
    sqs.send_message(QueueUrl=queue, MessageBody="single")

    handed_out = [received(sqs, queue) for _ in range(5)]

    assert handed_out == ["noisy 0", "quiet", "single", "noisy 1", "noisy 2"]


def test_without_groups_messages_come_as_they_were_sent(laptop, name):
    sqs = laptop.client("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    for number in range(5):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))

    assert [received(sqs, queue) for _ in range(5)] == ["0", "1", "2", "3", "4"]


def test_a_function_is_told_the_group_of_a_message(laptop, name):
    """With its message attributes, as Lambda spells them."""
    sqs, functions = laptop.client("sqs"), laptop.client("lambda")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("app.py", HANDLER)
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=laptop.role(name, "lambda.amazonaws.com"),
        Code={"ZipFile": archive.getvalue()},
    )
    functions.create_event_source_mapping(
        FunctionName=name, EventSourceArn=f"arn:aws:sqs:us-east-1:000000000000:{name}", BatchSize=1
    )
    attribute = {"DataType": "String", "StringValue": "churn"}

    sqs.send_message(
        QueueUrl=queue,
        MessageBody="{}",
        MessageGroupId="churn",
        MessageAttributes={"problem": attribute},
    )

    logs = laptop.client("logs")

    def told():
        group = f"/aws/lambda/{name}"
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return None
        lines = [each["message"] for each in logs.filter_log_events(logGroupName=group)["events"]]
        return [json.loads(line)["records"] for line in lines if '"records"' in line]

    ((record,),) = until(told)
    assert record["attributes"]["MessageGroupId"] == "churn"
    assert record["messageAttributes"]["problem"]["stringValue"] == "churn"


def test_no_message_is_lost_that_is_sent_while_others_are_deleted(tmp_path):
    """It would be where what is kept is a new list, made meanwhile."""
    program = Path(__file__).parent / "programs" / "send_while_deleting.py"
    python = ROOT / ".venvs/ministack/bin/python"

    done = subprocess.run(
        [python, program, ROOT, tmp_path], capture_output=True, text=True, timeout=120, check=True
    )

    sent, received, left = map(int, done.stdout.splitlines()[-1].split())
    assert (received, left) == (sent, 0)
