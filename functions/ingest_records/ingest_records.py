"""A stretch of the stream arrived: sort its records by problem and by use, each exactly once."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aggregated import is_aggregated, records_in
from lifecycle.decision import Decision
from lifecycle.events import DataIngested, DataRejected, Fault, ProblemAwaited
from lifecycle.names import digest
from lifecycle.records import AwaitedRecord, InputRecord, ProblemRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lifecycle.cause import Cause
    from lifecycle.records import Record, ShardRecord

NAME = re.compile(r"[a-z][a-z0-9-]{0,23}")
NOBODY = "unknown"
"""The folder of records that name no problem."""

FAULTS_TOLD = 20
CURE = 'Send one JSON object a record: {"problem": "churn", "record": {…}}.'


MOST_PROBLEMS = 30
"""So many problems are recorded in one transaction, three rows each; it holds a hundred."""


@dataclass(slots=True)
class Stretch:
    """What a batch holds for one problem: rows to learn from, truths, and records set aside."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    truths: list[dict[str, Any]] = field(default_factory=list)
    poison: list[tuple[str, str, Fault]] = field(default_factory=list)


type Content = tuple[str, str, str, dict[str, Any] | Fault]
"""Of one record: its sequence number, its base64, its problem, and what it holds or its fault."""


@dataclass(slots=True)
class Piece:
    """Records of one shard, one after the other, of few enough problems for one transaction."""

    contents: list[Content]
    problems: set[str]

    @property
    def first(self) -> str:
        """The sequence number of the first record."""
        return self.contents[0][0]

    @property
    def last(self) -> str:
        """And of the last."""
        return self.contents[-1][0]


def cut(records: list[dict[str, Any]]) -> list[Piece]:
    """A batch in pieces; the same batch always gives the same ones.

    Args:
        records: as Lambda passes them on: ``kinesis.data`` is base64, all of one shard, in order.
    """
    pieces: list[Piece] = []
    for record in records:
        sequence, raw = record["kinesis"]["sequenceNumber"], record["kinesis"]["data"]
        found = [(sequence, raw, owner, content) for owner, content in _contents(sequence, raw)]
        owners = {owner for _, _, owner, _ in found}
        if not pieces or len(pieces[-1].problems | owners) > MOST_PROBLEMS:
            pieces.append(Piece([], set()))
        pieces[-1].contents += found
        pieces[-1].problems |= owners
    return pieces


def sort_records(piece: Piece, shard: ShardRecord) -> dict[str, Stretch]:
    """The records of a piece that come after the shard's mark, by problem."""
    mark = int(shard.sequence)
    stretches: dict[str, Stretch] = {}
    for sequence, raw, owner, content in piece.contents:
        if int(sequence) > mark:
            _put(stretches.setdefault(owner, Stretch()), sequence, raw, content)
    return stretches


def _put(stretch: Stretch, sequence: str, raw: str, found: dict[str, Any] | Fault) -> None:
    if isinstance(found, Fault):
        stretch.poison.append((sequence, raw, found))
    elif "inference_id" in found:
        stretch.truths.append(found)
    else:
        stretch.rows.append(found["record"])


def _contents(sequence: str, raw: str) -> Iterator[tuple[str, dict[str, Any] | Fault]]:
    """The owner and the content of a record, or of each that was packed into it; or its fault."""
    try:
        data = base64.b64decode(raw, validate=True)
        packed = records_in(data) if is_aggregated(data) else (data,)
    except ValueError as error:
        yield NOBODY, Fault(path=f"record {sequence}", message=str(error), cure=CURE)
        return
    for number, item in enumerate(packed):
        try:
            document = _document(item)
            yield _named(document), _content(document)
        except _PoisonError as error:
            path = f"record {sequence}" if len(packed) == 1 else f"record {sequence}/{number}"
            yield error.owner, Fault(path=path, message=str(error), cure=CURE)


