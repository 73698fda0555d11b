"""The model server's HTTP: keep-alive, known lengths, one answer a request."""

import http.client
import socket
import threading

import pytest

from local.sagemaker.containers.serving.answers import Answer
from local.sagemaker.containers.serving.http_server import ModelHttpServer


@pytest.fixture
def server():
    release = threading.Event()

    def wait(invocation):
        release.wait(10)
        return Answer(b"late")

    made = ModelHttpServer(
        0,
        {
            ("GET", "/ping"): lambda _: Answer(b""),
            ("POST", "/invocations"): lambda invocation: Answer(
                invocation.body[::-1], invocation.content_type
            ),
            ("POST", "/wait"): wait,
        },
    )
    made.release = release
    thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    release.set()
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def connection(server):
    made = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    yield made
    made.close()


def ask(connection, method, path, body=b"", **headers):
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.getheader("Content-Type")


def test_many_requests_share_a_connection(connection):
    """The socket stays the same."""
    ask(connection, "GET", "/ping")
    first = connection.sock

    assert ask(connection, "POST", "/invocations", b"abc", **{"Content-Type": "x/y"}) == (
        200,
        b"cba",
        "x/y",
    )
    assert connection.sock is first


def test_an_unknown_path_is_404(connection):
    """And the connection stays usable."""
    assert ask(connection, "GET", "/nothing")[0] == 404
    assert ask(connection, "GET", "/ping")[0] == 200


def test_what_is_no_http_is_400(server):
    """The connection ends with the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(b"hello\r\n\r\n")

        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def test_draining_waits_for_the_answer_under_way(server, connection):
    """Only then is nothing busy any more."""
    connection.request("POST", "/wait", b"")
    pause = threading.Event()
    while server.drain(0.0):
        pause.wait(0.005)

    assert not server.drain(0.05)
    server.release.set()
    assert server.drain(5.0)
    assert connection.getresponse().read() == b"late"
