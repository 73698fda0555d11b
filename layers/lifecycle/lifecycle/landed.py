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


def lies_in(key: str, folder: str) -> bool:
    """Whether a key is below a problem's folder; a rule's wildcard finds the name at any depth."""
    return key.split("/")[1:2] == [folder]


def elsewhere(landed: ObjectCreated, folder: str) -> Decision:
    """An object of another folder, whose path happens to hold the name of this one."""
    return Decision(f"{landed.key} does not lie in {folder}/.", problem=landed.problem)


def known_already(row: InputRecord) -> Decision:
    """The same object, with the same content, was taken up before."""
    return Decision(f"{row.source} landed before and counts once.", problem=row.problem)


def released(
    problem: str, inputs: Iterable[InputRecord], purpose: Purpose, protection: str = ""
) -> Decision:
    """What waited need wait no more: say so of each.

    Args:
        problem: the problem.
        inputs: all of its inputs.
        purpose: which of them are meant.
        protection: how personal data is treated now; files taken in under another treatment are
            taken in again, in the place of what they were before.
    """
    waiting = [
        row
        for row in inputs
        if row.purpose == purpose and (row.waiting or _treated_otherwise(row, protection))
    ]
    events = tuple(
        WaitingDataReleased(
            problem=problem, purpose=purpose, bucket=row.bucket, key=row.source, etag=row.etag
        )
        for row in waiting[:RELEASED_AT_ONCE]
    )
    return Decision(f"{len(events)} waiting file(s) released.", problem=problem, events=events)


def _treated_otherwise(row: InputRecord, protection: str) -> bool:
    taken = row.origin == "file" and row.purpose == "data" and row.uri is not None
    return taken and row.protection != protection
