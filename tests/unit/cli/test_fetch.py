"""`baton fetch` asks for databases over the bus; `baton redrive` asks for those that failed."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from lifecycle.events import Fault
from lifecycle.records import SourceRecord
from tests.builders import PROBLEM, problem_record

if TYPE_CHECKING:
    from collections.abc import Iterator

TWO = """
data:
  sources:
    - {kind: database, through: glue, connection: crm, tables: [customers]}
    - {kind: database, through: dms, name: mirror, tables: [shop.orders]}
    - {kind: database, through: sqlite}
"""


class Bus(ThreadingHTTPServer):
    """Takes events as EventBridge does; moto's bus with an archive needs a library of its own."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.entries: list[dict[str, Any]] = []


class _Door(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert self.headers["x-amz-target"] == "AWSEvents.PutEvents"
        assert isinstance(self.server, Bus)
        self.server.entries += body["Entries"]
        told = [{"EventId": str(number)} for number, _ in enumerate(body["Entries"])]
        answer = json.dumps({"FailedEntryCount": 0, "Entries": told}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


@pytest.fixture
def heard(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What is put on the bus."""
    bus = Bus()
    thread = threading.Thread(target=bus.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_EVENTS", f"http://127.0.0.1:{bus.server_address[1]}")

    def read() -> list[dict[str, Any]]:
        assert {entry["EventBusName"] for entry in bus.entries} == {"baton"}
        return [json.loads(entry["Detail"])["data"] for entry in bus.entries]

    yield read
    bus.shutdown()
    bus.server_close()
    thread.join()


def test_every_database_of_a_problem_is_asked_for(cloud: Any, baton: Any, heard: Any) -> None:
    """SQLite files are read as they land; there is nothing to fetch."""
    cloud.write(problem_record(TWO))

    answer = baton.json("fetch", PROBLEM)

    assert answer == {"problem": PROBLEM, "requested": ["crm", "mirror"], "full": False}
    said = {(each["source"], each["through"], each["because"]) for each in heard()}
    assert said == {("crm", "glue", "request"), ("mirror", "dms", "request")}


def test_one_may_be_named_and_fetched_whole(cloud: Any, baton: Any, heard: Any) -> None:
    cloud.write(problem_record(TWO))

    assert "crm: asked for" in baton("fetch", PROBLEM, "crm", "--full").stdout

    ((one),) = heard()
    assert (one["source"], one["full"]) == ("crm", True)


def test_a_database_that_is_not_there_is_told(cloud: Any, baton: Any) -> None:
    cloud.write(problem_record(TWO))

    result = baton("fetch", PROBLEM, "nosuch")

    assert result.exit_code == 1
    assert "has no database nosuch" in result.stderr
    assert "crm, mirror" in result.stderr


def test_what_could_not_be_fetched_is_redriven(cloud: Any, baton: Any, heard: Any) -> None:
    """And nothing else is."""
    cloud.write(
        problem_record(TWO),
        SourceRecord(problem=PROBLEM, source="crm", faults=(Fault(message="it was away"),)),
        SourceRecord(problem=PROBLEM, source="mirror"),
    )
    cloud.happened("merge_tables", "2026-02-03T10:11:13.000Z")

    assert baton.json("redrive", PROBLEM)["fetched"] == [f"{PROBLEM}/crm"]
    assert [each["source"] for each in heard()] == ["crm"]
