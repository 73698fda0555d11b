"""Small pictures with something to learn in them, and broken ones, the same at every call."""

import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image, ImageDraw

KINDS = ("disc", "box", "stripes")


def drawn(kind, seed, size=(48, 40)):
    """A shape somewhere on a noisy ground, in any colour."""
    rng = np.random.default_rng(seed)
    ground = rng.integers(0, 90, 3) + rng.normal(0, 8, (size[1], size[0], 3))
    image = Image.fromarray(ground.clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    colour = tuple(int(value) for value in rng.integers(120, 255, 3))
    left, top = int(rng.integers(2, 14)), int(rng.integers(2, 10))
    place = (left, top, left + int(rng.integers(20, 30)), top + int(rng.integers(18, 26)))
    if kind == "disc":
        pen.ellipse(place, fill=colour)
    elif kind == "box":
        pen.rectangle(place, fill=colour)
    else:
        for x in range(0, size[0], 6):
            pen.line((x, 0, x, size[1]), fill=colour, width=2)
    return image


def encoded(image, form="PNG", **options):
    """The picture's file."""
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def files(each, start=0, form="PNG"):
    """`each` pictures of every kind: path below data/ → content."""
    suffix = {"PNG": "png", "JPEG": "jpg"}[form]
    return {
        f"{kind}/{number:03d}.{suffix}": encoded(drawn(kind, 3 * number + at), form)
        for at, kind in enumerate(KINDS)
        for number in range(start, start + each)
    }


def archive(members, **options):
    """A ZIP archive of files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **options) as packed:
        for name, body in members.items():
            packed.writestr(name, body)
    return out.getvalue()


def _chunk(name, body):
    head = name + body
    return struct.pack(">I", len(body)) + head + struct.pack(">I", zlib.crc32(head))


def bomb(width=10_000, height=10_000):
    """A PNG of 100 megapixels in a few kilobytes, whole and valid."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width // 8 + 1) * height), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    )
