"""Objects that land and may have to wait: for their problem, or for a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lifecycle.aws_events import ObjectCreated
from lifecycle.decision import Decision
from lifecycle.events import WaitingDataReleased
from lifecycle.names import digest
from lifecycle.records import InputRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

RELEASED_AT_ONCE = 300
"""A history row keeps its events and holds 400 KB; what is left is released by the next of them."""

type Landed = ObjectCreated | WaitingDataReleased
type Purpose = Literal["data", "score"]


def new_input(landed: Landed, purpose: Purpose) -> InputRecord:
    """The row of a landed object; the same key with the same content has the same row."""
    return InputRecord(
        problem=landed.problem,
        digest=digest(landed.key, landed.etag),
        source=landed.key,
        origin="file",
        purpose=purpose,
        bucket=landed.bucket,
        etag=landed.etag,
        sequencer=getattr(landed, "sequencer", ""),
    )


def counts(known: InputRecord, landed: Landed) -> bool:
    """Whether an object that was heard of before needs to be looked at no more.

    One that was refused is looked at again when it is dropped again, or when its problem is defined
    anew, since the cause may lie outside it; S3's sequencer tells a new drop from the same event in
    a second copy.
    """
    if isinstance(landed, WaitingDataReleased):
        return not known.waiting
    if known.rejected:
        return landed.sequencer in {"", known.sequencer}
    return known.uri is not None and not known.waiting


def known_already(row: InputRecord) -> Decision:
    """The same object, with the same content, was taken up before."""
    return Decision(f"{row.source} landed before and counts once.", problem=row.problem)


def released(problem: str, inputs: Iterable[InputRecord], purpose: Purpose) -> Decision:
    """What waited need wait no more: say so of each."""
    waiting = [row for row in inputs if row.waiting and row.purpose == purpose]
    events = tuple(
        WaitingDataReleased(
            problem=problem, purpose=purpose, bucket=row.bucket, key=row.source, etag=row.etag
        )
        for row in waiting[:RELEASED_AT_ONCE]
    )
    return Decision(f"{len(events)} waiting file(s) released.", problem=problem, events=events)
