"""Events as EventBridge delivers them, AWS's and our own: understood, or refused by name."""

from __future__ import annotations

import contextlib
import json

from fuzz.paths import ROOT
from lifecycle.cause import parse_cause
from lifecycle.errors import MalformedEventError, UnknownEventError

FOLDERS = ("aws", "lifecycle")


def read_event(data: bytes) -> None:
    """The body of a queue's message: JSON is EventBridge's to make, what is in it is not."""
    try:
        envelope = json.loads(data)
    except (ValueError, RecursionError):
        return
    with contextlib.suppress(UnknownEventError, MalformedEventError):
        cause = parse_cause(envelope)
        assert isinstance(cause.id, str)
        assert cause.effect_id("leg", 0) == cause.effect_id("leg", 0)


def _seeds() -> list[bytes]:
    """The samples of the catalogue."""
    paths = sorted(
        path
        for folder in FOLDERS
        for path in (ROOT / "events" / folder).glob("*.json")
        if not path.name.endswith(".schema.json")
    )
    return [json.dumps(json.loads(path.read_bytes())).encode() for path in paths]


READERS = {"event": read_event}
SEEDS = {"event": _seeds}
