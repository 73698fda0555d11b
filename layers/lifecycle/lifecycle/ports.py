"""The few doors through which a leg meets the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from lifecycle.decision import ApiCall
    from lifecycle.records import (
        HistoryRecord,
        InputRecord,
        JobRecord,
        ProblemRecord,
        Record,
        RunRecord,
        SnapshotRecord,
    )
    from lifecycle.settings import Settings
    from lifecycle.stretches import StretchRecord


class Records(Protocol):
    """The record table."""

    def get[R: Record](self, row: R) -> R | None:
        """The stored row with this row's key, if there is one."""

    def problem(self, name: str) -> ProblemRecord | None:
        """The problem of this name, once it is defined."""

    def run(self, problem: str, run: str) -> RunRecord:
        """A run. Raises RecordMissingError while it is not there."""

    def job(self, kind: str, name: str) -> JobRecord:
        """The row of a SageMaker job. Raises RecordMissingError while it is not there."""

    def inputs(self, problem: str) -> list[InputRecord]:
        """All that was ever taken in for a problem, waiting and rejected ones included."""

    def snapshots(self, problem: str) -> list[SnapshotRecord]:
        """All snapshots of a problem's files, open and closed, folder by folder."""

    def stretches(self, stream: str, shard: str) -> list[StretchRecord]:
        """What of a shard was taken in, in order, as far as it is kept."""

    def open_jobs(self) -> list[JobRecord]:
        """Jobs whose end nobody has heard of."""

    def problems(self) -> list[ProblemRecord]:
        """All problems, by name."""

    def recent_history(self, problem: str, most: int) -> list[HistoryRecord]:
        """What happened to a problem last, newest first."""

    def history(self, event_id: str, leg: str) -> HistoryRecord | None:
        """What this leg made of this event, if it was handled before."""

    def commit(
        self, rows: Iterable[Record], history: HistoryRecord, absent: Iterable[Record] = ...
    ) -> None:
        """Write all rows and the history row, or none, while the absent rows are absent.

        Raises:
            AlreadyRecordedError: the history row is there.
            StaleRecordError: a row is no longer the one that was read.
        """

    def claim(self, event_id: str, leg: str, seconds: int) -> None:
        """Keep other deliveries of an event from what this one does, for so long at most.

        Raises:
            ClaimedError: another delivery did so, and its time is not over.
        """

    def give_up(self, event_id: str, leg: str) -> None:
        """End one's own claim before its time."""

    def note(self, row: Record) -> None:
        """Write a row that nothing depends on, whatever is there."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as a listing tells of it.

    Attributes:
        uri: its address.
        etag: changes with its content.
        modified: when it was written, ISO 8601 in UTC.
    """

    uri: str
    etag: str
    modified: str

    @property
    def name(self) -> str:
        """The last part of its key."""
        return self.uri.rsplit("/", 1)[-1]


class Objects(Protocol):
    """Objects in S3, by their s3:// address."""

    def download(self, uri: str, path: Path, etag: str = ...) -> Path:
        """Copy an object to a file, as it was when it had this ETag.

        Raises:
            FileNotFoundError: there is no such object.
            ObjectChangedError: it has another ETag now.
        """

    def upload(
        self, path: Path, uri: str, content_type: str = ..., tags: Mapping[str, str] | None = ...
    ) -> None:
        """Copy a file to an object, tagged if asked."""

    def read(self, uri: str) -> bytes:
        """A small object's bytes. Raises FileNotFoundError when there is none."""

    def write(self, uri: str, body: bytes, content_type: str = ...) -> None:
        """Make or replace a small object."""

    def copy(self, source: str, target: str) -> None:
        """Copy an object as it is. Raises FileNotFoundError when there is none."""

    def list(self, prefix: str) -> list[str]:
        """The addresses of all objects under a prefix, in key order."""

    def stored(self, prefix: str) -> Sequence[StoredObject]:
        """All objects under a prefix, in key order, with what tells one content from another."""


class Api(Protocol):
    """Any AWS API that a decision asks for."""

    def call(self, call: ApiCall) -> dict[str, Any]:
        """Carry out a call; the kept answers by placeholder name."""

    def describe(
        self, service: str, operation: str, request: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Ask, without changing anything; None when there is no such thing."""


class Bus(Protocol):
    """The event bus."""

    def put(self, entries: Iterable[dict[str, Any]]) -> None:
        """Put entries on the bus. Raises EventsNotAcceptedError if any is refused."""


@dataclass(frozen=True, slots=True)
class Ports:
    """All doors, as a leg is given them."""

    records: Records
    objects: Objects
    api: Api
    bus: Bus
    settings: Settings
