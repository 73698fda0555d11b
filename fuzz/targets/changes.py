"""Files as AWS DMS writes them: full loads and changes, CSV or Parquet."""

from __future__ import annotations

import contextlib
import gzip
import io

import pyarrow as pa
from pyarrow import parquet

from fuzz.targets.tables import database_and_folder
from science.databases.change_files import Layout, is_changes, is_load, source
from science.readers.unreadable import UnreadableFile

LAYOUTS = (
    Layout(),
    Layout(columns=("id", "name"), timestamp="at"),
    Layout(columns=("id", "name"), null="", delimiter=";"),
    Layout(plain=True),
)
NAMES = ("LOAD00000001.csv", "20260101-000000000.csv", "20260101-000000000.parquet")
LONGEST = 8192


def read_changes(data: bytes) -> None:
    """The first byte chooses the file's name, the second what the definition says of it.

    The rows are read in the same words as a merge reads them; there, whatever DuckDB says of a
    damaged row sets the file aside.
    """
    first, second, body = (*data[:2], data[2:]) if len(data) > 2 else (0, 0, data)
    file_name = NAMES[first % len(NAMES)]
    assert is_load(file_name) or is_changes(file_name)
    connection, folder = database_and_folder()
    path = folder / "changes"
    path.write_bytes(body)
    with contextlib.suppress(UnreadableFile):
        found = source(connection, path, file_name, LAYOUTS[second % len(LAYOUTS)])
        assert found.operation


def _seeds() -> list[bytes]:
    body = io.BytesIO()
    columns = {"Op": ["I", "U"], "id": [1, 2], "name": ["a", None]}
    parquet.write_table(pa.table(columns), body)
    return [
        b"\x00\x00id,name\n1,a\n2,NULL\n",
        b'\x01\x01I,1,"a",2026-01-01 00:00:00.000000\nD,1,a,2026-01-01 00:00:01.000000\n',
        b"\x01\x02U;1;a\n",
        b"\x01\x00" + gzip.compress(b"Op,id,name\nI,1,a\n", mtime=0),
        b"\x02\x00" + body.getvalue(),
    ]


READERS = {"changes": read_changes}
SEEDS = {"changes": _seeds}
