"""Recipes in DuckDB: the engine of the functions, and of every table that one machine holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science.dialects import DUCKDB, Dialect
from science.recipe import text_functions

if TYPE_CHECKING:
    from science.recipe.plans import Schema

TYPES = {
    "VARCHAR": "text",
    "DOUBLE": "number",
    "FLOAT": "number",
    "BIGINT": "whole",
    "INTEGER": "whole",
    "SMALLINT": "whole",
    "TINYINT": "whole",
    "BOOLEAN": "boolean",
}
"""The types of DuckDB that a recipe takes as they are."""


def type_of(kind: str) -> str:
    """A type of DuckDB as a recipe has it; what it knows nothing of counts as text."""
    return "number" if kind.startswith(("DECIMAL", "HUGEINT")) else TYPES.get(kind, "text")


class DuckDBEngine:
    """A connection that carries out recipes."""

    dialect: Dialect = DUCKDB

    def __init__(self, connection: Any) -> None:
        """Take a connection."""
        self.connection = connection

    def _teach(self, statement: str) -> None:
        """Teach the connection what no database does to texts alike, once it is asked for."""
        if not any(f"{name}(" in statement for name in ("normal_text", "number_text")):
            return
        connection = self.connection
        known = connection.execute(
            "SELECT count(*) FROM duckdb_functions() WHERE function_name = 'normal_text'"
        ).fetchall()[0][0]
        if not known:
            text = "VARCHAR"
            for name, function, takes in (
                ("normal_text", text_functions.normal_text_or_none, [text, text]),
                ("number_text", text_functions.number_text_or_none, ["DOUBLE"]),
            ):
                connection.create_function(name, function, takes, text, null_handling="special")

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a SELECT."""
        self._teach(statement)
        found: list[tuple[Any, ...]] = self.connection.execute(statement).fetchall()
        return found

    def define(self, name: str, statement: str) -> None:
        """Keep what a SELECT gives as a table."""
        self._teach(statement)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {statement}")

    def define_by_rows(self, name: str, relation: str, statement: str) -> None:  # noqa: ARG002
        """Keep what a SELECT gives as a table; the whole table is one piece."""
        self.define(name, statement)

    def show(self, name: str, statement: str) -> None:
        """Call a SELECT by a name, computed anew wherever it is read."""
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {statement}")

    def schema(self, relation: str) -> Schema:
        """The columns of a table and their types; other types of DuckDB count as text."""
        described = self.connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        return {row[0]: type_of(str(row[1])) for row in described}
