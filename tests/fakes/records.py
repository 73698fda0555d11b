"""The record table in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.errors import (
    AlreadyRecordedError,
    ClaimedError,
    RecordMissingError,
    StaleRecordError,
)
from lifecycle.records import (
    HistoryRecord,
    InputRecord,
    JobRecord,
    ProblemRecord,
    RunRecord,
    SnapshotRecord,
)
from lifecycle.stretches import StretchRecord
from tests.fakes.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lifecycle.records import Record

type Key = tuple[str, str]

ACTIONS_A_TRANSACTION = 100
"""TransactWriteItems takes at most so many (DynamoDB, "Service quotas")."""


class FakeRecords:
    """Rows by key, written all or none, under their version.

    Attributes:
        rows: what is stored now.
        claims: events and legs whose other deliveries have to wait. Nothing else waits: here the
            time of a claim is over as soon as its delivery has ended.
    """

    def __init__(self, *rows: Record) -> None:
        """A table that holds some rows already, each at least in its first version."""
        self.rows: dict[Key, Record] = {}
        self.claims: set[Key] = set()
        for row in rows:
            self.rows[row.key] = row.model_copy(update={"version": row.version or 1})

    def get[R: Record](self, row: R) -> R | None:
        found = self.rows.get(row.key)
        return found if isinstance(found, type(row)) else None

    def problem(self, name: str) -> ProblemRecord | None:
        return self.get(ProblemRecord(problem=name, definition={}))

    def run(self, problem: str, run: str) -> RunRecord:
        found = self.get(RunRecord(problem=problem, run=run, definition={}))
        if found is None:
            raise RecordMissingError(f"run {run} of {problem} is not recorded")
        return found

    def job(self, kind: str, name: str) -> JobRecord:
        found = self.get(JobRecord(job_kind=kind, name=name, problem=""))
        if found is None:
            raise RecordMissingError(f"{kind} {name} is not recorded")
        return found

    def inputs(self, problem: str) -> list[InputRecord]:
        found = [row for row in self.rows.values() if isinstance(row, InputRecord)]
        return sorted((row for row in found if row.problem == problem), key=lambda row: row.key)

    def snapshots(self, problem: str) -> list[SnapshotRecord]:
        found = [row for row in self.rows.values() if isinstance(row, SnapshotRecord)]
        return sorted((row for row in found if row.problem == problem), key=lambda row: row.key)

    def stretches(self, stream: str, shard: str) -> list[StretchRecord]:
        found = [row for row in self.rows.values() if isinstance(row, StretchRecord)]
        theirs = [row for row in found if (row.stream, row.shard) == (stream, shard)]
        return sorted(theirs, key=lambda row: row.key)

    def open_jobs(self) -> list[JobRecord]:
        found = [row for row in self.rows.values() if isinstance(row, JobRecord)]
        return sorted((row for row in found if not row.ended), key=lambda row: row.started_at)

    def problems(self) -> list[ProblemRecord]:
        found = [row for row in self.rows.values() if isinstance(row, ProblemRecord)]
        return sorted(found, key=lambda row: row.problem)

    def recent_history(self, problem: str, most: int) -> list[HistoryRecord]:
        found = [row for row in self.rows.values() if isinstance(row, HistoryRecord)]
        theirs = [row for row in found if row.problem == problem]
        return sorted(theirs, key=lambda row: (row.at, row.leg), reverse=True)[:most]

    def history(self, event_id: str, leg: str) -> HistoryRecord | None:
        return self.get(HistoryRecord(event_id=event_id, leg=leg, heard="", reason="", at=""))

    def commit(
        self, rows: Iterable[Record], history: HistoryRecord, absent: Iterable[Record] = ()
    ) -> None:
        written = [history, *rows]
        absent = list(absent)
        self._refuse_what_dynamodb_refuses([row.key for row in (*written, *absent)])
        if history.key in self.rows:
            raise AlreadyRecordedError(history.event_id)
        for row in written:
            stored = self.rows.get(row.key)
            if (stored.version if stored else 0) != row.version:
                raise StaleRecordError(str(row.key))
        for row in absent:
            if row.key in self.rows:
                raise StaleRecordError(str(row.key))
        for row in written:
            self.rows[row.key] = row.model_copy(update={"version": row.version + 1})

    def claim(self, event_id: str, leg: str, seconds: int) -> None:
        assert seconds > 0
        if (event_id, leg) in self.claims:
            raise ClaimedError(event_id)

    def give_up(self, event_id: str, leg: str) -> None:
        self.claims.discard((event_id, leg))

    def note(self, row: Record) -> None:
        self.rows[row.key] = row.model_copy(update={"version": row.version + 1})

    @staticmethod
    def _refuse_what_dynamodb_refuses(keys: list[Key]) -> None:
        if len(keys) > ACTIONS_A_TRANSACTION or len(set(keys)) < len(keys):
            message = "too many items, or one of them twice"
            raise refusal("ValidationException", message, "TransactWriteItems")
