"""Reads a channel's images and labels: `.lst` files with JPEG or PNG, or RecordIO.

Page "Image Classification", section "Input/Output Interface".
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from local.sagemaker.containers.algorithms.image_classification.recordio import read_images
from local.sagemaker.containers.algorithms.xgboost.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LARGEST_SIDE = 64
"""Images are made smaller than this before the network sees them: it runs on CPUs."""
_STEP = 8  # three times the network halves both sides
_IMAGE = "application/x-image"
_RECORDS = "application/x-recordio"

type Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class View:
    """How an image becomes an array.

    Attributes:
        channels: 1 or 3.
        height: Rows that the caller wants.
        width: Columns that the caller wants.
        resize: What the shorter side is scaled to before the middle is cut out; 0 to squeeze the
            whole image.
    """

    channels: int
    height: int
    width: int
    resize: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns that the network sees."""
        shrink = min(1.0, LARGEST_SIDE / max(self.height, self.width))
        rows, columns = (
            max(_STEP, int(side * shrink) // _STEP * _STEP) for side in (self.height, self.width)
        )
        return rows, columns

    def read(self, encoded: bytes) -> Array:
        """Decode an image: rows × columns × channels, bytes.

        Raises:
            ValueError: When it is neither JPEG nor PNG, broken, or far too large.
        """
        try:
            with Image.open(io.BytesIO(encoded), formats=("JPEG", "PNG")) as opened:
                image = opened.convert("RGB" if self.channels == 3 else "L")
        except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
            raise ValueError(f"neither a JPEG nor a PNG image: {error}") from error
        if self.resize:
            image = self._middle(image)
        rows, columns = self.size
        image = image.resize((columns, rows), Image.Resampling.BILINEAR)
        return np.asarray(image, np.uint8).reshape(rows, columns, self.channels)

    def _middle(self, image: Image.Image) -> Image.Image:
        scale = self.resize / min(image.size)
        width, height = (max(1, round(side * scale)) for side in image.size)
        left, top = (width - self.width) // 2, (height - self.height) // 2
        box = (left, top, left + self.width, top + self.height)
        return image.resize((width, height), Image.Resampling.BILINEAR).crop(box)


@dataclass
class Images:
    """A channel's images.

    Attributes:
        pixels: Images × rows × columns × channels, bytes.
        labels: A class each.
    """

    pixels: Array
    labels: Array


def read_channel(data: Path, name: str, content_type: str, view: View, classes: int) -> Images:
    """Read a channel, and its list if it has images as files.

    Args:
        data: The folder of all channels.
        name: `train` or `validation`.
        content_type: `application/x-image` or `application/x-recordio`.
        view: How images become arrays.
        classes: How many there are.

    Raises:
        UserError: When there is nothing, or something that is no labelled image.
    """
    if not (data / name).is_dir():
        raise UserError(f"Channel {name} is missing")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == _IMAGE:
        pairs = _listed(data, name)
    elif kind == _RECORDS:
        pairs = _recorded(data / name)
    else:
        raise UserError(f"ContentType {content_type} of channel {name}: use {_IMAGE}, {_RECORDS}")
    return _decoded(pairs, view, classes)


def _listed(data: Path, name: str) -> Iterator[tuple[str, float, bytes]]:
    lists = sorted((data / f"{name}_lst").glob("**/*.lst"))
    if not lists:
        raise UserError(f"Channel {name}_lst is missing, or has no .lst file")
    root = (data / name).resolve()
    for path in lists:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if not line.strip():
                continue
            try:
                _, label, place = line.rstrip("\n").split("\t")
                value = float(label)
            except ValueError as error:
                raise UserError(
                    f"{path.name} line {number} is not index, label and path between tabs"
                ) from error
            file = (root / place).resolve()
            if not file.is_relative_to(root) or not file.is_file():
                raise UserError(f"{path.name} line {number}: no {place} in channel {name}")
            yield place, value, file.read_bytes()


def _recorded(folder: Path) -> Iterator[tuple[str, float, bytes]]:
    files = sorted(folder.glob("**/*.rec"))
    if not files:
        raise UserError(f"Channel {folder.name} has no .rec file")
    for path in files:
        for number, (label, encoded) in enumerate(read_images(path)):
            yield f"{path.name} record {number}", label, encoded


def _decoded(pairs: Iterable[tuple[str, float, bytes]], view: View, classes: int) -> Images:
    pixels, labels = [], []
    for name, label, encoded in pairs:
        if label != int(label) or not 0 <= label < classes:
            raise UserError(f"{name}: label {label:g} is not one of 0 … {classes - 1}")
        try:
            pixels.append(view.read(encoded))
        except ValueError as error:
            raise UserError(f"{name} is {error}") from error
        labels.append(int(label))
    if not pixels:
        raise UserError("A channel has no images")
    return Images(np.stack(pixels), np.array(labels))
