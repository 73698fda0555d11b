"""The one place that acts: it starts what was decided, records it, and says so.

Why the order is safe: every call is harmless to repeat (its name derives from its cause, and
"already exists" counts as done); rows and the history row are one transaction; events are kept in
the history row, with ids derived from the cause, before they are put on the bus. A crash between
any two steps is cured by the queue's own redelivery: before the transaction everything is decided
again and means the same, after it only the events are put again.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lifecycle.errors import AlreadyRecordedError, StaleRecordError
from lifecycle.events import SOURCE, Event
from lifecycle.records import HistoryRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports

ATTEMPTS = 5
"""How often a decision is made anew, at once, when its rows moved on meanwhile."""

CLAIM_SECONDS = 90
"""Longer than a control function may run (60 s, template.yaml)."""

TICKS_KEPT_SECONDS = 30 * 86_400
"""Longer than any queue of the stack can bring a message back (SQS keeps it for 14 days)."""


def advance(
    leg: str, cause: Cause[Any], decide: Callable[[], Decision], ports: Ports
) -> HistoryRecord:
    """Answer for one event, once, however often it is delivered.

    Args:
        leg: the name of the function that heard the event.
        cause: the event.
        decide: reads what it needs and decides; called again if the rows it read moved on.
        ports: the doors to the world.

    Returns:
        What was made of the event, now or by an earlier delivery.

    Raises:
        StaleRecordError: the rows kept moving; the queue will try again later.
        ClaimedError: another delivery is making a call that must not be made twice; likewise.
        EventsNotAcceptedError: the bus refused an event; likewise.
    """
    history = ports.records.history(cause.id, leg)
    attempts = 0
    while history is None:
        attempts += 1
        decided = decide()
        try:
            if any(call.alone for call in decided.calls):
                history = _acted_alone(leg, cause, decided, ports)
            else:
                history = _acted(leg, cause, decided, ports)
        except AlreadyRecordedError:
            history = ports.records.history(cause.id, leg)
        except StaleRecordError:
            if attempts == ATTEMPTS:
                raise
    ports.bus.put(history.announced)
    return history


def _acted(leg: str, cause: Cause[Any], decided: Decision, ports: Ports) -> HistoryRecord:
    """Start every call, and record."""
    answers: dict[str, str] = {}
    for call in decided.calls:
        answers |= ports.api.call(call)
    history = _history(leg, cause, decided, answers)
    rows = [_filled(row, answers) for row in decided.records]
    ports.records.commit(rows, history, decided.absent)
    return history


def _acted_alone(leg: str, cause: Cause[Any], decided: Decision, ports: Ports) -> HistoryRecord:
    """Likewise, while other deliveries of the event wait.

    A delivery that ends without a word holds its claim until it runs out; one that fails, does not.
    """
    ports.records.claim(cause.id, leg, CLAIM_SECONDS)
    try:
        # What another delivery recorded since it was first looked for.
        history = ports.records.history(cause.id, leg)
        return history or _acted(leg, cause, decided, ports)
    except BaseException:
        ports.records.give_up(cause.id, leg)
        raise


def announce_again(leg: str, event_id: str, ports: Ports) -> None:
    """Put what a leg made of an event on the bus once more, in case it ended before it did.

    For causes that may come again in another shape, so that no redelivery of their own does it.
    """
    history = ports.records.history(event_id, leg)
    if history is not None:
        ports.bus.put(history.announced)


def _history(
    leg: str, cause: Cause[Any], decided: Decision, answers: dict[str, str]
) -> HistoryRecord:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    heard = cause.event
    tick = not decided.problem and not decided.events
    return HistoryRecord(
        event_id=cause.id,
        leg=leg,
        problem=decided.problem,
        run=decided.run,
        heard=heard.detail_type if isinstance(heard, Event) else type(heard).__name__,
        reason=decided.reason,
        at=now,
        calls=tuple(f"{call.service}:{call.operation}" for call in decided.calls),
        announced=tuple(
            _entry(cause, leg, index, _filled(event, answers), now)
            for index, event in enumerate(decided.events)
        ),
        expires_at=int(time.time()) + TICKS_KEPT_SECONDS if tick else None,
    )


def _entry(cause: Cause[Any], leg: str, index: int, event: Event, now: str) -> dict[str, Any]:
    """A PutEvents entry without its bus, which the adapter knows."""
    return {
        "Source": SOURCE,
        "DetailType": event.detail_type,
        "Detail": json.dumps(
            {
                "data": event.model_dump(mode="json"),
                "metadata": {
                    "event_id": cause.effect_id(leg, index),
                    "version": event.version,
                    "correlation_id": cause.correlation_id,
                    "causation_id": cause.id,
                    "occurred_at": now,
                },
            },
            separators=(",", ":"),
        ),
    }


def _filled[M: BaseModel](model: M, answers: dict[str, str]) -> M:
    """The model with every ``{{name}}`` replaced by the kept answer of that name."""
    changes: dict[str, Any] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, str) and value.startswith("{{") and value.endswith("}}"):
            changes[name] = answers[value[2:-2]]
    return model.model_copy(update=changes) if changes else model
