"""Landed tables: CSV, JSON, JSON lines and Parquet, plain, gzip or Zstandard."""

from __future__ import annotations

import contextlib
import gzip
import io
import itertools
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

from fuzz.folders import memory_folder
from science.database import connect
from science.readers.unreadable import Limits
from science.tables import UnreadableFile, ingest_with

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = Limits(expanded_bytes=8_000_000, free_bytes=1_000_000, columns=500, line_bytes=20_000)
"""Small, so that what grows without bound shows at once."""

CSV = b'id,name,age\n1,"Ann ""A"" Lee",34\n2,Bob,\n3,"a\nb",7\n'
SEMICOLONS = "id;größe;wert\r\n1;1,5;ä\r\n2;2,5;ö\r\n".encode("cp1252")
WIDE = "a,b\n1,x\n2,y\n".encode("utf-16")
LINES = b'{"a": 1, "b": "x"}\n{"a": null, "c": [1, {"d": 2}]}\n'
ARRAY = json.dumps([{"a": 1, "A": 2, "b": {"c": None}}, {"a_1": 1e300, "b": "ä"}]).encode()


_opened = contextlib.ExitStack()
"""What is open for as long as the process runs."""


@cache
def database_and_folder() -> tuple[Any, Path]:
    """One of each for all cases: opening a database takes longer than most cases do."""
    connection = _opened.enter_context(connect("512MB"))
    connection.execute("SET threads = 1")
    return connection, memory_folder()


def _read(file_name: str, data: bytes) -> None:
    connection, folder = database_and_folder()
    landed = folder / "landed"
    landed.write_bytes(data)
    with contextlib.suppress(UnreadableFile):
        found = ingest_with(connection, landed, file_name, folder / "out.parquet", LIMITS)
        assert found.rows > 0
        assert found.columns > 0


def read_csv(data: bytes) -> None:
    """A table of text; the first byte chooses between what its name may say."""
    _read(("a.csv", "a.tsv", "a.csv.gz", "a.csv.zst")[data[0] % 4] if data else "a.csv", data[1:])


def read_json(data: bytes) -> None:
    """Objects, in an array or a line each."""
    _read(("a.json", "a.jsonl", "a.json.gz", "a.ndjson.zst")[data[0] % 4] if data else "", data[1:])


def read_parquet(data: bytes) -> None:
    """A Parquet file."""
    _read("a.parquet", data)


def _csv_seeds() -> list[bytes]:
    plain = [b"\x00" + each for each in (CSV, SEMICOLONS, WIDE, b"a|b\n1|2\n", b"a\n1\n")]
    return [*plain, b"\x01a\tb\n1\t2\n", b"\x02" + gzip.compress(CSV, mtime=0)]


def _json_seeds() -> list[bytes]:
    return [b"\x00" + ARRAY, b"\x01" + LINES, b"\x02" + gzip.compress(LINES, mtime=0)]


def _parquet_seeds() -> list[bytes]:
    """A file for each kind of column, each of its own compression: few columns take less time."""
    columns: dict[str, Any] = {
        "whole": [1, 2, None],
        "text": ["x", None, "z"],
        "list": [[1], [], None],
        "struct": [{"e": 1}] * 3,
        "map": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int64())),
        "real": [0.5, float("nan"), None],
        "decimal": [Decimal("1.25"), None, Decimal("-7.50")],
        "time": [datetime(2026, 1, 1, tzinfo=UTC), None, None],
        "date": [date(2026, 1, 1), None, None],
        "switch": [True, False, None],
        "bytes": [b"\xff", b"", None],
    }
    found = []
    for (title, values), compression in zip(
        columns.items(), itertools.cycle(("none", "snappy", "zstd", "gzip")), strict=False
    ):
        body = io.BytesIO()
        parquet.write_table(pa.table({title: values}), body, compression=compression)
        found.append(body.getvalue())
    return found


READERS = {"csv": read_csv, "json": read_json, "parquet": read_parquet}
SEEDS = {"csv": _csv_seeds, "json": _json_seeds, "parquet": _parquet_seeds}
LONGEST = 8192
