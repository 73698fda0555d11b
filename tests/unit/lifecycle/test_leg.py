"""How a function meets its queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lifecycle.adapters import sqs_retry
from lifecycle.advance import CLAIM_SECONDS
from lifecycle.aws_events import ObjectCreated
from lifecycle.decision import Decision
from lifecycle.errors import ClaimedError, UnknownEventError
from lifecycle.events import DataIngested, ProblemDefined
from lifecycle.leg import Leg, leg
from tests.builders import object_created, own_event, sqs_event
from tests.fakes import FakeBus, FakeRecords, fake_ports

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.ports import Ports

DEFINED = {
    "problem": "churn",
    "definition_version": 1,
    "target": "Churn",
    "resolved_uri": "s3://a/b",
}


def handle(cause: Cause[ObjectCreated], _ports: Ports) -> Decision:
    if cause.event.key.endswith("bad.csv"):
        raise RuntimeError("the disk is full")
    said = DataIngested(
        problem="churn", origin="file", source=cause.event.key, uri="s3://a/b", rows=1, columns=1
    )
    return Decision("Taken in.", problem="churn", events=(said,))


def ready(bus: FakeBus, records: FakeRecords | None = None) -> Leg:
    made = Leg("ingest_files", (ObjectCreated,), handle)
    made._ports = fake_ports(bus=bus, records=records)
    return made


def test_every_message_of_a_batch_is_answered() -> None:
    """No failures are reported when there are none."""
    bus = FakeBus()
    batch = sqs_event(object_created("churn/data/a.csv"), object_created("churn/data/b.csv"))
    assert ready(bus)(batch) == {"batchItemFailures": []}
    assert [data["source"] for data in bus.said("DataIngested")] == [
        "churn/data/a.csv",
        "churn/data/b.csv",
    ]


def test_only_the_failed_message_comes_again() -> None:
    """A message that fails does not take the others with it."""
    bus = FakeBus()
    batch = sqs_event(
        object_created("churn/data/a.csv"),
        object_created("churn/data/bad.csv"),
        object_created("churn/data/c.csv"),
    )
    assert ready(bus)(batch) == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    assert len(bus.said("DataIngested")) == 2


def test_a_message_that_is_no_json_fails_alone() -> None:
    """What somebody put on the queue by hand ends in the dead-letter queue."""
    bus = FakeBus()
    batch = sqs_event(object_created("churn/data/a.csv"))
    batch["Records"].append({"messageId": "poison", "body": "not json"})
    assert ready(bus)(batch) == {"batchItemFailures": [{"itemIdentifier": "poison"}]}


def test_the_same_message_twice_in_a_batch_counts_once() -> None:
    """SQS may deliver a message more than once."""
    bus, records = FakeBus(), FakeRecords()
    landed = object_created("churn/data/a.csv")
    assert ready(bus, records)(sqs_event(landed, landed)) == {"batchItemFailures": []}
    assert len(bus.said("DataIngested")) == 1
    assert len(records.rows) == 1


def test_an_event_the_leg_does_not_hear_is_an_error() -> None:
    """The template routed it wrongly; that must be seen."""
    with pytest.raises(UnknownEventError, match="ingest_files does not hear ProblemDefined"):
        ready(FakeBus()).answer(own_event("ProblemDefined", DEFINED), fake_ports())


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(ClaimedError("event"), CLAIM_SECONDS + 1), (RuntimeError("the disk is full"), None)],
)
def test_what_another_delivery_keeps_comes_back_when_that_is_over(
    monkeypatch: pytest.MonkeyPatch, error: Exception, seconds: int | None
) -> None:
    """Else it would have no try left for a delivery that ended without a word."""
    asked = []
    monkeypatch.setattr(sqs_retry, "bring_back", lambda _, pause: asked.append(pause))
    monkeypatch.setattr(sqs_retry, "is_last", lambda _: False)

    def failing(_cause: Cause[Any], _ports: Ports) -> Decision:
        raise error

    made = Leg("send_alert", (ObjectCreated,), failing)
    made._ports = fake_ports()
    batch = sqs_event(object_created("churn/data/a.csv"))
    batch["Records"][0]["receiptHandle"] = "receipt"

    made(batch)

    assert asked == [seconds]


def test_a_handlers_module_names_its_leg() -> None:
    """``handle_<leg>`` is the leg's name everywhere."""

    def loading(_cause: Cause[Any], _ports: Ports) -> Decision:
        return Decision("Nothing.")

    loading.__module__ = "handle_judge_candidate"
    made = leg(ProblemDefined)(loading)
    assert (made.name, made.hears) == ("judge_candidate", (ProblemDefined,))
