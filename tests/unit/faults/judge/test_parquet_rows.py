"""The rows of a Parquet file are counted by its footer, whoever wrote it."""

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pyarrow import parquet

from faults.judge.parquet_rows import NotParquetError, row_count


@settings(max_examples=25)
@given(rows=some.integers(0, 3000), columns=some.integers(1, 30), group=some.integers(1, 900))
def test_rows_that_arrow_wrote_are_counted(tmp_path_factory, rows, columns, group):
    path = tmp_path_factory.mktemp("arrow") / "rows.parquet"
    table = pa.table({f"column {n}": pa.array(range(rows)) for n in range(columns)})
    parquet.write_table(table.replace_schema_metadata({"who": "arrow"}), path, row_group_size=group)

    assert row_count(path.read_bytes()) == rows


def test_rows_that_duckdb_wrote_are_counted(tmp_path):
    path = tmp_path / "rows.parquet"
    duckdb.sql(
        "COPY (SELECT i, i % 2 = 0 AS even, [i] AS listed, {'a': i} AS nested, i::DOUBLE AS real "
        f"FROM range(12345) t(i)) TO '{path}' (FORMAT parquet)"
    )

    assert row_count(path.read_bytes()) == 12345


@pytest.mark.parametrize("end", [b"", b"PAR1", b"no parquet at all", b"\xff\xff\xff\x7fPAR1"])
def test_what_is_no_parquet_file_is_refused(end):
    with pytest.raises(NotParquetError):
        row_count(end)


def test_a_footer_that_breaks_off_is_refused(tmp_path):
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table({"a": [1]}), path)
    whole = path.read_bytes()
    length = int.from_bytes(whole[-8:-4], "little")
    cut = whole[:-8][-length:][:6] + (6).to_bytes(4, "little") + b"PAR1"

    with pytest.raises(NotParquetError):
        row_count(cut)
