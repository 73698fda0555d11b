"""The event bus in memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lifecycle.errors import EventsNotAcceptedError

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST_BYTES = 256 * 1024
"""PutEvents refuses a larger entry (EventBridge quotas)."""


class FakeBus:
    """Keeps every entry in the order it was put.

    Attributes:
        entries: what was put.
    """

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def put(self, entries: Iterable[dict[str, Any]]) -> None:
        refused = []
        for entry in entries:
            if self._fits(entry["Detail"]):
                self.entries.append(entry)
            else:
                refused.append(entry["DetailType"])
        if refused:
            raise EventsNotAcceptedError("; ".join(refused))

    @staticmethod
    def _fits(detail: str) -> bool:
        try:
            return isinstance(json.loads(detail), dict) and len(detail.encode()) <= LARGEST_BYTES
        except json.JSONDecodeError:
            return False

    @property
    def envelopes(self) -> list[dict[str, Any]]:
        """What a rule on the bus would pass on, an event put twice told once."""
        found: dict[str, dict[str, Any]] = {}
        for entry in self.entries:
            detail = json.loads(entry["Detail"])
            identity = detail["metadata"]["event_id"]
            found[identity] = {
                "version": "0",
                "id": identity,
                "source": entry["Source"],
                "detail-type": entry["DetailType"],
                "time": detail["metadata"]["occurred_at"],
                "account": "123456789012",
                "region": "us-east-1",
                "resources": [],
                "detail": detail,
            }
        return list(found.values())

    def said(self, detail_type: str) -> list[dict[str, Any]]:
        """The data of all events of a name."""
        return [
            envelope["detail"]["data"]
            for envelope in self.envelopes
            if envelope["detail-type"] == detail_type
        ]
