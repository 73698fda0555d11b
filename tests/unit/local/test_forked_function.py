"""A killed function comes back with what it had loaded, and with nothing of what it did."""

import json
import os
import subprocess
import sys

import pytest

from local.settings import ROOT

PROGRAM = """
import json, os, sys
from local.forked_function import answer_in_children, die, used

loaded, handled = os.getpid(), []
answer_in_children(sys.stdout)
for line in sys.stdin:
    event = json.loads(line)
    handled.append(event["name"])
    before = sorted(used)
    used.update(event.get("asks", ()))
    if event["name"] == "deadly":
        die(event)
    if event["name"] == "last":
        sys.exit(3)
    answer = {"loaded": loaded, "by": os.getpid(), "handled": handled, "read": before}
    print(json.dumps({**answer, "boto3": "boto3" in sys.modules}), flush=True)
"""
DEADLY = {"name": "deadly", "Records": [{"messageId": "m1"}]}


@pytest.fixture
def function():
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, "AWS_DEFAULT_REGION": "us-east-1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


def ask(function, event):
    function.stdin.write(json.dumps(event) + "\n")
    function.stdin.flush()
    return json.loads(function.stdout.readline())


def test_a_killed_function_is_forked_anew_from_what_it_had_loaded(function):
    first = ask(function, {"name": "a"})
    ask(function, DEADLY)
    second = ask(function, {"name": "b"})

    assert first["handled"] == ["a"]
    assert second["handled"] == ["b"]
    assert first["loaded"] == second["loaded"] == function.pid
    assert len({first["by"], second["by"], function.pid}) == 3


def test_what_the_killed_one_asked_of_is_read_once_for_all_that_follow(function):
    """Descriptions of AWS's services: half of a cold start."""
    first = ask(function, {"name": "a"})
    ask(function, DEADLY | {"asks": ["sqs"]})
    second = ask(function, {"name": "b"})

    assert (first["boto3"], first["read"]) == (False, [])
    assert (second["boto3"], second["read"]) == (True, ["sqs"])


def test_nothing_of_a_message_counts_as_handled_whose_function_was_killed(function):
    answer = ask(function, DEADLY)

    assert answer == {
        "status": "ok",
        "result": {"batchItemFailures": [{"itemIdentifier": "m1"}]},
    }


def test_whoever_called_a_killed_function_otherwise_is_told_of_an_error(function):
    assert ask(function, {"name": "deadly", "Records": [{"kinesis": {}}]})["status"] == "error"


def test_it_ends_as_its_child_does(function):
    function.stdin.write(json.dumps({"name": "last"}) + "\n")
    function.stdin.flush()

    assert function.wait(10) == 3
