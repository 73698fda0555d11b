"""Why a file cannot be read, and how much of one is read at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional


class UnreadableFile(ValueError):  # noqa: N818  (named for what the user is told)
    """A file cannot be read as what it says it is.

    Attributes:
        reason: the fact, a sentence.
        cure: what would mend it, a sentence.
        line: the line of the file that is wrong, from 1; None where there is none to name.
        column: the place in that line, from 1, if it is known.
    """

    def __init__(
        self, reason: str, cure: str, line: Optional[int] = None, column: Optional[int] = None
    ) -> None:
        """Keep the facts."""
        self.reason, self.cure, self.line, self.column = reason, cure, line, column
        super().__init__(f"{reason} {cure}")


@dataclass(frozen=True)
class Limits:
    """How much is read at most.

    Attributes:
        expanded_bytes: the size of a file once it is decompressed.
        ratio: how many times its own size a file may grow to, once it is past ``free_bytes``.
        free_bytes: what any file may grow to.
        columns: columns in a file.
        line_bytes: the longest line.
        memory_bytes: what the database may hold in memory; None for most of the machine's.
        disk_bytes: what there is of free disk; None to look.
    """

    expanded_bytes: int = 40_000_000_000
    ratio: int = 250
    free_bytes: int = 64_000_000
    columns: int = 10_000
    line_bytes: int = 16_000_000
    memory_bytes: Optional[int] = None
    disk_bytes: Optional[int] = None
