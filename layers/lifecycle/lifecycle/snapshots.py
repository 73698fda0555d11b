"""Snapshots: the files of one write, learned from together, once it is whole.

A writer such as Spark, Redshift's UNLOAD or BigQuery's export leaves many files and, at best, a
marker when it is done. Which files belong together is told by their names and their folder alone,
so that every leg comes to the same answer without asking.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from lifecycle.records import SnapshotRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lifecycle.records import InputRecord

type Close = Literal["auto", "at_once", "marker", "quiet"]
type Replace = Literal["none", "folder", "all"]

MARKER = "_SUCCESS"
"""The empty object by which Hadoop's committers, and Spark after them, say that all is there."""

UNDER_WAY = "_temporary"
"""The folder that the same committers write to until then."""

PARTS = (
    re.compile(r"part[-_.](?:[a-z][-_])?\d+.*", re.IGNORECASE),  # Hadoop, Spark, Dask, AWS Glue
    re.compile(r".*[-_.]\d+[-_]of[-_]\d+(?:\..*)?", re.IGNORECASE),  # shards that know their number
    re.compile(r".*\d{4}_part_\d{2,}(?:\..*)?", re.IGNORECASE),  # Amazon Redshift, UNLOAD
    re.compile(r".*0{4}\d{8}(?:\..*)?"),  # BigQuery, export with a wildcard
    re.compile(r"data_\d+_\d+_\d+(?:\..*)?", re.IGNORECASE),  # Snowflake, COPY INTO a location
)
"""Names that a writer of several files gives them."""

NUMBERED = re.compile(
    r"(?P<stem>.*)[-_.](?P<number>\d+)[-_]of[-_](?P<total>\d+)(?P<rest>(?:\..*)?)", re.IGNORECASE
)


DEFAULTS = {"close": "auto", "quiet": "60s", "replace": "none"}


def snapshot_settings(definition: dict[str, Any]) -> dict[str, Any]:
    """What a resolved definition says of snapshots; one of an older version says nothing."""
    return {**DEFAULTS, **definition["data"].get("snapshot", {})}


def is_data(key: str) -> bool:
    """Whether an object below ``data/`` can hold rows.

    Names that begin with ``_`` or ``.`` are no data, as in Hadoop and Spark (there, too, a name
    with ``=`` is a partition); nor are the placeholders by which consoles keep empty folders.
    """
    if key.endswith(("/", "_$folder$")) or key.split("/")[1:2] != ["data"]:
        return False
    below = key.split("/")[2:]
    return not any(
        part.startswith(".") or (part.startswith("_") and "=" not in part) for part in below
    )


def folder_of(key: str) -> str:
    """The folder of a write: the object's own, above its partitions (``year=2026/month=01``)."""
    folder = key.rsplit("/", 1)[0]
    while "=" in folder.rsplit("/", 1)[-1]:
        folder = folder.rsplit("/", 1)[0]
    return folder


def marked_folder(key: str) -> str | None:
    """The folder that a marker closes, or that a writer's temporary object opens; else None."""
    parts = key.split("/")
    if UNDER_WAY in parts[2:]:
        return "/".join(parts[: parts.index(UNDER_WAY)])
    return key.rsplit("/", 1)[0] if parts[-1] == MARKER and len(parts) > 2 else None


def looks_like_part(key: str) -> bool:
    """Whether an object's name is one that writers of several files give."""
    name = key.rsplit("/", 1)[-1]
    return any(pattern.fullmatch(name) for pattern in PARTS)


def snapshot_folder(key: str, close: Close, begun: Iterable[str] = ()) -> str | None:
    """The folder whose snapshot a data object belongs to; None when it stands by itself.

    Args:
        key: the object's key, ``<problem>/data/…``.
        close: the problem's setting.
        begun: folders in which a snapshot is open.
    """
    if close == "at_once":
        return None
    if close == "quiet":
        return "/".join(key.split("/")[:2])
    folder = folder_of(key)
    if close == "auto" and not looks_like_part(key) and folder not in begun:
        return None
    return folder


def complete(key: str, landed: Iterable[str]) -> bool:
    """Whether an object's name tells how many there are, and all of them have landed."""
    own = NUMBERED.fullmatch(key)
    if own is None:
        return False
    total = int(own["total"])
    found = (NUMBERED.fullmatch(other) for other in landed)
    numbers = {
        int(each["number"])
        for each in found
        if each and (each["stem"], int(each["total"])) == (own["stem"], total)
    }
    return len(numbers) >= total > 0


class Snapshots:
    """All snapshots of one problem: which is open in each folder, and what has been closed."""

    def __init__(self, problem: str, rows: Iterable[SnapshotRecord]) -> None:
        """Take the problem's rows of the record table."""
        self._problem = problem
        self._latest: dict[str, SnapshotRecord] = {}
        self._closed_at: dict[str, str] = {}
        for row in rows:
            before = self._latest.get(row.folder)
            if before is None or row.number > before.number:
                self._latest[row.folder] = row
            self._closed_at[row.name] = row.closed_at

    def current(self, folder: str) -> SnapshotRecord:
        """The snapshot that is open in a folder; a new one, in no table yet, if there was none."""
        return self._latest.get(folder) or SnapshotRecord(problem=self._problem, folder=folder)

    def begun(self) -> tuple[str, ...]:
        """Folders in which a snapshot is open and holds something, or is being written."""
        return tuple(row.folder for row in self._latest.values() if row.begun)

    def held(self, name: str | None) -> bool:
        """Whether an input must wait, because the snapshot of this name is still open."""
        return name is not None and not self._closed_at.get(name)

    def closed_at(self, row: InputRecord) -> str:
        """When an input counted: when its snapshot was closed, or when it was taken in."""
        return self._closed_at.get(row.snapshot or "") or row.at


def usable(
    inputs: Iterable[InputRecord], snapshots: Snapshots, replace: Replace = "none"
) -> list[InputRecord]:
    """The inputs that a run may learn from: those in no open snapshot, and replaced by no newer.

    Args:
        inputs: all inputs of the problem that hold rows.
        snapshots: its snapshots.
        replace: ``folder``: the newest snapshot of a folder takes the place of those before it;
            ``all``: the newest of the problem does. A file by itself is a snapshot of one.
            Streamed rows and rows of databases are replaced by no file.
    """
    free = [row for row in inputs if not snapshots.held(row.snapshot)]
    if replace == "none":
        return free
    newest: dict[str, tuple[str, str]] = {}
    places = {}
    for row in free:
        if row.origin == "file":
            place = folder_of(row.source) if replace == "folder" else ""
            mark = (snapshots.closed_at(row), row.snapshot or row.digest)
            places[row.digest] = (place, mark)
            newest[place] = max(newest.get(place, mark), mark)
    return [
        row
        for row in free
        if row.digest not in places or newest[places[row.digest][0]] == places[row.digest][1]
    ]
