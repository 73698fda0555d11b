"""Plain CSV read by the types that DuckDB finds, for files too large to look at every cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from science.sql_values import words
from science.values import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROWS_LOOKED_AT = 20_480
"""From as many DuckDB tells the types: a spelling found further on is met by a column of numbers,
which fails, and not by a column that became texts for it."""


def read_typed(connection: Any, file: str, table: str, *, types: str = "") -> None:
    """Make a table of a CSV file; a gap may be spelt as the first rows spell theirs.

    Looking for every spelling in every cell would make reading a third slower; where one turns up
    later in a column of numbers, the file is read again, looking for all.

    Args:
        connection: DuckDB's.
        file: the path as a literal of SQL; with a header, UTF-8.
        table: what to make, or to make anew.
        types: the types to look for, as `read_csv` takes ``auto_type_candidates``; DuckDB's own
            choice if empty.

    Raises:
        duckdb.Error: DuckDB cannot read the file.
    """
    import duckdb

    every = MISSING | {each.upper() for each in MISSING}
    sample = f"read_csv({file}, header = true, all_varchar = true) LIMIT {ROWS_LOOKED_AT}"
    seen = connection.execute(
        f"SELECT DISTINCT cell FROM (UNPIVOT (SELECT * FROM {sample}) "
        f"ON COLUMNS(*) INTO NAME title VALUE cell) WHERE cell IN ({words(every)})"
    ).fetchall()
    candidates = f", auto_type_candidates = {types}" if types else ""

    def read(spellings: Iterable[str]) -> None:
        connection.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM read_csv({file}, "
            f"header = true, nullstr = [{words(spellings)}], "
            f"sample_size = {ROWS_LOOKED_AT}{candidates})"
        )

    try:
        read({"", *(cell for (cell,) in seen)})
    except duckdb.ConversionException:
        read(every)
