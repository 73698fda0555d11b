"""The bus, on EventBridge."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING, Any

from lifecycle.adapters.clients import client
from lifecycle.errors import EventsNotAcceptedError

if TYPE_CHECKING:
    from collections.abc import Iterable

ENTRIES_A_CALL = 10
"""PutEvents takes at most so many (EventBridge quotas)."""


class EventbridgeBus:
    """Puts events on one bus."""

    def __init__(self, bus: str) -> None:
        self._bus = bus

    def put(self, entries: Iterable[dict[str, Any]]) -> None:
        """Put entries on the bus.

        Raises:
            EventsNotAcceptedError: some were refused; PutEvents answers 200 all the same.
        """
        addressed = [{**entry, "EventBusName": self._bus} for entry in entries]
        for batch in batched(addressed, ENTRIES_A_CALL, strict=False):
            answer = client("events").put_events(Entries=list(batch))
            if answer["FailedEntryCount"]:
                refused = [
                    f"{entry['DetailType']}: {result['ErrorCode']} {result.get('ErrorMessage', '')}"
                    for entry, result in zip(batch, answer["Entries"], strict=True)
                    if "ErrorCode" in result
                ]
                raise EventsNotAcceptedError("; ".join(refused))
