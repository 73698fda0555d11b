"""One example read: its cell, or the reason why there is none."""

from __future__ import annotations

import codecs
from typing import Optional

from science.examples.wanted import IMAGE
from science.images.cells import text_of
from science.images.decoding import UnreadableImage, decode
from science.readers.encoding import BYTE_ORDER_MARKS
from science.readers.unreadable import UnreadableFile
from science.values import text_of as filled

MOST_TEXT_BYTES = 1_000_000
"""The longest text of one example: a book's chapter."""


def read(body: bytes, content: str, size: tuple[int, int]) -> str:
    """The cell of an example: a picture as its array, a text as it stands.

    Args:
        body: the whole file.
        content: ``image`` or ``text``.
        size: width and height that pictures are brought to.

    Raises:
        UnreadableFile: there is no example in it.
    """
    if content == IMAGE:
        try:
            return text_of(decode(body, size))
        except UnreadableImage as error:
            raise UnreadableFile(error.reason, error.cure) from error
    return _text(body)


def _text(body: bytes) -> str:
    """A text of any common encoding."""
    if len(body) > MOST_TEXT_BYTES:
        reason = f"The text has {len(body):,} bytes; at most {MOST_TEXT_BYTES:,} are one example."
        raise UnreadableFile(reason, "Cut it into several files.")
    marked = next((name for mark, name in BYTE_ORDER_MARKS if body.startswith(mark)), None)
    if marked is None and b"\x00" in body:
        raise UnreadableFile("It holds zero bytes, so it is no text.", "Save it as UTF-8 text.")
    text = _decoded(body, marked)
    if filled(text) is None:
        raise UnreadableFile("There is no text in it.", "Bring a file with a text.")
    return text


def _decoded(body: bytes, marked: Optional[str]) -> str:
    """The text: as its mark says, else UTF-8, else Windows-1252 as files in the wild mean it."""
    try:
        return codecs.decode(body, marked or "utf-8")
    except UnicodeDecodeError as error:
        if marked:
            reason = f"Its first bytes say {marked}, but it is not."
            raise UnreadableFile(reason, "Save it as UTF-8.") from error
    return body.decode("cp1252", "replace")
