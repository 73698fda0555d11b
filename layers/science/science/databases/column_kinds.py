"""Whether the columns of a file still are what a table's columns are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Optional

from science.databases import text_types
from science.sql_values import name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from science.databases.change_files import Source

FAMILIES = (
    ("a number", re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*")),
    ("a date or time", re.compile(r"DATE|TIMESTAMP.*")),
    ("text", re.compile(r"VARCHAR|UUID|ENUM.*")),
)
"""Types that hold the same kind of value; a column may widen within its family."""


PLURALS = {"a number": "numbers", "a date or time": "dates or times", "text": "other text"}


def family(kind: str) -> str:
    """What a type holds, in words; a type of no family is its own."""
    return next((words for words, types in FAMILIES if types.fullmatch(kind)), kind)


class Kinds:
    """The columns of a table as they are now, each with its type.

    Attributes:
        types: by column.
        untyped: whether all columns are texts that came without types; what their texts are is
            then looked at instead.
    """

    def __init__(self, types: Mapping[str, str], *, untyped: bool) -> None:
        """Take the columns of the first file, or of the state so far."""
        self.types = dict(types)
        self.untyped = untyped
        self._texts: dict[str, str] = {}

    @classmethod
    def of(cls, connection: Any, table: str, *, untyped: bool) -> Kinds:
        """The kinds of a table that is there."""
        rows = connection.execute(f"DESCRIBE {table}").fetchall()
        types = {str(column): str(kind) for column, kind, *_ in rows}
        found = cls(types, untyped=untyped)
        found.look(connection, table)
        return found

    def look(self, connection: Any, table: str) -> None:
        """See what the texts of an untyped table are."""
        if self.untyped:
            self._texts = text_types.infer(connection, table, list(self.types))

    def admit(self, connection: Any, read: Source, tables: Sequence[str]) -> Optional[str]:
        """Make the tables fit for a file's rows, or say why its rows do not fit.

        New columns are added, and numbers and times widened, as the file has them.
        """
        known = {column.lower(): column for column in self.types}
        found = (
            text_types.infer(connection, read.relation, list(read.columns))
            if (self.untyped and set(read.columns.values()) <= {text_types.TEXT})
            else {}
        )
        for column, kind in read.columns.items():
            here = known.get(column.lower())
            if here is None:
                continue
            fault = (
                self._text_fault(here, found[column], connection, read, column)
                if found
                else self._type_fault(here, kind)
            )
            if fault:
                return fault
        for column, kind in read.columns.items():
            here = known.get(column.lower())
            if here is None:
                self._add(connection, tables, column, kind)
            elif self.types[here] != kind:
                self._widen(connection, tables, here, kind)
        return None

    def _type_fault(self, column: str, kind: str) -> Optional[str]:
        held, holds = family(self.types[column]), family(kind)
        if held == holds:
            return None
        return f"the column {column} was {held} ({self.types[column]}) and is {holds} ({kind})"

    def _text_fault(
        self, column: str, kind: str, connection: Any, read: Source, title: str
    ) -> Optional[str]:
        held = self._texts.get(column, text_types.TEXT)
        if held in {text_types.TEXT, kind}:
            return None
        if kind in text_types.WIDER.get(held, ()):
            self._texts[column] = "DOUBLE" if "DOUBLE" in {held, kind} else "TIMESTAMP"
            return None
        query = f"SELECT count({name(title)}) FROM {read.relation}"
        if not connection.execute(query).fetchone()[0]:
            return None
        held, holds = PLURALS[family(held)], PLURALS[family(kind)]
        return f"the column {column} held {held} until now and holds {holds}"

    def _add(self, connection: Any, tables: Sequence[str], column: str, kind: str) -> None:
        for table in tables:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {name(column)} {kind}")
        self.types[column] = kind
        self._texts[column] = text_types.TEXT

    def _widen(self, connection: Any, tables: Sequence[str], column: str, kind: str) -> None:
        """Give a column the type that holds both what it held and what comes."""
        both = f"CASE WHEN true THEN NULL::{self.types[column]} ELSE NULL::{kind} END"
        (wide,) = connection.execute(f"SELECT typeof({both})").fetchone()
        if wide != self.types[column]:
            for table in tables:
                connection.execute(f"ALTER TABLE {table} ALTER {name(column)} TYPE {wide}")
            self.types[column] = wide
