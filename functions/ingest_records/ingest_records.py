"""A stretch of the stream arrived: sort its records by problem and by use, each exactly once."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lifecycle.decision import Decision
from lifecycle.events import DataIngested, DataRejected, Fault
from lifecycle.names import digest
from lifecycle.records import InputRecord

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.records import ShardRecord

NAME = re.compile(r"[a-z][a-z0-9-]{0,23}")
NOBODY = "unknown"
"""The folder of records that name no problem."""

FAULTS_TOLD = 20
CURE = 'Send one JSON object a record: {"problem": "churn", "record": {…}}.'


@dataclass(slots=True)
class Stretch:
    """What a batch holds for one problem: rows to learn from, truths, and records set aside."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    truths: list[dict[str, Any]] = field(default_factory=list)
    poison: list[tuple[str, str, Fault]] = field(default_factory=list)


def sort_records(records: list[dict[str, Any]], shard: ShardRecord) -> dict[str, Stretch]:
    """The records that come after the shard's mark, by problem.

    Args:
        records: as Lambda passes them on: ``kinesis.data`` is base64, all of one shard, in order.
        shard: how far the shard was taken in before.
    """
    found: dict[str, Stretch] = {}
    for record in records:
        sequence = record["kinesis"]["sequenceNumber"]
        if int(sequence) <= int(shard.sequence):
            continue
        raw = record["kinesis"]["data"]
        try:
            problem, document = _read(raw)
        except ValueError as error:
            fault = Fault(path=f"record {sequence}", message=str(error), cure=CURE)
            name = _named(raw)
            found.setdefault(name, Stretch()).poison.append((sequence, raw, fault))
            continue
        stretch = found.setdefault(problem, Stretch())
        (stretch.truths if "inference_id" in document else stretch.rows).append(document)
    return found


def _read(raw: str) -> tuple[str, dict[str, Any]]:
    """Problem and content of a record.

    Raises:
        ValueError: it is not what the contract says, in words.
    """
    try:
        document = json.loads(base64.b64decode(raw, validate=True))
    except (binascii.Error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"the record is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ValueError("the record is JSON, but no object")  # noqa: TRY004  one error for callers
    problem = document.get("problem")
    if not isinstance(problem, str) or not NAME.fullmatch(problem):
        raise ValueError("the record names no problem")
    if "inference_id" in document:
        if "label" not in document:
            raise ValueError("the ground truth has no label")
        return problem, {k: document[k] for k in ("inference_id", "label")}
    if not isinstance(document.get("record"), dict) or not document["record"]:
        raise ValueError("there is no object under the key record")
    return problem, document["record"]


def _named(raw: str) -> str:
    """The problem that a faulty record names all the same, or nobody."""
    try:
        problem = json.loads(base64.b64decode(raw))["problem"]
    except (ValueError, KeyError, TypeError):
        return NOBODY
    return problem if isinstance(problem, str) and NAME.fullmatch(problem) else NOBODY


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one problem's stretch: where its rows lie, and what was set aside."""

    problem: str
    uri: str | None
    rows: int
    columns: int
    truths: int
    faults: tuple[Fault, ...]
    quarantine_uri: str | None
    protection: str = ""


def source_name(shard: ShardRecord, last: str) -> str:
    """The name of a stretch: its shard and its range of sequence numbers."""
    return f"stream/{shard.shard}/{shard.sequence}-{last}"


def decide(cause: Cause[Any], taken: list[Taken], shard: ShardRecord, last: str) -> Decision:
    """Record the stretch: rows and the shard's new mark in one transaction."""
    source = source_name(shard, last)
    records: list[Any] = [shard.model_copy(update={"sequence": last})]
    events: list[Any] = []
    for part in taken:
        if part.uri:
            records.append(_input(cause, part, source))
            events.append(
                DataIngested(
                    problem=part.problem,
                    origin="stream",
                    source=source,
                    uri=part.uri,
                    rows=part.rows,
                    columns=part.columns,
                )
            )
        if part.faults:
            events.append(
                DataRejected(
                    problem=part.problem,
                    source=source,
                    faults=part.faults[:FAULTS_TOLD],
                    quarantine_uri=part.quarantine_uri,
                )
            )
    total = sum(part.rows for part in taken)
    aside = sum(len(part.faults) for part in taken)
    truths = sum(part.truths for part in taken)
    return Decision(
        f"Took in {total} streamed rows and {truths} truths; set {aside} record(s) aside.",
        problem=taken[0].problem if len(taken) == 1 else "",
        records=tuple(records),
        events=tuple(events),
    )


def _input(cause: Cause[Any], part: Taken, source: str) -> InputRecord:
    return InputRecord(
        problem=part.problem,
        digest=digest(part.problem, source),
        source=source,
        origin="stream",
        uri=part.uri,
        rows=part.rows,
        columns=part.columns,
        at=cause.time,
        protection=part.protection,
    )
