"""`baton fetch` asks for databases over the bus; `baton redrive` asks for those that failed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lifecycle.events import Fault
from lifecycle.records import SourceRecord
from tests.builders import PROBLEM, problem_record

TWO = """
data:
  sources:
    - {kind: database, through: glue, connection: crm, tables: [customers]}
    - {kind: database, through: dms, name: mirror, tables: [shop.orders]}
    - {kind: database, through: sqlite}
"""


@pytest.fixture
def heard(cloud: Any) -> Any:
    """What is put on the bus, as a queue behind a rule gets it."""
    sqs, events = cloud.stack.client("sqs"), cloud.stack.client("events")
    events.delete_archive(ArchiveName="baton")  # of moto's, it needs a library that is not here
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    events.put_rule(Name="all", EventBusName="baton", EventPattern='{"source": ["baton"]}')
    target = {"Id": "q", "Arn": asked["Attributes"]["QueueArn"]}
    events.put_targets(Rule="all", EventBusName="baton", Targets=[target])

    def receive() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"])["detail"]["data"] for message in found]

    return receive


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
