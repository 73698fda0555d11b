"""Which of a table's landed files are to be merged now: nothing twice, nothing out of order.

Events of S3 come late, twice and in any order, so an event only says "look": what is there is
listed, and held against what the table's row says was merged. The names of change files are times
(see ``science.databases.change_files``), so their order is that of commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lifecycle.names import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lifecycle.ports import StoredObject
    from lifecycle.source_records import TableRecord

MARK_LENGTH = 12


def mark(item: StoredObject) -> str:
    """Changes with the content of a file, and with its name."""
    return digest(item.name, item.etag, length=MARK_LENGTH)


def marks(items: Iterable[StoredObject]) -> str:
    """One fingerprint of several files in their order."""
    return digest(*(mark(item) for item in items))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about one table.

    Attributes:
        loads: files of a full load to begin from; nothing when the state so far will do.
        changes: files of changes to merge after it, in order.
        before: change files that the state holds already, in order.
        awaits_load: whether there are changes and no load they could be merged into.
        loaded_at: when the load that counts began to land, if one came anew.
    """

    loads: tuple[StoredObject, ...] = ()
    changes: tuple[StoredObject, ...] = ()
    before: tuple[StoredObject, ...] = ()
    awaits_load: bool = False
    loaded_at: str = ""

    @property
    def idle(self) -> bool:
        """Whether there is nothing to merge."""
        return not self.loads and not self.changes

    def merged(self, row: TableRecord, taken: int) -> dict[str, object]:
        """What the table's row says once so many of the change files are merged."""
        done = (*self.before, *self.changes[:taken])
        left = self.changes[taken:]
        found: dict[str, object] = {
            "last_change": done[-1].name if done else row.last_change if not self.loads else "",
            "changes": marks(done) if done or self.loads else row.changes,
            "stopped": mark(left[0]) if left else "",
            "awaits_load": False,
        }
        if self.loads:
            found["loads"] = tuple(sorted(mark(item) for item in self.loads))
            found["loaded_at"] = self.loaded_at
        return found


def plan(loads: Sequence[StoredObject], changes: Sequence[StoredObject], row: TableRecord) -> Plan:
    """What to merge of the files that are there.

    - A load that is there for the first time, or has grown, takes all changes after it.
    - A load whose files were written anew replaces the table: changes that landed before it are in
      it. Those after it are merged.
    - A change file that was replaced, or came late, makes the table be merged again from its load.
      Where the load is no longer kept, only what is newer than the last change is merged.

    Args:
        loads: the full load's files.
        changes: files of changes.
        row: the table as it is recorded.
    """
    loads = sorted(loads, key=lambda item: item.name)
    changes = sorted(changes, key=lambda item: item.name)
    if not loads:
        if not row.files:
            return Plan(awaits_load=bool(changes))
        newer = tuple(item for item in changes if item.name > row.last_change)
        held = tuple(item for item in changes if item.name <= row.last_change)
        return Plan(changes=newer, before=held)
    found = {mark(item) for item in loads}
    loaded_at = row.loaded_at
    if row.loads and not set(row.loads) <= found:
        fresh = [item.modified for item in loads if mark(item) not in row.loads]
        loaded_at = min(fresh, default=row.loaded_at)
    since = tuple(item for item in changes if item.modified >= loaded_at)
    held = tuple(item for item in since if item.name <= row.last_change)
    whole = marks(held) == row.changes if row.changes or held else True
    if row.files and set(row.loads) == found and whole:
        return Plan(changes=since[len(held) :], before=held)
    return Plan(loads=tuple(loads), changes=since, loaded_at=loaded_at)
