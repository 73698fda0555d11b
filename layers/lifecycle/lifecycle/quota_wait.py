"""What a leg does when a quota of the account is used up: its message waits, and comes again.

That is no failure: it must neither use up the tries of the queue nor end in its dead letters. So
the message goes back as a new one that is hidden for a while, since SQS counts how often each is
received. Its body is the same, and with it the event's id: whatever was done already is met again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lifecycle.advance import advance
from lifecycle.decision import Decision
from lifecycle.events import QuotaReached
from lifecycle.given_up import problem_of

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.errors import QuotaReachedError
    from lifecycle.ports import Ports

ATTRIBUTE = "waits"
"""The message attribute that carries how often, and since when, a message was put off."""

FIRST_SECONDS, MOST_SECONDS = 5, 300
"""The first pause; each is twice the one before, up to the longest."""

PATIENCE_SECONDS = 14 * 86_400
"""What waits longer is a failure after all; as long as SQS keeps a message."""

CURE = (
    "Nothing need be done: it goes on when others have ended. For more at a time, ask for a higher "
    "quota (Service Quotas, Amazon SageMaker or AWS Glue) or name another instance in problem.yaml."
)


@dataclass(frozen=True, slots=True)
class Waited:
    """How often a message was put off, and since when, in seconds since 1970."""

    times: int = 0
    since: int = 0

    @classmethod
    def of(cls, message: dict[str, Any]) -> Waited:
        """What a message of SQS, as Lambda passes it on, says of itself."""
        found = (message.get("messageAttributes") or {}).get(ATTRIBUTE)
        if not found:
            return cls()
        times, since = found["stringValue"].split()
        return cls(int(times), int(since))

    def once_more(self, now: float | None = None) -> Waited:
        """After one more time."""
        return Waited(self.times + 1, self.since or int(time.time() if now is None else now))

    @property
    def pause(self) -> int:
        """Seconds until the message comes again."""
        pause: int = FIRST_SECONDS << min(self.times - 1, 10)
        return min(pause, MOST_SECONDS)

    @property
    def attributes(self) -> dict[str, Any]:
        """As SendMessage takes it."""
        text = f"{self.times} {self.since}"
        return {ATTRIBUTE: {"DataType": "String", "StringValue": text}}


def patient(message: dict[str, Any], now: float | None = None) -> bool:
    """Whether the message may be put off once more."""
    since = Waited.of(message).since
    return not since or (time.time() if now is None else now) - since < PATIENCE_SECONDS


def put_off(
    leg: str, cause: Cause[Any], message: dict[str, Any], reached: QuotaReachedError, ports: Ports
) -> int:
    """Let a message wait, and say so the first time; seconds until it comes again.

    Said before it is sent: a crash between them brings the same message again, and what was said
    is said with the same id.
    """
    from lifecycle.adapters.sqs_retry import send_again

    waited = Waited.of(message)
    if not waited.times:
        advance(f"{leg}/waits", cause, lambda: _waits(leg, cause, message, reached), ports)
    waited = waited.once_more()
    send_again(message, waited.pause, waited.attributes)
    return waited.pause


def _waits(
    leg: str, cause: Cause[Any], message: dict[str, Any], reached: QuotaReachedError
) -> Decision:
    problem, run = problem_of(message["body"]) or "", getattr(cause.event, "run", None)
    said = QuotaReached(
        problem=problem,
        run=run,
        leg=leg,
        operation=reached.operation,
        reason=reached.message,
        cure=CURE,
    )
    return Decision(
        f"Waits for a quota: {reached.message}", problem=problem, run=run, events=(said,)
    )
