"""Landed files of every format as Parquet: what can be read is, whole; the rest is told why not."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from pyarrow import parquet

from science.database import write_parquet
from science.tables import Limits, UnreadableFile, ingest

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [{"age": "30", "town": "Köln, Süd"}, {"age": "41", "town": 'the "old" town'}]
CSV = 'age,town\n30,"Köln, Süd"\n41,"the ""old"" town"\n'
TEXTS = {
    "csv": CSV,
    "tsv": CSV.replace(",", "\t", 1).replace('0,"', '0\t"').replace('1,"', '1\t"'),
    "json": json.dumps(ROWS, ensure_ascii=False, indent=1),
    "jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS),
}


def zstd(body: bytes, folder: Path) -> bytes:
    """Compressed by the database, which writes lines; the body must be lines of text."""
    source, target = folder / "plain", folder / "packed"
    source.write_bytes(body)
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * FROM read_csv('{source}', header = false, delim = '\x01', "
            "auto_detect = false, quote = '', columns = {'line': 'VARCHAR'})) TO "
            f"'{target}' (FORMAT csv, HEADER false, QUOTE '', DELIMITER '\x01', COMPRESSION zstd)"
        )
    return target.read_bytes()


def packed(body: bytes, ending: str, folder: Path) -> bytes:
    if ending == ".gz":
        return gzip.compress(body, mtime=0)
    return zstd(body, folder) if ending == ".zst" else body


def taken(folder: Path, name: str, body: bytes, **limits: Any) -> list[dict[str, Any]]:
    """The rows that come out."""
    landed = folder / "landed"
    landed.write_bytes(body)
    out = folder / "out" / "rows.parquet"
    found = ingest(landed, name, out, limits=Limits(**limits))
    table = parquet.read_table(out)
    assert (found.rows, found.columns) == (table.num_rows, table.num_columns)
    assert [path.name for path in out.parent.iterdir()] == ["rows.parquet"]
    return list(table.to_pylist())


def refused(folder: Path, name: str, body: bytes, **limits: Any) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        taken(folder, name, body, **limits)
    assert caught.value.cure
    return caught.value


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
@pytest.mark.parametrize("form", TEXTS)
@pytest.mark.parametrize("disk", [None, 10])
def test_every_format_is_read_packed_or_not(
    tmp_path: Path, form: str, ending: str, disk: int | None
) -> None:
    """And where there is no room to decompress it, straight from its archive."""
    body = packed(TEXTS[form].encode(), ending, tmp_path)

    assert taken(tmp_path, f"rows.{form}{ending}", body, disk_bytes=disk) == ROWS


def as_parquet(**columns: list[Any]) -> bytes:
    out = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns), out)
    return bytes(out.getvalue().to_pybytes())


def test_parquet_is_read_plain_and_out_of_gzip(tmp_path: Path) -> None:
    """Numbers and nested values become text."""
    body = as_parquet(age=[30, None], tags=[["a"], []])
    rows = [{"age": "30", "tags": '["a"]'}, {"age": None, "tags": "[]"}]

    assert taken(tmp_path, "rows.parquet", body) == rows
    assert taken(tmp_path, "rows.parquet.gz", gzip.compress(body)) == rows


def test_parquet_in_other_archives_is_refused_by_name(tmp_path: Path) -> None:
    body = as_parquet(age=[30])

    assert "without the .zst" in refused(tmp_path, "rows.parquet.zst", body).cure
    fault = refused(tmp_path, "rows.parquet.gz", gzip.compress(body), disk_bytes=10)
    assert "without the .gz" in fault.cure


@pytest.mark.parametrize("size", [4, 100, -4, -30])
def test_a_half_written_parquet_file_is_told(tmp_path: Path, size: int) -> None:
    """Its end, which says what is in it, is written last."""
    body = as_parquet(age=list(range(5000)))

    assert "damaged or cut off" in refused(tmp_path, "rows.parquet", body[:size]).reason


def test_parquet_whose_pages_are_damaged_is_told(tmp_path: Path) -> None:
    """Though its end is whole."""
    body = bytearray(as_parquet(age=[str(number) * 9 for number in range(50_000)]))
    body[200:20_000] = b"\xff" * 19_800

    assert "damaged" in refused(tmp_path, "rows.parquet", bytes(body)).reason


@pytest.mark.parametrize("disk", [None, 10])
def test_a_gzip_bomb_is_not_unpacked_whole(tmp_path: Path, disk: int | None) -> None:
    body = gzip.compress(b"1,1,1,1,1\n" * 1_000_000, 9) * 30

    fault = refused(tmp_path, "b.csv.gz", body, free_bytes=1_000_000, ratio=20, disk_bytes=disk)

    assert "grow beyond" in fault.reason


def test_a_zstandard_bomb_is_not_unpacked_whole(tmp_path: Path) -> None:
    body = zstd(b"1,1,1,1,1\n" * 1_000_000, tmp_path)

    fault = refused(tmp_path, "b.csv.zst", body, free_bytes=1_000_000, ratio=20)

    assert "grow beyond" in fault.reason


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("disk", [None, 10])
def test_an_archive_that_was_cut_off_is_told(tmp_path: Path, ending: str, disk: int | None) -> None:
    lines = "".join(f"{number},{number * 7919 % 1013}\n" for number in range(50_000))
    body = packed(f"a,b\n{lines}".encode(), ending, tmp_path)

    fault = refused(tmp_path, f"rows.csv{ending}", body[: len(body) // 2], disk_bytes=disk)

    assert "cut off" in fault.reason


@pytest.mark.parametrize("disk", [None, 10])
@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_ragged_line_is_named_by_its_number(
    tmp_path: Path, ending: str, disk: int | None
) -> None:
    body = packed(b"a,b\n1,2\n3,4,5\n6,7\n", ending, tmp_path)

    assert refused(tmp_path, f"rows.csv{ending}", body, disk_bytes=disk).line == 3


@pytest.mark.parametrize(("cell", "times"), [("x", 1), ('"x', 2)], ids=["plain", "quote"])
def test_a_damaged_table_is_read_again_only_if_its_quotes_may_be_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str, times: int
) -> None:
    asked: list[str] = []

    def write(connection: Any, query: str, path: Path) -> int:
        asked.append(query)
        return write_parquet(connection, query, path)

    monkeypatch.setattr("science.tables.write_parquet", write)
    assert refused(tmp_path, "a.csv", f"a,b\n1,{cell}\n2\n".encode())
    assert len(asked) == times


def test_a_line_of_damaged_json_is_named_by_its_number(tmp_path: Path) -> None:
    assert refused(tmp_path, "rows.jsonl", b'{"a": 1}\n{"a": \n').line == 2
    packed_up = gzip.compress(b'{"a": 1}\n[1]\n')
    assert refused(tmp_path, "rows.jsonl.gz", packed_up, disk_bytes=10).line == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_other_encodings_become_utf8(tmp_path: Path, encoding: str) -> None:
    assert taken(tmp_path, "rows.csv", CSV.encode(encoding)) == ROWS
    assert taken(tmp_path, "rows.csv.gz", gzip.compress(CSV.encode(encoding))) == ROWS


def test_other_encodings_need_room(tmp_path: Path) -> None:
    body = gzip.compress(CSV.encode("utf-16"))

    assert "UTF-8" in refused(tmp_path, "rows.csv.gz", body, disk_bytes=10).cure


def test_keys_that_some_objects_lack_and_values_of_all_kinds_are_read(tmp_path: Path) -> None:
    """What is null is missing, what is nested stays JSON."""
    lines = [{"a": 1.5, "b": None}, {"b": {"c": [1]}, "D": True}, {"a": "x"}]
    body = "\n".join(json.dumps(line) for line in lines).encode()

    assert taken(tmp_path, "rows.jsonl", body) == [
        {"a": "1.5", "b": None, "D": None},
        {"a": None, "b": '{"c":[1]}', "D": "true"},
        {"a": "x", "b": None, "D": None},
    ]


def test_keys_that_differ_by_their_case_alone_are_one_column(tmp_path: Path) -> None:
    """Whether or not a key of the name that the database would invent is there as well."""
    lines = ['{"Age": 1, "a/b": 1}', '{"age": 2}', '{"AGE": null, "age_1": 3, "a\'b~": 4}']

    assert taken(tmp_path, "rows.jsonl", "\n".join(lines).encode()) == [
        {"Age": "1", "a/b": "1", "a'b~": None, "age_1": None},
        {"Age": "2", "a/b": None, "a'b~": None, "age_1": None},
        {"Age": None, "a/b": None, "a'b~": "4", "age_1": "3"},
    ]


def test_keys_of_one_object_are_never_united(tmp_path: Path) -> None:
    """As the columns of a CSV file that differ by their case alone are told apart."""
    lines = '{"Age": 1, "age": 3}\n{"age": 2}\n'

    assert taken(tmp_path, "rows.jsonl", lines.encode()) == [
        {"Age": "1", "age_2": "3"},
        {"Age": None, "age_2": "2"},
    ]


def test_a_file_that_needs_more_memory_than_there_is_is_told_apart_from_a_damaged_one(
    tmp_path: Path,
) -> None:
    body = "a,b\n" + "".join(f"{number},{'x' * 200}\n" for number in range(100_000))

    fault = refused(tmp_path, "rows.csv", body.encode(), memory_bytes=5_000_000)

    assert "more memory" in fault.reason


def test_an_empty_file_and_one_without_rows_are_told(tmp_path: Path) -> None:
    assert "empty" in refused(tmp_path, "rows.csv", b"").reason
    assert "empty" in refused(tmp_path, "rows.csv.gz", gzip.compress(b"")).reason
    assert "only a header" in refused(tmp_path, "rows.csv", b"a,b\n").reason
