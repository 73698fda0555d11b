"""Errors of the lifecycle.

LifecycleError
├── UnknownEventError      an event no class here describes reached a leg
├── MalformedEventError    an event that is not as its sender describes it
├── RecordMissingError     a record an event speaks of is not there yet; the queue's retry cures it
├── StaleRecordError       a record moved on between reading and writing it
├── AlreadyRecordedError   this event's history row is there: an earlier delivery got this far
├── ClaimedError           another delivery of this event is at work; the queue's retry cures it
├── ObjectChangedError     an object was replaced since the event that told of it
├── ForeignProblemError    a leg reached for what another problem owns
├── EventsNotAcceptedError the bus took only some of the events
├── QuotaReachedError      AWS has no room for what a decision asked for, for now
├── IllegalMoveError       a decision asked for a move that the stage table does not have
└── ProblemFaultsError     a problem.yaml with faults, every one of them named
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lifecycle.events import Fault


class LifecycleError(Exception):
    """What all errors of this package are."""


class UnknownEventError(LifecycleError):
    """An event that no class here describes; its rule in template.yaml is wrong."""


class MalformedEventError(LifecycleError):
    """An event of a known kind without what its sender promises; the message quotes no value."""


class RecordMissingError(LifecycleError):
    """A record that an event speaks of is not there yet; raising it lets the queue try again."""


class StaleRecordError(LifecycleError):
    """Another delivery moved the record on between reading and writing it."""


class ClaimedError(LifecycleError):
    """Another delivery of this event is making a call that must not be made twice."""


class ObjectChangedError(LifecycleError):
    """The object was replaced before or while it was read; another event tells of the new one."""


class ForeignProblemError(LifecycleError):
    """A leg that acts for one problem reached for what belongs to another."""


class AlreadyRecordedError(LifecycleError):
    """The history row of this event exists: an earlier delivery recorded the same decision."""


class EventsNotAcceptedError(LifecycleError):
    """EventBridge answered 200 but refused some of the entries (PutEvents, FailedEntryCount)."""


class QuotaReachedError(LifecycleError):
    """A quota of the account is used up for now: the call will succeed once others have ended."""

    def __init__(self, operation: str, message: str) -> None:
        super().__init__(f"{operation}: {message}")
        self.operation = operation
        self.message = message


class IllegalMoveError(LifecycleError):
    """A decision moved a run where the stage table has no such move."""


class ProblemFaultsError(LifecycleError):
    """A problem.yaml that cannot be accepted, with every fault at once."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"line {f.line}: {f.path}: {f.message}" for f in faults))
        self.faults = tuple(faults)
