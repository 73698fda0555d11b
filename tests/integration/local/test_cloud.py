"""`python -m local` from outside: up, status, down, and what a user does wrong."""

import json
import os
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest

from local.cloud import free_port
from local.processes import Process, started_at
from tests.integration.local.laptop import until

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters: {Architecture: {Type: String}}
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/echo
      Handler: echo.handler
      Runtime: python3.13
      Architectures: [!Ref Architecture]
      FunctionUrlConfig: {AuthType: NONE}
Outputs:
  Url: {Value: !GetAtt EchoUrl.FunctionUrl}
"""


class Commands:
    """Runs `python -m local` on a folder and port of its own."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.template = folder / "template.yaml"
        self.template.write_text(TEMPLATE)
        code = folder / "functions/echo/echo.py"
        code.parent.mkdir(parents=True)
        code.write_text("def handler(event, context):\n    return 'old'\n")
        self.code = code
        self.running = []

    def command(self, *arguments, **changes):
        environment = {
            **os.environ,
            "BATON_PORT": str(self.port),
            "BATON_STATE": str(self.folder / "state"),
            "COLUMNS": "200",
            **changes,
        }
        python = str(ROOT / ".venvs/local/bin/python")
        return [python, "-m", "local", *arguments], environment

    def run(self, *arguments, **changes):
        command, environment = self.command(*arguments, **changes)
        return subprocess.run(
            command,
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def up(self):
        command, environment = self.command("up", "--template", str(self.template))
        log = self.folder / "up.log"
        with log.open("w") as stream:
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=stream)
        self.running.append(process)
        until(lambda: process.poll() is not None or self.health() == 200, seconds=120)
        assert process.poll() is None, log.read_text()
        return process

    def health(self):
        try:
            url = f"http://127.0.0.1:{self.port}/_baton/health"
            with urllib.request.urlopen(url, timeout=5) as answer:
                self.last_health = json.load(answer)
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return None

    def processes(self):
        document = json.loads((self.folder / "state/processes.json").read_text())
        return [Process(**each) for each in document]


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    commands = Commands(tmp_path_factory.mktemp("cloud"))
    yield commands
    commands.run("down")
    for process in commands.running:
        process.wait(timeout=30)


def output(commands):
    """Ask the deployed function through its URL, with the credentials that `up` wrote."""
    script = """
import boto3, urllib.request
stack, = boto3.client("cloudformation").describe_stacks(StackName="baton")["Stacks"]
print(urllib.request.urlopen(stack["Outputs"][0]["OutputValue"]).read().decode())
"""
    command = f'. {commands.folder}/state/env && exec {ROOT}/.venv/bin/python -c "$SCRIPT"'
    environment = {"PATH": "/usr/bin:/bin", "SCRIPT": script}
    done = subprocess.run(
        ["sh", "-c", command], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().strip('"')


def test_the_life_of_a_cloud(commands):
    """Up, ready, used, stopped, up again unchanged, changed, killed, forgotten."""
    process = commands.up()
    expected = {"endpoint_url": f"http://127.0.0.1:{commands.port}", "region": "us-east-1"}
    assert {**expected, "status": "ready", "stack": "baton"} == commands.last_health
    assert json.loads(commands.run("status").stdout) == commands.last_health
    assert output(commands) == "old"

    again = commands.run("up", "--template", str(commands.template))
    assert (again.returncode, "runs already" in again.stdout) == (1, True)
    assert commands.health() == 200

    members = commands.processes()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    assert [each for each in members if each.runs()] == []
    assert commands.run("status").returncode == 1

    process = commands.up()
    shown = commands.folder / "up.log"
    until(lambda: "unchanged since the last start" in shown.read_text())
    assert output(commands) == "old"
    assert "stopped" in commands.run("down").stdout
    assert process.wait(timeout=30) == 0

    commands.code.write_text("def handler(event, context):\n    return 'new'\n")
    process = commands.up()
    assert output(commands) == "new"

    members = commands.processes()
    process.kill()
    until(lambda: all(started_at(each.pid) is None for each in members))

    assert "forgot" in commands.run("clean").stdout
    assert not (commands.folder / "state").exists()


def test_a_taken_port_is_named_with_the_way_out(commands):
    """The message names the port and BATON_PORT."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = commands.run("up", "--template", str(commands.template), BATON_PORT=port)

    assert done.returncode == 1
    assert f"port {port} is taken" in done.stdout
    assert "BATON_PORT=" in done.stdout


def test_a_failed_deployment_shows_the_end_of_its_log(commands, tmp_path):
    """What `sam` said is on the screen, and nothing keeps running."""
    broken = tmp_path / "template.yaml"
    broken.write_text("Resources: {A: {Type: AWS::Nonsense::Thing}}")

    done = commands.run("up", "--template", str(broken), BATON_STATE=str(tmp_path / "state"))

    assert done.returncode == 1
    assert "sam" in done.stdout
    assert "failed; the end of" in done.stdout
    assert not (tmp_path / "state/processes.json").exists()


def test_a_missing_template_and_a_wrong_port_are_named(commands, tmp_path):
    """Before anything starts."""
    missing = commands.run("up", "--template", str(tmp_path / "absent.yaml"))
    wrong = commands.run("up", BATON_PORT="http")

    assert (missing.returncode, "is missing" in missing.stdout) == (1, True)
    assert (wrong.returncode, "BATON_PORT is 'http'" in wrong.stdout) == (2, True)


def test_down_without_a_cloud_is_no_fault(commands, tmp_path):
    """There is nothing to do."""
    done = commands.run("down", BATON_STATE=str(tmp_path))

    assert (done.returncode, done.stdout.strip()) == (0, "nothing was running")


def test_a_state_keeps_its_port_and_says_so(tmp_path):
    """Addresses of saved queues carry the port; under another one nothing would arrive."""
    commands = Commands(tmp_path)
    state = commands.folder / "state"
    state.mkdir()
    (state / "port").write_text("4599")

    done = commands.run("up", "--template", str(commands.template))

    assert done.returncode == 1
    assert "made with port 4599" in done.stdout
    assert "make clean" in done.stdout
