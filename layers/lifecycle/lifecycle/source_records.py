"""The rows of databases: what is being fetched, and what their tables are made of."""

from __future__ import annotations

from typing import ClassVar

from lifecycle.events import Fault  # noqa: TC001  pydantic reads it
from lifecycle.records import Record


class SourceRecord(Record):
    """Where one database of a problem stands: what is being fetched of it, and what came last."""

    kind: ClassVar[str] = "source"
    problem: str
    source: str
    asked_for: str = ""
    """The fingerprint of the definition that was last asked for by itself."""
    asked_at: str = ""
    """When the schedule last asked, or the definition."""
    holds: str = ""
    """The fingerprint of the definition by which its tables were fetched."""
    fetch: str | None = None
    """The fetch under way."""
    job: str | None = None
    """The run of the Glue job that carries it out."""
    fetch_started_at: str = ""
    fetched_at: str = ""
    faults: tuple[Fault, ...] = ()
    """Why the last fetch failed, or the rows could not be had; nothing when all is well."""

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"problem#{self.problem}", f"source#{self.source}"


class TableRecord(Record):
    """The current state of one table of a database, and what it is made of."""

    kind: ClassVar[str] = "table"
    problem: str
    source: str
    table: str
    files: tuple[str, ...] = ()
    """Where its rows lie; nothing before its first load."""
    rows: int = 0
    tells_apart: tuple[str, ...] = ()
    """The columns of its key."""
    untyped: bool = False
    mark: str | None = None
    """The highest watermark or key that was fetched, as the database writes it."""
    loads: tuple[str, ...] = ()
    """Marks of the files of the full load."""
    loaded_at: str = ""
    """Changes that landed before are contained in a load that came anew."""
    last_change: str = ""
    changes: str = ""
    """A fingerprint of all change files up to the last one merged."""
    stopped: str = ""
    """The mark of the file that could not be merged."""
    awaits_load: bool = False

    @property
    def key(self) -> tuple[str, str]:  # noqa: D102  (inherited)
        return f"problem#{self.problem}", f"table#{self.source}/{self.table}"
