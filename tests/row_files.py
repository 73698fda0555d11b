"""Rows of Parquet files, for tests that hold two of them equal."""

import io
import math

from pyarrow import parquet


def rows_of(body: bytes) -> tuple[list[str], list[dict]]:
    """The columns with their types, and the rows in order; NaN reads as None."""
    table = parquet.read_table(io.BytesIO(body))
    columns = [f"{field.name}: {field.type}" for field in table.schema]
    rows = table.to_pylist()
    return columns, [{name: _comparable(value) for name, value in row.items()} for row in rows]


def _comparable(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value
