"""A running ministack with all hooks, before a local SageMaker that only records."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3

from local.cloud import Cloud, answers, free_port
from local.sagemaker.api.event_stream import event
from local.settings import Settings


def until(condition, seconds=20.0):
    """Wait until a condition gives something true, and return it."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (result := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        pause.wait(0.05)
    return result


class RecordingSageMaker(ThreadingHTTPServer):
    """Answers every request with what it got, so that a test sees what arrives."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Recorder)
        self.received = []
        self.go_on = threading.Event()


class _Recorder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.received.append(
            (self.path, {n.lower(): v for n, v in self.headers.items()}, body)
        )
        if self.path.endswith("/invocations-response-stream"):
            self._stream()
            return
        runtime = self.path.endswith("/invocations")
        answer = body if runtime else b"{}"
        self.send_response(200)
        self.send_header(
            "Content-Type", "application/json" if runtime else "application/x-amz-json-1.1"
        )
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _stream(self):
        """One event; another only when the test has the first."""
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in (b"1", b"2"):
            message = event("PayloadPart", number)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(message), message))
            self.wfile.flush()
            self.server.go_on.wait(20)
        self.wfile.write(b"0\r\n\r\n")


class Laptop:
    """A running ministack and clients of it."""

    def __init__(self, folder: Path, sagemaker_port: int):
        self.settings = Settings(free_port(), folder / "state", folder / "template.yaml")
        self._sagemaker_port = sagemaker_port
        self.start()

    def start(self):
        cloud = Cloud(self.settings)
        (self.settings.state / "tmp").mkdir(parents=True, exist_ok=True)
        self.child = cloud._start_ministack(self._sagemaker_port)
        until(lambda: self.child.exit_code() is not None or self.answers())
        assert self.child.exit_code() is None, self.child.last_lines()

    def answers(self):
        return answers(self.settings.port, "/_ministack/health")

    def client(self, service, key=None, secret=None, token=None):
        return boto3.client(
            service,
            endpoint_url=self.settings.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=key or self.settings.client_environment()["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=secret or self.settings.secret_access_key,
            aws_session_token=token,
        )

    def role(self, name, service, *statements):
        """Make a role that a service may take on, with rights."""
        iam = self.client("iam")
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
        }
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=policy(*statements))
        return made["Role"]["Arn"]


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
