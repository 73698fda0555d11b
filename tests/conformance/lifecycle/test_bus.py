"""What every bus promises, in memory and on EventBridge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lifecycle.adapters.clients import client
from lifecycle.adapters.eventbridge_bus import EventbridgeBus
from lifecycle.errors import EventsNotAcceptedError
from tests.fakes import FakeBus

if TYPE_CHECKING:
    from collections.abc import Callable

    from lifecycle.ports import Bus

type Heard = Callable[[], list[dict[str, Any]]]


def entry(number: int, detail_type: str = "ModelTrained") -> dict[str, Any]:
    metadata = {"event_id": f"event-{number}", "occurred_at": "2026-02-03T10:11:12.000Z"}
    detail = json.dumps({"data": {"number": number}, "metadata": metadata})
    return {"Source": "baton", "DetailType": detail_type, "Detail": detail}


@pytest.fixture
def bus_and_ear(side: str, request: pytest.FixtureRequest) -> tuple[Bus, Heard]:
    """A bus, and a way to hear what reached it."""
    if side == "fake":
        fake = FakeBus()
        return fake, lambda: fake.envelopes
    request.getfixturevalue("aws")
    told: list[dict[str, Any]] = []

    def listen(params: dict[str, Any], **_rest: object) -> None:
        told.extend(params["Entries"])

    client("events").meta.events.register("provide-client-params.events.PutEvents", listen)

    def heard() -> list[dict[str, Any]]:
        assert {entry["EventBusName"] for entry in told} <= {"baton"}
        return [
            {
                "source": entry["Source"],
                "detail-type": entry["DetailType"],
                "detail": json.loads(entry["Detail"]),
            }
            for entry in told
        ]

    return EventbridgeBus("baton"), heard


def test_what_is_put_is_heard(bus_and_ear: tuple[Bus, Heard]) -> None:
    """An entry arrives with its source, name and detail."""
    bus, heard = bus_and_ear
    bus.put([entry(1)])
    (envelope,) = heard()
    assert (envelope["source"], envelope["detail-type"]) == ("baton", "ModelTrained")
    assert envelope["detail"]["data"] == {"number": 1}


def test_more_than_a_call_takes_are_all_put(bus_and_ear: tuple[Bus, Heard]) -> None:
    """PutEvents takes ten entries; a decision may have more."""
    bus, heard = bus_and_ear
    bus.put([entry(number) for number in range(23)])
    numbers = sorted(envelope["detail"]["data"]["number"] for envelope in heard())
    assert numbers == list(range(23))


def test_nothing_to_say_is_fine(bus_and_ear: tuple[Bus, Heard]) -> None:
    """No entries, no call."""
    bus, heard = bus_and_ear
    bus.put([])
    assert heard() == []


def test_a_refused_entry_is_an_error(bus_and_ear: tuple[Bus, Heard]) -> None:
    """PutEvents answers 200 even then, and the event would be lost."""
    bus, _ = bus_and_ear
    unfit = entry(1) | {"Detail": "{"}
    with pytest.raises(EventsNotAcceptedError, match="ModelTrained"):
        bus.put([unfit])
