"""Text of any common encoding as UTF-8."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Optional

from science.readers.unreadable import UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path

PIECE = 4_000_000
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def as_utf8(path: Path, target: Path) -> Path:
    """The file itself if it is UTF-8 without a mark, else ``target``, written as that.

    UTF-16 and UTF-32 are told by their mark or by where their zero bytes stand; what is no UTF-8
    is Windows-1252, the superset of Latin-1 that files in the wild mean.

    Raises:
        UnreadableFile: it is no text.
    """
    with path.open("rb") as file:
        encoding = marked_encoding(file.read(4096))
    if encoding is None and _decodes(path, "utf-8"):
        return path
    for candidate in (encoding, "cp1252", "latin-1"):
        if candidate and (candidate == "latin-1" or _decodes(path, candidate)):
            _transcode(path, candidate, target)
            return target
        if candidate and candidate == encoding:
            cure = "Save it as UTF-8."
            raise UnreadableFile(f"Its first bytes say {encoding}, but it is not.", cure)
    return path


def marked_encoding(head: bytes) -> Optional[str]:
    """The encoding that a file's first bytes tell; None for UTF-8 without a mark, or no mark.

    Raises:
        UnreadableFile: it is no text.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    zeros_even, zeros_odd = head[0::2].count(0), head[1::2].count(0)
    if zeros_odd * 4 > len(head) and zeros_odd > 20 * zeros_even:
        return "utf-16-le"
    if zeros_even * 4 > len(head) and zeros_even > 20 * zeros_odd:
        return "utf-16-be"
    if b"\x00" in head:
        raise UnreadableFile(
            "It holds zero bytes, so it is no text.", "Export the table again as UTF-8 text."
        )
    return None


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _transcode(path: Path, encoding: str, target: Path) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as source, target.open("wb") as file:
        while piece := source.read(PIECE):
            file.write(decoder.decode(piece).encode("utf-8"))
        file.write(decoder.decode(b"", final=True).encode("utf-8"))
