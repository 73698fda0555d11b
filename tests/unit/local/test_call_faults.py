"""A function's calls meet their faults, over a real connection, in a real process."""

import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from local.call_faults import (
    ERROR,
    FOR_GOOD,
    KILL_AFTER,
    KILL_BEFORE,
    THROTTLE,
    TIMEOUT,
    WAYS,
)
from local.fault_plan import VARIABLE
from local.settings import ROOT

FUNCTION = """
import json, sys
import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from local.call_faults import faulty

CALLS = {
    "s3": lambda client: client.put_object(Bucket="b", Key="k", Body=b"x"),
    "dynamodb": lambda client: client.get_item(TableName="t", Key={"pk": {"S": "a"}}),
    "sns": lambda client: client.publish(TopicArn="arn:aws:sns:us-east-1:1:t", Message="m"),
}

def handle(event, context):
    message = json.loads(event["Records"][0]["body"])
    service = message["service"]
    client = boto3.client(service, config=Config(retries={"mode": "standard", "max_attempts": 3}))
    try:
        for _ in range(message.get("times", 1)):
            CALLS[service](client)
    except (BotoCoreError, ClientError) as error:
        print(type(error).__name__, str(error).split(")")[0], flush=True)
        return {"batchItemFailures": [{"itemIdentifier": "1"}]}
    print("done", flush=True)
    return {"batchItemFailures": []}

handler = faulty(handle, "F")
for body in json.loads(sys.argv[1]):
    handler({"Records": [{"body": json.dumps(body)}]}, None)
"""


class Answer(BaseHTTPRequestHandler):
    """Takes everything and counts it."""

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.taken.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_PUT = do_POST  # noqa: N815 -- http.server's own naming

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.taken = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "names").write_text("fm[0-9]+")
    (tmp_path / "plans").mkdir()
    return tmp_path


def message(life, service="dynamodb", **more):
    return {"id": life, "detail-type": "E", "detail": {"life": life}, "service": service, **more}


def plan(folder, life, *ways, operation="dynamodb:GetItem"):
    """Plan a fault of each way, at the message's first call, its second and so on."""
    place = {"function": "F", "heard": "E", "occurrence": 1, "operation": operation}
    points = [
        {**place, "call": call, "way": way, "id": f"{life}-{call}"}
        for call, way in enumerate(ways, 1)
    ]
    (folder / "plans" / f"{life}.json").write_text(json.dumps(points))


def run(folder, server, *messages):
    """Exit code and printed lines of a function that handles these messages."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
        VARIABLE: str(folder),
    }
    command = [sys.executable, "-c", FUNCTION, json.dumps(messages)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize(("way", "requests"), [(KILL_BEFORE, 0), (KILL_AFTER, 1)])
def test_the_process_is_killed_just_before_or_just_after_the_call_and_then_never_again(
    folder, server, way, requests
):
    plan(folder, "fm1", way)

    assert run(folder, server, message("fm1")) == (-signal.SIGKILL, [])
    assert len(server.taken) == requests
    assert run(folder, server, message("fm1")) == (0, ["done"])


def test_botocore_tries_again_after_one_fault_and_fails_after_a_lasting_one(folder, server):
    ways = [way for way in WAYS if way not in {KILL_BEFORE, KILL_AFTER}]
    for number, way in enumerate(ways):
        plan(folder, f"fm{number}", way)

    code, lines = run(folder, server, *(message(f"fm{number}") for number in range(len(ways))))

    told = dict(zip(ways, lines, strict=True))
    assert code == 0
    assert [told[way] for way in (THROTTLE, ERROR, TIMEOUT)] == ["done"] * 3
    assert "ThrottlingException" in told[THROTTLE + FOR_GOOD]
    assert "InternalServerError" in told[ERROR + FOR_GOOD]
    assert told[TIMEOUT + FOR_GOOD].startswith("ReadTimeoutError")
    # One each after throttling and 500; two for one lost answer; four where all answers are lost.
    assert len(server.taken) == 1 + 1 + 2 + 4


def test_one_message_meets_one_fault_after_the_other(folder, server):
    """What botocore tries again by itself, in one delivery; what ends a delivery, in the next."""
    ways = (THROTTLE, KILL_BEFORE, ERROR, KILL_AFTER, ERROR + FOR_GOOD)
    plan(folder, "fm1", *ways)
    deliveries = [run(folder, server, message("fm1", times=5)) for _ in range(4)]

    assert [code for code, _ in deliveries] == [-signal.SIGKILL, -signal.SIGKILL, 0, 0]
    assert "InternalServerError" in deliveries[2][1][0]
    assert deliveries[3][1] == ["done"]
    assert len(list((folder / "claims").iterdir())) == len(ways)


def test_a_delivery_that_makes_another_call_in_that_place_meets_no_fault(folder, server):
    plan(folder, "fm1", KILL_BEFORE, operation="dynamodb:PutItem")

    assert run(folder, server, message("fm1")) == (0, ["done"])
    assert not (folder / "claims").exists()


def test_each_protocol_has_its_own_words_for_throttling(folder, server):
    plan(folder, "fm1", THROTTLE + FOR_GOOD, operation="s3:PutObject")
    plan(folder, "fm2", THROTTLE + FOR_GOOD, operation="sns:Publish")

    _, lines = run(folder, server, message("fm1", "s3"), message("fm2", "sns"))

    assert ["SlowDown" in lines[0], "Throttling" in lines[1]] == [True, True]
    assert server.taken == []


def test_calls_are_noted_with_their_message_and_what_became_of_it(folder, server):
    plan(folder, "fm1", THROTTLE + FOR_GOOD)
    run(folder, server, message("fm1"), message("fm1"), message("fm2"), message("churn"))

    lines = [line for file in (folder / "calls").iterdir() for line in file.read_text().split("\n")]
    notes = [json.loads(line) for line in lines if line]

    assert [note.get("operation") for note in notes if "call" in note] == ["dynamodb:GetItem"] * 3
    assert [note["failed"] for note in notes if "ends" in note] == [True, False, False]
    assert [note["life"] for note in notes if "begins" in note] == ["fm1", "fm1", "fm2"]
    assert {note["occurrence"] for note in notes} == {1}
