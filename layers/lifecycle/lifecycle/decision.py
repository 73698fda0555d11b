"""Decision: all that a leg may ask for, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifecycle.events import Event
    from lifecycle.records import Record


@dataclass(frozen=True, slots=True)
class Search:
    """How to find what an earlier delivery started, where its name is not ours to choose.

    Attributes:
        operation: a listing operation, such as ``GetJobRuns``.
        request: its parameters.
        items: the key of the list in its answer.
        path: keys that lead to a value inside an item.
        value: the value by which the item is known.
        keep: answers to remember: placeholder name → key of the item.
    """

    operation: str
    request: dict[str, Any]
    items: str
    path: tuple[str, ...]
    value: str
    keep: dict[str, str] = field(default_factory=dict)

    def kept(self, answer: dict[str, Any] | None) -> dict[str, Any] | None:
        """The kept answers of the first item with the value; None when there is no such item."""
        for item in (answer or {}).get(self.items) or ():
            found: Any = item
            for key in self.path:
                found = (found or {}).get(key)
            if found == self.value:
                return {name: item[key] for name, key in self.keep.items()}
        return None


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request to an AWS API.

    Attributes:
        service: boto3's name of it, such as ``sagemaker``.
        operation: the API's name, such as ``CreateTrainingJob``.
        request: its parameters.
        exists: error codes that mean "an earlier delivery did this already", which is success.
        unless: a describing operation and its parameters to ask first, for APIs that have no
            such error; when it finds the thing, the call is not made.
        search: likewise, for APIs that name things themselves.
        alone: for APIs that can neither name nor find what they made: while one delivery of an
            event makes the call, its other deliveries wait; and it is made once a delivery, since
            botocore repeats what got no answer in time, though it may have taken effect.
        keep: answers to remember: placeholder name → top-level key of the response. Records and
            events may carry ``{{name}}`` where the answer belongs.
    """

    service: str
    operation: str
    request: dict[str, Any]
    exists: tuple[str, ...] = ()
    unless: tuple[str, dict[str, Any]] | None = None
    search: Search | None = None
    alone: bool = False
    keep: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a leg made of what it heard.

    ``advance`` carries it out, always in this order: calls, records, events.

    Attributes:
        reason: one sentence for the history, shown by ``baton why``.
        problem: the problem it is about, for the history's listing.
        run: and the run.
        records: rows to write, each guarded by its version.
        absent: rows whose absence the decision rests on; if one appears meanwhile, it is made anew.
        calls: API requests, each harmless to repeat.
        events: what to announce.
    """

    reason: str
    problem: str = ""
    run: str | None = None
    records: tuple[Record, ...] = ()
    absent: tuple[Record, ...] = ()
    calls: tuple[ApiCall, ...] = ()
    events: tuple[Event, ...] = ()
