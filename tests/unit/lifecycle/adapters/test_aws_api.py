"""How often botocore repeats by itself what got no answer."""

from __future__ import annotations

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import ConnectionClosedError

from lifecycle.adapters.aws_api import AwsApi
from lifecycle.adapters.clients import client
from lifecycle.requests.glue import start_job_run


class Deaf(BaseHTTPRequestHandler):
    """AWS Glue that starts what it is asked to, and hangs up before it says so."""

    started: Counter[str]

    def do_POST(self) -> None:
        """Answer all but StartJobRun."""
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        self.started[operation] += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        if operation == "StartJobRun":
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch):
    counts: Counter[str] = Counter()
    handler = type("Handler", (Deaf,), {"started": counts})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    client.cache_clear()
    yield counts
    client.cache_clear()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_start_without_an_answer_is_not_repeated_within_a_delivery(asked):
    """It may have taken effect: the next delivery looks for it first."""
    with pytest.raises(ConnectionClosedError):
        AwsApi().call(start_job_run("fetch", "shop/orders/f1", {}))

    assert asked == {"GetJobRuns": 1, "StartJobRun": 1}