class _PoisonError(ValueError):
    """A record is not what the contract says, in words; ``owner`` is whom it names all the same."""

    def __init__(self, message: str, owner: str = NOBODY) -> None:
        super().__init__(message)
        self.owner = owner


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a plain ValueError
        raise _PoisonError(f"the record is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise _PoisonError("the record is JSON, but no object")
    return document


def _named(document: dict[str, Any]) -> str:
    problem = document.get("problem")
    if not isinstance(problem, str) or not NAME.fullmatch(problem):
        raise _PoisonError("the record names no problem")
    return problem


def _content(document: dict[str, Any]) -> dict[str, Any]:
    owner = document["problem"]
    if "inference_id" in document:
        if "label" not in document:
            raise _PoisonError("the ground truth has no label", owner)
        return {"inference_id": document["inference_id"], "label": document["label"]}
    record = document.get("record")
    if not isinstance(record, dict) or not record:
        raise _PoisonError("there is no object under the key record", owner)
    return {"record": record}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one problem's stretch: where its rows lie, and what was set aside.

    ``waits_in`` and ``waits_at`` are bucket and key of rows whose problem is not defined yet,
    and ``awaited`` says that this was told before.
    """

    problem: str
    uri: str | None
    rows: int
    columns: int
    truths: int
    faults: tuple[Fault, ...]
    quarantine_uri: str | None
    protection: str = ""
    bytes: int = 0
    waits_in: str = ""
    waits_at: str | None = None
    awaited: bool = False


def source_name(shard: ShardRecord, last: str) -> str:
    """The name of a stretch: its shard and its range of sequence numbers."""
    return f"stream/{shard.shard}/{shard.sequence}-{last}"


def decide(
    cause: Cause[Any], taken: list[Taken], source: str, marks: tuple[Record, ...]
) -> Decision:
    """Record the stretch: rows, and the marks that say that it was taken in, in one transaction."""
    records: list[Any] = list(marks)
    absent: list[Any] = []
    events: list[Any] = []
    for part in taken:
        if part.uri:
            records.append(_input(cause, part, source))
            events.append(_ingested(part, source))
        if part.waits_at:
            records.append(_waiting(cause, part))
            absent.append(ProblemRecord(problem=part.problem, definition={}))
            if not part.awaited:
                records.append(AwaitedRecord(problem=part.problem, at=cause.time))
                events.append(_awaited(part, source))
        if part.faults:
            events.append(_rejected(part, source))
    total = sum(part.rows for part in taken)
    aside = sum(len(part.faults) for part in taken)
    truths = sum(part.truths for part in taken)
    waiting = sum(part.rows for part in taken if part.waits_at)
    wait = f", of which {waiting} wait for their problem," if waiting else ""
    return Decision(
        f"Took in {total} streamed rows{wait} and {truths} truths; set {aside} record(s) aside.",
        problem=taken[0].problem if len(taken) == 1 else "",
        records=tuple(records),
        absent=tuple(absent),
        events=tuple(events),
    )


def _ingested(part: Taken, source: str) -> DataIngested:
    return DataIngested(
        problem=part.problem,
        origin="stream",
        source=source,
        uri=str(part.uri),
        rows=part.rows,
        columns=part.columns,
    )


def _rejected(part: Taken, source: str) -> DataRejected:
    return DataRejected(
        problem=part.problem,
        source=source,
        faults=part.faults[:FAULTS_TOLD],
        quarantine_uri=part.quarantine_uri,
    )


def _awaited(part: Taken, source: str) -> ProblemAwaited:
    cure = (
        f"Drop {part.problem}/problem.yaml, and they are taken up; or mend the name in what sends "
        "them."
    )
    return ProblemAwaited(problem=part.problem, source=source, rows=part.rows, cure=cure)


def _input(cause: Cause[Any], part: Taken, source: str) -> InputRecord:
    return InputRecord(
        problem=part.problem,
        digest=digest(part.problem, source),
        source=source,
        origin="stream",
        uri=part.uri,
        rows=part.rows,
        bytes=part.bytes,
        columns=part.columns,
        at=cause.time,
        protection=part.protection,
    )


def _waiting(cause: Cause[Any], part: Taken) -> InputRecord:
    """An object in the landing bucket that ingest_files takes up once its problem is defined."""
    key = str(part.waits_at)
    return InputRecord(
        problem=part.problem,
        digest=digest(key, ""),
        source=key,
        origin="stream",
        bucket=part.waits_in,
        waiting=True,
        at=cause.time,
    )
