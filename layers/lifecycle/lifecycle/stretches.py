"""Which stretches of the stream were taken in: what a shard's mark cannot tell of its past."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from lifecycle.records import Record

if TYPE_CHECKING:
    from lifecycle.records import ShardRecord

KEPT_SECONDS = 15 * 86_400
"""A day longer than the dead letters keep the note of a stretch that was given up."""

DIGITS = 60
"""A sequence number has at most 56; padded, numbers sort as texts do."""


class StretchRecord(Record):
    """Records of one shard that were taken in together, from ``first`` to ``last``.

    ``cause`` is the event by which they were, and whose history row holds what was said of them.
    """

    kind: ClassVar[str] = "stretch"
    stream: str
    shard: str
    first: str
    last: str
    cause: str = ""
    expires_at: int | None = None

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"shard#{self.stream}/{self.shard}", f"stretch#{self.first.zfill(DIGITS)}"


def stretch_after(
    shard: ShardRecord, first: str, last: str, cause: str
) -> tuple[StretchRecord, ...]:
    """The row of what lies between two sequence numbers and after the mark; none if nothing."""
    begin = max(int(first), int(shard.sequence) + 1)
    if begin > int(last):
        return ()
    return (stretch(shard.stream, shard.shard, str(begin), last, cause),)


def stretch(stream: str, shard: str, first: str, last: str, cause: str) -> StretchRecord:
    """The row of a stretch that is taken in now."""
    return StretchRecord(
        stream=stream,
        shard=shard,
        first=first,
        last=last,
        cause=cause,
        expires_at=int(time.time()) + KEPT_SECONDS,
    )
