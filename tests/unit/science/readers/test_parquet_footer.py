"""A footer that says to hold more than it does is refused before anybody makes room for it."""

import pyarrow as pa
import pytest
from pyarrow import parquet

from science.databases.change_files import Layout, source
from science.profiling.landed import _read_large
from science.readers.parquet_footer import LIST, LONG, MAGIC, MOST_BYTES, STRUCT
from science.readers.parquet_footer import refuse_false_footer as refuse
from science.readers.unreadable import Limits, UnreadableFile
from science.tables import ingest_with

INTEGER_FIELD, LIST_FIELD, TEXT_FIELD, STRUCT_FIELD, MAP_FIELD = 0x15, 0x19, 0x18, 0x1C, 0x1B
MILLIONS = b"\xe9\xab\xe5\x58"
"""186,209,769, as a number of the protocol is written."""


def file_of(footer, rows=b"rows"):
    return MAGIC + rows + footer + len(footer).to_bytes(4, "little") + MAGIC


@pytest.fixture
def written(tmp_path):
    def write(content):
        file = tmp_path / "a.parquet"
        file.write_bytes(content)
        return file

    return write


@pytest.mark.parametrize(
    ("rows_a_group", "options"),
    [
        (100, {}),
        (1, {"write_statistics": True}),
        (3, {"write_page_index": True, "compression": "zstd"}),
        (100, {"use_dictionary": False, "version": "1.0"}),
    ],
    ids=["one group", "many groups", "with indexes", "old"],
)
def test_what_writers_write_is_let_through(tmp_path, rows_a_group, options):
    columns = {
        "number": pa.array([1, None, 3] * 5),
        "text": pa.array(["a", None, "ü" * 300] * 5),
        "nested": pa.array([[{"a": True}], [], None] * 5),
        "map": pa.array([[("k", 1.5)], [], None] * 5, pa.map_(pa.string(), pa.float64())),
    }
    file = tmp_path / "a.parquet"
    parquet.write_table(pa.table(columns), file, row_group_size=rows_a_group, **options)

    refuse(file)


@pytest.mark.parametrize(
    "footer",
    [
        bytes([LIST_FIELD, LONG << 4 | STRUCT]) + MILLIONS + b"\0" * 50,
        bytes([LIST_FIELD, 9 << 4 | LIST]) + b"\x90" * 8,
        bytes([MAP_FIELD]) + MILLIONS + b"\x88" + b"\0" * 50,
        bytes([TEXT_FIELD]) + MILLIONS + b"name\0",
        bytes([STRUCT_FIELD]) * 5000,
        bytes([LIST_FIELD, *[1 << 4 | LIST] * 5000]),
        bytes([INTEGER_FIELD]) + b"\xff" * 20,
        bytes([0x1E, 0]),
        b"\x15",
    ],
    ids=[
        "groups",
        "lists",
        "pairs",
        "letters",
        "structs in structs",
        "lists in lists",
        "number",
        "type",
        "end",
    ],
)
def test_what_says_to_hold_more_than_there_is_is_refused(written, footer):
    with pytest.raises(UnreadableFile, match="damaged"):
        refuse(written(file_of(footer)))


def test_a_footer_that_would_take_long_to_look_through_is_refused_by_its_length(written):
    footer = b"\0" * (MOST_BYTES + 1)

    with pytest.raises(UnreadableFile, match="16,000,001 bytes"):
        refuse(written(file_of(footer)))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"id,name\n1,a\n", MAGIC + b"\xff" * 4 + MAGIC])
def test_what_has_no_footer_is_left_to_its_reader(written, content):
    refuse(written(content))


def test_every_reader_of_what_is_dropped_looks_before_it_asks_the_database(written, tmp_path):
    """DuckDB would make room for 186 million row groups before it finds that there are none."""
    file = written(file_of(bytes([0x49, LONG << 4 | STRUCT]) + MILLIONS + b"\0" * 50))
    no_database = None

    with pytest.raises(UnreadableFile, match="damaged"):
        ingest_with(no_database, file, file.name, tmp_path / "out.parquet", Limits())
    with pytest.raises(UnreadableFile, match="damaged"):
        source(no_database, file, file.name, Layout())
    with pytest.raises(UnreadableFile, match="damaged"):
        _read_large(no_database, file, parquet=True)
