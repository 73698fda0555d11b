"""A picture's file decoded, whatever is wrong with it: an array of one size, or a clear refusal.

The head of the file tells the picture's size before any pixel is decoded, so a "decompression
bomb" costs nothing. Pillow decodes (9.1, the version of SageMaker's XGBoost image, and later).
"""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""What is decoded. Formats that run programs (EPS) or have no pixels of their own are not."""

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"}
)
"""Endings of names that say "a picture"; its content, not its name, says of which format."""

READ = "JPEG, PNG, GIF, BMP, TIFF, WebP and PPM"
MOST_PIXELS = 50_000_000
"""Decoded they take 150 MB, and up to twice that on the way."""
MOST_BYTES = 64_000_000
"""The largest file of one picture."""
WHITE = (255, 255, 255)

Array = np.ndarray[Any, Any]


class UnreadableImage(ValueError):  # noqa: N818  (named for what the user is told)
    """A picture cannot be decoded.

    Attributes:
        reason: the fact, a sentence.
        cure: what would mend it, a sentence.
    """

    def __init__(self, reason: str, cure: str) -> None:
        """Keep the facts."""
        self.reason, self.cure = reason, cure
        super().__init__(f"{reason} {cure}")


def decode(body: bytes, size: tuple[int, int]) -> Array:
    """Decode a picture: upright by its EXIF orientation, RGB, stretched to one size.

    An animation counts as its first frame; what is transparent becomes white; 16-bit and
    floating-point greys are brought to 8 bits.

    Args:
        body: the whole file.
        size: width and height in pixels.

    Returns:
        uint8, shape (height, width, 3).

    Raises:
        UnreadableImage: it is no picture, a damaged one, or too large.
    """
    from PIL import Image

    if not body:
        raise UnreadableImage("The file is empty.", "Upload the picture again.")
    if len(body) > MOST_BYTES:
        reason = f"The file has {len(body):,} bytes; at most {MOST_BYTES:,} are read."
        raise UnreadableImage(reason, "Save it smaller.")
    with warnings.catch_warnings():
        # Pillow warns of large pictures and odd tags; what matters is refused here by itself.
        warnings.simplefilter("ignore")
        try:
            return _decoded(body, size)
        except UnreadableImage:
            raise
        except Image.DecompressionBombError as error:
            raise UnreadableImage(*_too_large(None)) from error
        except MemoryError as error:
            raise UnreadableImage("It needs too much memory.", "Save it smaller.") from error
        except Exception as error:  # decoders raise whatever a damaged file makes them raise
            reason = f"The picture is damaged or cut off ({_said(error)})."
            raise UnreadableImage(reason, "Save it again, and upload it again.") from error


def _decoded(body: bytes, size: tuple[int, int]) -> Array:
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(body), formats=FORMATS)
    except UnidentifiedImageError as error:
        reason = f"It is no picture that is read{_what(body)}."
        raise UnreadableImage(reason, f"Save it as one of {READ}.") from error
    with image:
        width, height = image.size
        if width * height > MOST_PIXELS:
            raise UnreadableImage(*_too_large((width, height)))
        if width < 1 or height < 1:
            raise UnreadableImage("The picture has no pixels.", "Save it again.")
        if image.format == "JPEG":
            # Decoded at a half, a quarter or an eighth where that is still large enough.
            image.draft(None, (2 * size[0], 2 * size[1]))
        # JPEG's own alpha-less modes and palettes are read when pixels are first asked for.
        image.load()
        upright = _upright(image)
        resized = _as_rgb(upright).resize(size, Image.Resampling.BOX, reducing_gap=3.0)
        return np.asarray(resized, dtype=np.uint8)


def _too_large(size: tuple[int, int] | None) -> tuple[str, str]:
    found = f"{size[0]:,} × {size[1]:,} pixels" if size else "far too many pixels"
    reason = f"The picture has {found}; at most {MOST_PIXELS // 1_000_000} million are decoded."
    return reason, "Save it smaller."


def _upright(image: Any) -> Any:
    """The picture turned as its EXIF orientation says; as it is where that cannot be read."""
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(image) or image
    except Exception:  # noqa: BLE001  (a broken tag is no reason to refuse the pixels)
        return image


def _as_rgb(image: Any) -> Any:
    """Any mode as RGB."""
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        return _grey(np.asarray(image, dtype=np.float64))
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        layered = image.convert("RGBA")
        ground = Image.new("RGB", layered.size, WHITE)
        ground.paste(layered, mask=layered.getchannel("A"))
        return ground
    return image if image.mode == "RGB" else image.convert("RGB")


def _grey(values: Array) -> Any:
    """Greys of more than 8 bits: integers by their full 16 bits, fractions by their own range."""
    from PIL import Image

    values = np.where(np.isfinite(values), values, 0.0)
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high > 255 and high <= 65535:
        low, high = 0.0, 65535.0
    elif low >= 0 and 1 < high <= 255:
        low, high = 0.0, 255.0
    scaled = (values - low) * (255.0 / (high - low)) if high > low else np.zeros_like(values)
    return Image.fromarray(scaled.round().astype(np.uint8)).convert("RGB")


_HEADS = (
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript file"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"<svg", "an SVG drawing"),
    (b"<", "HTML or XML"),
    (b"{", "JSON"),
    (b"\x00\x00\x00", "a video, or a HEIC or AVIF picture"),
)


def _what(body: bytes) -> str:
    head = body[:64].lstrip()
    found = next((what for magic, what in _HEADS if head.startswith(magic)), None)
    return f": it seems to be {found}" if found else ""


def _said(error: Exception) -> str:
    text = str(error).split("\n", maxsplit=1)[0]
    return text[:120] if text else type(error).__name__
