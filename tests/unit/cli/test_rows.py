"""Rows of local files are read as they are, and a broken line is named."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from cli.errors import CliError
from cli.rows import read_rows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"a,b\n1,x\n"),
        ("bom.csv", b"\xef\xbb\xbfa,b\r\n1,x\r\n"),
        ("a.tsv", b"a\tb\n1\tx\n"),
        ("a.jsonl", b'{"a": "1", "b": "x"}\n\n'),
        ("a.json", b'[{"a": "1", "b": "x"}]'),
        ("b.json", b'{"instances": [{"a": "1", "b": "x"}]}'),
        ("a.csv.gz", gzip.compress(b"a,b\n1,x\n", mtime=0)),
    ],
)
def test_every_format_reads_the_same(tmp_path: Path, name: str, content: bytes) -> None:
    """The format follows the name; a byte order mark and CRLF do not matter."""
    path = tmp_path / name
    path.write_bytes(content)

    assert list(read_rows(path)) == [{"a": "1", "b": "x"}]


def test_quoted_newlines_stay_in_their_value(tmp_path: Path) -> None:
    """A line break within quotes is part of the text."""
    path = tmp_path / "a.csv"
    path.write_bytes(b'a,b\n"x\ny",2\n')

    assert list(read_rows(path)) == [{"a": "x\ny", "b": "2"}]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"a\n1,2\n", "line 2: more values than column names"),
        ("a.jsonl", b'{"a": 1}\nx\n', "line 2: no JSON"),
        ("a.json", b"[1]", "rows must be JSON objects"),
        ("a.xlsx", b"", "no file of rows"),
        ("a.csv", b"a\n\xff\xfe\n", "cannot be read"),
        ("a.csv.gz", b"no gzip", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    """The file, the line where there is one, and the reason."""
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(CliError, match=message):
        list(read_rows(path))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """No stack trace for a slip of the pen."""
    with pytest.raises(CliError, match="cannot be read"):
        list(read_rows(tmp_path / "none.csv"))
