"""`baton fetch` asks for databases over the bus; `baton redrive` asks for those that failed."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from cli.stack import Stack
from events.catalogue import schema
from lifecycle.events import Fault, FetchRequested
from lifecycle.source_records import SourceRecord
from tests.builders import PROBLEM, own_event, problem_record

TWO = """
data:
  sources:
    - {kind: database, through: glue, connection: crm, tables: [customers]}
    - {kind: database, through: dms, name: mirror, tables: [shop.orders]}
    - {kind: database, through: sqlite}
"""


class Bus:
    """EventBridge as far as a request is put on it; moto's needs a library that is not here."""

    def __init__(self, refuses: int = 0) -> None:
        self.entries: list[dict[str, Any]] = []
        self._refuses = refuses

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.entries += Entries
        told = {"ErrorCode": "InternalFailure", "ErrorMessage": "the bus is away"}
        return {"FailedEntryCount": self._refuses, "Entries": [told for _ in Entries]}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is put on the bus."""
    bus, real = Bus(), Stack.client

    def client(stack: Stack, service: str, *, attempts: int = 5) -> Any:
        return bus if service == "events" else real(stack, service, attempts=attempts)

    monkeypatch.setattr(Stack, "client", client)

    def read() -> list[dict[str, Any]]:
        for entry in bus.entries:
            jsonschema.validate(own_event_of(entry), schema(FetchRequested))
        return [json.loads(entry["Detail"])["data"] for entry in bus.entries]

    return read


def own_event_of(entry: dict[str, Any]) -> dict[str, Any]:
    """The event as a rule passes it on."""
    assert (entry["EventBusName"], entry["Source"]) == ("baton", "baton")
    detail = json.loads(entry["Detail"])
    return own_event(entry["DetailType"], detail["data"], **detail["metadata"])


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
