"""The state of the cloud outlives its process."""

import os
import signal

import pytest

from tests.integration.local.laptop import Laptop, until


@pytest.fixture
def mortal(tmp_path, sagemaker):
    laptop = Laptop(tmp_path, sagemaker.server_address[1])
    yield laptop
    laptop.child.end()


def fill(laptop):
    laptop.client("s3").create_bucket(Bucket="kept")
    laptop.client("s3").put_object(Bucket="kept", Key="a/b c", Body=b"kept")
    queue = laptop.client("sqs").create_queue(QueueName="kept")["QueueUrl"]
    laptop.client("sqs").send_message(QueueUrl=queue, MessageBody="kept")


def check(laptop):
    body = laptop.client("s3").get_object(Bucket="kept", Key="a/b c")["Body"].read()
    sqs = laptop.client("sqs")
    queue = sqs.get_queue_url(QueueName="kept")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert (body, message["Body"]) == (b"kept", "kept")


def test_nothing_is_lost_at_a_clean_stop(mortal):
    """Objects and messages are there after the next start."""
    fill(mortal)

    mortal.child.end()
    mortal.start()

    check(mortal)


def test_little_is_lost_when_it_is_killed(mortal):
    """Seconds after the last change, all of it is on disk."""
    fill(mortal)
    saved = mortal.settings.state / "ministack" / "sqs.json"
    until(lambda: saved.exists() and "kept" in saved.read_text())
    buckets = mortal.settings.state / "ministack" / "s3.json"
    until(lambda: buckets.exists() and "kept" in buckets.read_text())

    os.kill(mortal.child.process.pid, signal.SIGKILL)
    mortal.child.end()
    mortal.start()

    check(mortal)
