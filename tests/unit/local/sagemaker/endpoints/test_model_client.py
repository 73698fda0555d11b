"""The client of a model server: kept connections, and two kinds of trouble."""

import contextlib
import socket
import threading

import pytest

from local.sagemaker.endpoints.model_client import (
    ModelClient,
    ModelTimeoutError,
    ModelUnreachableError,
)


class RawServer:
    """Answers each connection's requests with the next of its prepared answers."""

    def __init__(self, *answers):
        self.connections = 0
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open = []
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while self._answers:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            while self._answers and _received(connection):
                answer = self._answers.pop(0)
                if answer is None:
                    connection.close()
                    break
                connection.sendall(answer)

    def close(self):
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # wakes a thread that reads
            connection.close()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # and one that accepts
        self._listener.close()
        self._thread.join()


def _received(connection):
    try:
        return connection.recv(65536)
    except OSError:
        return b""


OK = b"HTTP/1.1 200 OK\r\nContent-Type: x/y\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def talk():
    made = []

    def to(*answers):
        server = RawServer(*answers)
        client = ModelClient(server.port)
        made.append((client, server))
        return server, lambda: client.request("POST", "/invocations", {}, b"row", 0.5)

    yield to
    for client, server in made:
        client.close()
        server.close()


def test_a_connection_is_used_again(talk):
    """Two answers, one connection."""
    server, ask = talk(OK, OK)

    assert [ask().body, ask().body] == [b"ok", b"ok"]
    assert server.connections == 1


def test_a_connection_that_its_server_closes_is_not(talk):
    """`Connection: close` is heeded."""
    closing = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    server, ask = talk(closing, OK)
    first = ask()
    server._open[0].close()

    assert first.headers["content-type"] == "x/y"
    assert ask().body == b"ok"
    assert server.connections == 2


@pytest.mark.parametrize("answer", [None, OK[:-1], b"nonsense"])
def test_a_server_that_goes_away_is_unreachable(talk, answer):
    """Before, within, or instead of an answer."""
    _, ask = talk(*([answer, None] if answer is None else [answer]))
    with pytest.raises((ModelUnreachableError, ModelTimeoutError)):
        ask()


def test_a_server_that_is_silent_times_out(talk):
    """After the seconds given."""
    _, ask = talk(b"")

    with pytest.raises(ModelTimeoutError, match=r"0\.5 s"):
        ask()


def test_nobody_listening_is_unreachable():
    """The port was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    with pytest.raises(ModelUnreachableError):
        ModelClient(port).request("GET", "/ping", {}, b"", 0.5)
