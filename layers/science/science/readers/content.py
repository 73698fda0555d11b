"""What a file is: by its name, by its first bytes, and whether the two agree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Optional

from science.readers.unreadable import UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
READ = "CSV, TSV, JSON, JSON lines and Parquet, plain, .gz or .zst"

GZIP, ZSTD, PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
MAGIC = (
    (PARQUET, "a Parquet file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"ARROW1", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
)
"""First bytes of files that are no text."""


@dataclass(frozen=True)
class Named:
    """What a file's name says: its ``format`` and its ``compression``, if any."""

    format: str
    compression: Optional[str]


def named(file_name: str) -> Named:
    """What the name says.

    Raises:
        UnreadableFile: no format that is read has this name.
    """
    suffixes = [suffix.lower() for suffix in PurePosixPath(file_name).suffixes]
    compression = COMPRESSIONS.get(suffixes[-1]) if suffixes else None
    if compression:
        suffixes.pop()
    found = FORMATS.get(suffixes[-1]) if suffixes else None
    if found is None:
        ending = suffixes[-1] if suffixes else "no ending"
        reason = f"Its name has {ending}, which is not read."
        raise UnreadableFile(reason, f"Name it by its format: {READ} are read.")
    return Named(found, compression)


def compression_of(path: Path) -> Optional[str]:
    """How the content is compressed, whatever the name says."""
    head = head_of(path)
    if head.startswith(GZIP):
        return "gzip"
    return "zstd" if head.startswith(ZSTD) else None


def head_of(path: Path, size: int = 4096) -> bytes:
    """A file's first bytes."""
    with path.open("rb") as file:
        return file.read(size)


def refuse_other_content(head: bytes, said: str) -> None:
    """Make sure that a (decompressed) file can be what its name says, by its first bytes.

    Raises:
        UnreadableFile: it is empty, or something else.
    """
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise UnreadableFile("The file is empty.", "Bring a file with a header and rows.")
    for magic, what in MAGIC:
        if head.startswith(magic) and not (said == "parquet" and magic == PARQUET):
            reason = f"Its name says {said}, but it holds {what}."
            raise UnreadableFile(reason, f"Name it by what it is, or convert it: {READ} are read.")
    if said == "parquet" and not head.startswith(PARQUET):
        reason = "Its name says parquet, but it is no Parquet file."
        raise UnreadableFile(reason, "Write it as Parquet, or name it by what it is.")
