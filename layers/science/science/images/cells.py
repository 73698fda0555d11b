"""A picture as one cell of a table.

Taken in, a picture is kept as the array it was decoded to: uint8, row by row, red, green and blue
of each pixel, written as ``pixels:<width>x<height>;base64,…``, since every ingested column is text
(``science.tables``). A caller of the endpoint sends a picture's file in base64 instead, with or
without ``data:image/…;base64,`` before it. Both are read here; an array needs no decoder.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import numpy as np

from science.images.decoding import MOST_BYTES, UnreadableImage, decode

Array = np.ndarray[Any, Any]

_HEAD = re.compile(r"pixels:(\d{1,5})x(\d{1,5});base64,")
_DATA_URL = re.compile(r"data:image/[\w.+-]{1,40};base64,")
_PREFIXES = (
    "pixels:",
    "data:image/",
    "/9j/",  # JPEG
    "iVBORw0KGgo",  # PNG
    "R0lGOD",  # GIF
    "UklGR",  # WebP
    "SUkqA",  # TIFF
    "TU0AK",
)
SHORTEST = 64
"""A shorter text may begin like a picture, but is none."""


def is_picture(text: str) -> bool:
    """Whether a cell looks like a picture, by its first letters (BMP has too few of its own)."""
    return len(text) >= SHORTEST and text.startswith(_PREFIXES)


def text_of(pixels: Array) -> str:
    """The cell of an array, uint8, shape (height, width, 3)."""
    height, width, _ = pixels.shape
    return f"pixels:{width}x{height};base64,{base64.b64encode(pixels.tobytes()).decode('ascii')}"


def pixels_of(cell: Any, size: tuple[int, int]) -> Array:
    """A cell as an array.

    Args:
        cell: a text as above, the bytes of a picture's file, or an array already.
        size: width and height.

    Returns:
        uint8, shape (height, width, 3).

    Raises:
        UnreadableImage: it is none.
    """
    if isinstance(cell, np.ndarray):
        return cell if cell.shape == (size[1], size[0], 3) else _stretched(cell, size)
    if isinstance(cell, (bytes, bytearray)):
        return decode(bytes(cell), size)
    if not isinstance(cell, str):
        reason = f"A picture was expected, not {type(cell).__name__}."
        raise UnreadableImage(reason, "Send the picture's file in base64.")
    text = cell.strip()
    head = _HEAD.match(text)
    if head is None:
        url = _DATA_URL.match(text)
        return decode(_bytes_of(text[url.end() :] if url else text), size)
    width, height = int(head[1]), int(head[2])
    found = np.frombuffer(_bytes_of(text[head.end() :]), dtype=np.uint8)
    if found.size != width * height * 3 or not found.size:
        reason = f"The array does not hold {width} × {height} pixels of 3 colours."
        raise UnreadableImage(reason, "Send the picture's file in base64.")
    array = found.reshape(height, width, 3)
    return array if (width, height) == tuple(size) else _stretched(array, size)


def _bytes_of(text: str) -> bytes:
    if len(text) > MOST_BYTES * 4 // 3 + 4:
        reason = f"The picture has more than {MOST_BYTES:,} bytes."
        raise UnreadableImage(reason, "Save it smaller.")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        cure = "Send the picture's file in base64."
        raise UnreadableImage("It is neither a picture nor base64.", cure) from error


def _stretched(pixels: Array, size: tuple[int, int]) -> Array:
    from PIL import Image

    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        reason = f"An array of shape {pixels.shape} is no picture."
        raise UnreadableImage(reason, "Send the picture's file in base64.")
    resized = Image.fromarray(pixels).resize(size, Image.Resampling.BOX, reducing_gap=3.0)
    return np.asarray(resized, dtype=np.uint8)
