"""A laptop cloud that is away for a moment is waited for."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from botocore.exceptions import EndpointConnectionError

from local.sagemaker import clients as module
from local.sagemaker.clients import Clients


class OneObject(BaseHTTPRequestHandler):
    """An S3 that holds one object."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"content")

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def port(monkeypatch):
    """A port where nobody listens yet."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def got(client):
    return client.get_object(Bucket="lake", Key="a")["Body"].read()


def test_a_request_waits_until_the_cloud_is_back(port):
    """Longer than botocore's own attempts need to be used up."""
    clients = Clients(f"http://127.0.0.1:{port}", "us-east-1")
    found = []
    waiting = threading.Thread(target=lambda: found.append(got(clients.client("s3"))))
    waiting.start()
    tries = time.monotonic() + 2 * module._LOOK_SECONDS * 5
    while time.monotonic() < tries:
        waiting.join(0.05)
        assert waiting.is_alive()

    server = HTTPServer(("127.0.0.1", port), OneObject)
    answering = threading.Thread(target=server.handle_request)
    answering.start()
    waiting.join(10)
    answering.join(10)
    server.server_close()

    assert found == [b"content"]


def test_a_cloud_that_does_not_come_back_is_given_up(port, monkeypatch):
    monkeypatch.setattr(module, "AWAY_SECONDS", 0.3)

    with pytest.raises(EndpointConnectionError):
        got(Clients(f"http://127.0.0.1:{port}", "us-east-1").client("s3"))


def test_nobody_waits_for_a_cloud_that_is_being_ended(port):
    clients = Clients(f"http://127.0.0.1:{port}", "us-east-1")
    clients.close()
    began = time.monotonic()

    with pytest.raises(EndpointConnectionError):
        got(clients.client("s3"))
    assert time.monotonic() - began < module.AWAY_SECONDS
