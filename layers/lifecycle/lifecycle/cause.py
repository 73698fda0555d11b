"""The event that a leg was started by, with what is needed to answer for it later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pydantic import ValidationError

from lifecycle.aws_events import AwsEvent, parse_aws_event
from lifecycle.errors import MalformedEventError, UnknownEventError
from lifecycle.events import CATALOGUE, SOURCE, Event


@dataclass(frozen=True, slots=True)
class Cause[E: (Event | AwsEvent)]:
    """A typed event and its envelope's identity.

    Attributes:
        event: what was heard.
        id: the envelope's id; a redelivery carries the same one.
        time: when it happened, ISO 8601 in UTC.
        correlation_id: the id of the first event of this chain.
        account: the AWS account the event came from.
        region: and its Region.
    """

    event: E
    id: str
    time: str
    correlation_id: str
    account: str = ""
    region: str = ""

    def effect_id(self, leg: str, index: int) -> str:
        """The id of the n-th event this leg answers with: always the same for the same cause."""
        return str(uuid5(NAMESPACE_URL, f"{self.id}/{leg}/{index}"))


def parse_cause(envelope: dict[str, Any]) -> Cause[Any]:
    """Read an EventBridge envelope, AWS's or our own.

    Raises:
        UnknownEventError: nothing here describes the event.
        MalformedEventError: it lacks what its sender promises. No value of it is quoted, for the
            message goes into the log.
    """
    try:
        cause = _parsed(envelope)
        if not all(isinstance(each, str) for each in (cause.id, cause.time, cause.correlation_id)):
            raise MalformedEventError("the event's id and times are no texts")
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        told = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['type']}" for each in faults)
        raise MalformedEventError(f"the event does not have its form: {told}") from None
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise MalformedEventError(
            f"the event does not have its form: {type(error).__name__}"
        ) from None
    return cause


def _parsed(envelope: dict[str, Any]) -> Cause[Any]:
    common = {"account": envelope.get("account", ""), "region": envelope.get("region", "")}
    if envelope.get("source") != SOURCE:
        event: Event | AwsEvent = parse_aws_event(envelope)
        return Cause(event, envelope["id"], envelope["time"], envelope["id"], **common)
    cls = CATALOGUE.get(envelope.get("detail-type", ""))
    if cls is None:
        raise UnknownEventError(f"no event is called {envelope.get('detail-type')!r}")
    metadata = envelope["detail"]["metadata"]
    return Cause(
        cls.model_validate(envelope["detail"]["data"]),
        metadata["event_id"],
        metadata["occurred_at"],
        metadata["correlation_id"],
        **common,
    )
