"""What the local SageMaker remembers: documents by kind and name, in one SQLite file.

Every change is committed before a client hears of it, so that a killed process loses nothing.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

type Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL, parent TEXT NOT NULL,
  document TEXT NOT NULL, UNIQUE (kind, name));
CREATE INDEX IF NOT EXISTS by_arn ON resources (arn);
CREATE INDEX IF NOT EXISTS by_parent ON resources (kind, parent);
"""


class AlreadyExistsError(Exception):
    """A resource of this kind has this name already."""


class MissingError(Exception):
    """No resource of this kind has this name."""


class Store:
    """Documents by kind and name; safe to use from many threads."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.RLock()
        self._rows: dict[str, dict[str, tuple[str, Document]]] = {}
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        # A killed process loses nothing committed; only a power cut could (sqlite.org/pragma.html).
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def create(
        self, kind: str, name: str, document: Document, *, arn: str = "", parent: str = ""
    ) -> None:
        """Add a resource.

        Args:
            kind: As in its ARN, for example `training-job`.
            name: Unique within the kind.
            document: JSON values only; times are seconds since the epoch.
            arn: Its ARN, to find it by.
            parent: What it belongs to, for example the tuning job of a training job.

        Raises:
            AlreadyExistsError: When the name is taken.
        """
        row = (kind, name, arn, parent, json.dumps(document))
        try:
            with self._lock:
                self._connection.execute(
                    "INSERT INTO resources (kind, name, arn, parent, document) VALUES (?,?,?,?,?)",
                    row,
                )
                if kind in self._rows:
                    self._rows[kind][name] = (parent, _plain(document))
        except sqlite3.IntegrityError as error:
            raise AlreadyExistsError(f"{kind} {name}") from error

    def find(self, kind: str, name: str) -> Document | None:
        """The document of a resource, or None."""
        return self._one("SELECT document FROM resources WHERE kind=? AND name=?", (kind, name))

    def get(self, kind: str, name: str) -> Document:
        """The document of a resource.

        Raises:
            MissingError: When there is none.
        """
        document = self.find(kind, name)
        if document is None:
            raise MissingError(f"{kind} {name}")
        return document

    def find_by_arn(self, arn: str) -> tuple[str, str, Document] | None:
        """Kind, name and document of the resource with an ARN, or None."""
        with self._lock:
            row = self._connection.execute(
                "SELECT kind, name, document FROM resources WHERE arn=?", (arn,)
            ).fetchone()
        return (row[0], row[1], json.loads(row[2])) if row else None

    def change(
        self, kind: str, name: str, function: Callable[[Document], Document | None]
    ) -> Document:
        """Read, change and write a document with nobody in between.

        Args:
            kind: The resource's kind.
            name: Its name.
            function: Gets the document; returns the new one, or None to leave it.

        Returns:
            The document as it stands afterwards.

        Raises:
            MissingError: When there is none.
        """
        with self._lock:
            document = self.get(kind, name)
            changed = function(document)
            if changed is None:
                return document
            self._connection.execute(
                "UPDATE resources SET document=? WHERE kind=? AND name=?",
                (json.dumps(changed), kind, name),
            )
            if kind in self._rows:
                parent, _ = self._rows[kind][name]
                self._rows[kind][name] = (parent, _plain(changed))
            return changed

    def update(self, kind: str, name: str, **changes: Any) -> Document:
        """Set members of a document and return it; raises `MissingError`."""
        return self.change(kind, name, lambda document: document | changes)

    def delete(self, kind: str, name: str) -> bool:
        """Remove a resource; tell whether there was one."""
        with self._lock:
            cursor = self._connection.execute(
                "DELETE FROM resources WHERE kind=? AND name=?", (kind, name)
            )
            self._rows.get(kind, {}).pop(name, None)
        return cursor.rowcount > 0

    def rows(self, kind: str, *, parent: str | None = None) -> list[Document]:
        """What `list` gives, without lists and nested maps, from memory; not to be changed.

        Reading a thousand documents takes 30 ms; of most of them a List operation wants to know
        the name, the status and the times only.
        """
        with self._lock:
            if kind not in self._rows:
                self._rows[kind] = self._read_rows(kind)
            found = self._rows[kind].values()
            return [row for owner, row in found if parent is None or owner == parent]

    def list(self, kind: str, *, parent: str | None = None) -> list[Document]:
        """All documents of a kind, oldest first; with `parent`, those that belong to it."""
        query = "SELECT document FROM resources WHERE kind=?"
        values: tuple[str, ...] = (kind,)
        if parent is not None:
            query, values = query + " AND parent=?", (kind, parent)
        with self._lock:
            rows = self._connection.execute(query + " ORDER BY sequence", values).fetchall()
        return [json.loads(row[0]) for row in rows]

    def _read_rows(self, kind: str) -> dict[str, tuple[str, Document]]:
        rows = self._connection.execute(
            "SELECT name, parent, document FROM resources WHERE kind=? ORDER BY sequence", (kind,)
        )
        return {name: (parent, _plain(json.loads(text))) for name, parent, text in rows}

    def _one(self, query: str, values: tuple[str, ...]) -> Document | None:
        with self._lock:
            row = self._connection.execute(query, values).fetchone()
        return json.loads(row[0]) if row else None


def _plain(document: Document) -> Document:
    """The members that are single values, or maps of such."""
    plain = {}
    for name, value in document.items():
        below = value.values() if isinstance(value, dict) else (value,)
        if not any(isinstance(item, (list, dict)) for item in below):
            plain[name] = dict(value) if isinstance(value, dict) else value
    return plain
