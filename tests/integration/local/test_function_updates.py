"""A function that is updated finishes what it is doing, as on AWS; the next call meets the new."""

import io
import json
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.local.laptop import until

HANDLER = """
import os, pathlib, time

def handler(event, context):
    folder = pathlib.Path(event["folder"])
    (folder / "begun").touch()
    deadline = time.monotonic() + 20
    while not (folder / "end").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return {"version": os.environ["VERSION"], "process": os.getpid()}
"""


def zipped(source):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("code.py", source)
    return out.getvalue()


@pytest.fixture
def function(laptop):
    """A function that begins, and ends when it is told to."""
    name = f"t{uuid.uuid4().hex[:12]}"
    laptop.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="code.handler",
        Role=laptop.role(name, "lambda.amazonaws.com"),
        Code={"ZipFile": zipped(HANDLER)},
        Environment={"Variables": {"VERSION": "1"}},
        Timeout=30,
    )
    return name


def call(laptop, name, folder):
    asked = json.dumps({"folder": str(folder)})
    answer = laptop.client("lambda").invoke(FunctionName=name, Payload=asked)
    return json.loads(answer["Payload"].read())


def is_running(process):
    """A process that ended and was not collected yet has no command."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes() != b""
    except FileNotFoundError:
        return False


def new_configuration(client, name):
    client.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"VERSION": "2"}}
    )


def new_code(client, name):
    source = HANDLER.replace('os.environ["VERSION"]', '"2"')
    client.update_function_code(FunctionName=name, ZipFile=zipped(source))


@pytest.mark.parametrize("update", [new_configuration, new_code])
def test_it_finishes_what_it_is_doing_and_ends(laptop, function, tmp_path, update):
    with ThreadPoolExecutor() as pool:
        before = pool.submit(call, laptop, function, tmp_path)
        until((tmp_path / "begun").exists)
        update(laptop.client("lambda"), function)
        (tmp_path / "end").touch()
        answered = before.result()

    assert answered["version"] == "1"
    until(lambda: not is_running(answered["process"]))
    assert call(laptop, function, tmp_path)["version"] == "2"


def test_one_that_is_idle_ends_at_once(laptop, function, tmp_path):
    (tmp_path / "end").touch()
    process = call(laptop, function, tmp_path)["process"]

    new_configuration(laptop.client("lambda"), function)

    until(lambda: not is_running(process))
    assert call(laptop, function, tmp_path)["version"] == "2"
