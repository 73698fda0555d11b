"""How a function of this stack meets its queue: parse, answer for each message, report failures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lifecycle import redaction
from lifecycle.advance import CLAIM_SECONDS, advance
from lifecycle.cause import parse_cause
from lifecycle.errors import ClaimedError, QuotaReachedError, UnknownEventError
from lifecycle.problem_scope import scoped

if TYPE_CHECKING:
    from collections.abc import Callable

    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports

logger = redaction.logger()
CLAIMED_PAUSE = CLAIM_SECONDS + 1
"""Seconds until a message comes back whose event another delivery keeps for itself. That is over
then, whatever became of the other; sooner tries would be in vain, and there are but five."""


class Leg:
    """One leg of the relay, callable as a Lambda handler over an SQS queue of EventBridge events.

    Attributes:
        name: the function's folder name.
        hears: the event classes it understands; the contract tests hold the template to them.
        handle: loads what the decision needs, and decides.
        fair: whether messages wait for their turn by problem, see ``lifecycle.turns``.
    """

    def __init__(
        self,
        name: str,
        hears: tuple[type, ...],
        handle: Callable[[Cause[Any], Ports], Decision],
        *,
        fair: bool = False,
    ) -> None:
        self.name = name
        self.hears = hears
        self.handle = handle
        self.fair = fair
        self._ports: Ports | None = None

    def __call__(self, event: dict[str, Any], _context: object = None) -> dict[str, Any]:
        """Handle a batch of SQS messages; name those that failed, so that only they come again.

        See "Reporting batch item failures" in the Lambda Developer Guide.
        """
        failures = []
        for message in event["Records"]:
            try:
                if not (self.fair and self._put_in_line(message)):
                    self._take(message, self._doors())
            except Exception as error:
                # Whatever went wrong, it must not take the other messages with it: this one
                # returns to the queue and, if it fails for good, to the dead-letter queue.
                logger.exception("not handled", leg=self.name, message_id=message["messageId"])
                failures.append({"itemIdentifier": message["messageId"]})
                _fail(self.name, message, error, self._doors())
        return {"batchItemFailures": failures}

    def _doors(self) -> Ports:
        """The worker's ports, made when they are first needed.

        Clients cost half a second to make and their credentials live as long as the worker.
        """
        if self._ports is None:
            from lifecycle.adapters import ports_from_environment

            self._ports = ports_from_environment()
        return self._ports

    def _put_in_line(self, message: dict[str, Any]) -> bool:
        """Whether a message went back to its queue, to come again when it is its problem's turn."""
        from lifecycle.turns import put_in_line

        group = put_in_line(message)
        if group:
            logger.info("waits for its turn", leg=self.name, group=group)
        return bool(group)

    def _take(self, message: dict[str, Any], ports: Ports) -> None:
        """Answer for a message, or put it off while a quota is used up."""
        envelope = json.loads(message["body"])
        try:
            self.answer(envelope, ports)
        except QuotaReachedError as reached:
            from lifecycle.quota_wait import patient, put_off

            if "receiptHandle" not in message or not patient(message):
                raise
            seconds = put_off(self.name, parse_cause(envelope), message, reached, ports)
            logger.warning(
                "waits for a quota", leg=self.name, quota=reached.message, seconds=seconds
            )

    def answer(self, envelope: dict[str, Any], ports: Ports) -> None:
        """Answer for one EventBridge event.

        Raises:
            UnknownEventError: the template routed an event here that this leg does not hear.
        """
        cause = parse_cause(envelope)
        if not isinstance(cause.event, self.hears):
            raise UnknownEventError(f"{self.name} does not hear {type(cause.event).__name__}")
        doors = scoped(ports, getattr(cause.event, "problem", ""))
        done = advance(self.name, cause, lambda: self.handle(cause, doors), doors)
        logger.info(
            done.reason,
            leg=self.name,
            heard=done.heard,
            problem=done.problem,
            run=done.run,
            correlation_id=cause.correlation_id,
            announced=[entry["DetailType"] for entry in done.announced],
        )


def _fail(leg: str, message: dict[str, Any], error: Exception, ports: Ports) -> None:
    """Let a failed message come back soon; if it was the last time, keep why it failed.

    Nothing here may fail the batch: the queue itself does what matters.
    """
    if "receiptHandle" not in message:
        return
    from lifecycle.adapters.sqs_retry import bring_back, is_last
    from lifecycle.given_up import given_up

    try:
        bring_back(message, CLAIMED_PAUSE if isinstance(error, ClaimedError) else None)
        if is_last(message):
            ports.records.note(given_up(leg, message["body"], error))
    except Exception:
        logger.exception("why it failed was not kept", leg=leg, message_id=message["messageId"])


def leg(
    *hears: type, fair: bool = False
) -> Callable[[Callable[[Cause[Any], Ports], Decision]], Leg]:
    """Make a handler out of a loading function; its module ``handle_<leg>`` names the leg.

    Args:
        hears: the event classes it understands.
        fair: whether its queue is shared fairly by all problems; the template then lists it under
            ``FairLegs``.
    """

    def wrap(handle: Callable[[Cause[Any], Ports], Decision]) -> Leg:
        return Leg(handle.__module__.removeprefix("handle_"), hears, handle, fair=fair)

    return wrap
