"""A picture as numbers: small mean colours, edge directions, and shares of colours.

- *Mean colours* over a grid tell where what is.
- *Edge directions*: histograms of oriented gradients over a grid of cells, each gradient shared
  between its two nearest directions by its strength (Dalal and Triggs, "Histograms of Oriented
  Gradients for Human Detection", CVPR 2005), set in proportion to the strength of all edges
  in the cell and around it, so that light does not count.
- *Shares of colours*: how much of the picture has each of 64 colours, wherever it is (Swain and
  Ballard, "Color Indexing", IJCV 1991).

Nothing is learned from the pictures here, so nothing can leak; what is told of a picture depends
on that picture alone. NumPy alone, and Pillow where a file has to be decoded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from science.images.cells import pixels_of
from science.images.decoding import UnreadableImage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from science.kinds import Column

Array = np.ndarray[Any, Any]

SIZE = (64, 64)
"""Width and height, unless the definition says otherwise."""
GRID = 8
"""Cells along each side, of mean colours and of edge directions."""
DIRECTIONS = 9
"""Directions of edges over half a turn, 20 degrees each."""
LEVELS = 4
"""Levels of each of red, green and blue in the shares of colours."""
AT_ONCE = 256
"""Pictures described at a time: 12 million numbers of them at 64 × 64."""
WEAKEST = 0.02
"""Strength of edges, of 1, that counts as flat: noise has directions too, which mean nothing."""
COLOURS = ("red", "green", "blue")
GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Luma of ITU-R BT.601, as JPEG has it."""


def fit(column: str, size: tuple[int, int]) -> dict[str, Any]:
    """The encoder of a picture column.

    Args:
        column: its name.
        size: width and height that pictures are brought to.
    """
    width, height = int(size[0]), int(size[1])
    across, down = min(GRID, width), min(GRID, height)
    places = [f"{row + 1},{place + 1}" for row in range(down) for place in range(across)]
    degrees = [round((index + 0.5) * 180 / DIRECTIONS) for index in range(DIRECTIONS)]
    shades = range(LEVELS)
    return {
        "column": column,
        "kind": "image",
        "size": [width, height],
        "grid": [across, down],
        "directions": DIRECTIONS,
        "levels": LEVELS,
        "outputs": [f"{column}: {colour} at {place}" for place in places for colour in COLOURS]
        + [f"{column}: edges of {degree}° at {place}" for place in places for degree in degrees]
        + [f"{column}: share of colour {r}{g}{b}" for r in shades for g in shades for b in shades],
    }


def encode(encoder: Mapping[str, Any], cells: Any, out: Any) -> None:
    """Write the features of a picture column's cells into ``out`` (rows × features).

    A cell that is missing or no picture becomes missing throughout (NaN).
    """
    width, height = encoder["size"]
    listed = cells.tolist() if cells.dtype != object else list(cells)
    for start in range(0, len(listed), AT_ONCE):
        chunk = listed[start : start + AT_ONCE]
        pixels = np.zeros((len(chunk), height, width, 3), dtype=np.uint8)
        known = np.zeros(len(chunk), dtype=bool)
        for index, cell in enumerate(chunk):
            found = read(cell, (width, height))
            if found is not None:
                pixels[index], known[index] = found, True
        block = describe(pixels, encoder)
        block[~known] = np.nan
        out[start : start + len(chunk)] = block


def read(cell: Any, size: tuple[int, int]) -> Any:
    """A cell as an array, None where there is no picture in it."""
    if cell is None:
        return None
    try:
        return pixels_of(cell, size)
    except UnreadableImage:
        return None


def brightness(cells: Any) -> Array:
    """Mean brightness of each cell's picture, 0 to 255, NaN where there is none; float64, (n,).

    It stands for the picture where a column must be one number: in profiles and in the watch.
    """
    if cells.dtype.kind == "f":
        return np.asarray(cells, dtype=np.float64)
    small = [read(cell, (GRID, GRID)) for cell in list(cells)]
    return np.array(
        [np.nan if pixels is None else float((pixels @ GREY).mean()) for pixels in small],
        dtype=np.float64,
    )


def stand_in(columns: Sequence[Column], cells: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of columns, with pictures replaced by their brightness."""
    images = {column.name for column in columns if column.kind == "image"}
    return {name: brightness(found) if name in images else found for name, found in cells.items()}


def describe(pixels: Array, encoder: Mapping[str, Any]) -> Array:
    """Features of pictures.

    Args:
        pixels: uint8, shape (n, height, width, 3).
        encoder: what ``fit`` gave.

    Returns:
        float32, shape (n, features): colours in 0 … 1, then directions, then shares that add to 1.
    """
    across, down = encoder["grid"]
    colours = pixels.astype(np.float32) / np.float32(255.0)
    rows = len(pixels)
    means = _pooled(colours, down, across).reshape(rows, -1)
    edges = _edges(colours @ GREY, down, across, encoder["directions"]).reshape(rows, -1)
    return np.concatenate([means, edges, _shares(pixels, encoder["levels"])], axis=1)


def _starts(length: int, parts: int) -> Array:
    """Where each of ``parts`` about equal stretches begins."""
    return np.arange(parts) * length // parts


def _pooled(values: Array, down: int, across: int) -> Array:
    """Means over a grid: (n, height, width, k) → (n, down, across, k)."""
    _, height, width, _ = values.shape
    tops, lefts = _starts(height, down), _starts(width, across)
    sums = np.add.reduceat(np.add.reduceat(values, tops, axis=1), lefts, axis=2)
    heights, widths = np.diff(np.append(tops, height)), np.diff(np.append(lefts, width))
    pooled: Array = sums / np.outer(heights, widths)[None, :, :, None].astype(np.float32)
    return pooled


def _edges(grey: Array, down: int, across: int, directions: int) -> Array:
    """Shares of edge directions in each cell, (n, down, across, directions)."""
    vertical, horizontal = np.gradient(grey, axis=(1, 2))
    strength = np.hypot(vertical, horizontal)
    turn = np.mod(np.arctan2(vertical, horizontal), np.pi) * np.float32(directions / np.pi) - 0.5
    below = np.floor(turn)
    nearer = (turn - below).astype(np.float32)
    first = below.astype(np.int64) % directions
    second = (first + 1) % directions
    layers = [
        strength * ((first == index) * (1 - nearer) + (second == index) * nearer)
        for index in range(directions)
    ]
    cells = _pooled(np.stack(layers, axis=-1).astype(np.float32), down, across)
    energy = np.pad(cells.sum(axis=-1), ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = np.zeros_like(cells[..., 0])
    for row in range(3):
        for place in range(3):
            around += energy[:, row : row + down, place : place + across]
    scaled: Array = cells / (around[..., None] / 9 + np.float32(WEAKEST))
    return scaled


def _shares(pixels: Array, levels: int) -> Array:
    """The share of each colour, (n, levels³)."""
    rows = len(pixels)
    shade = pixels.astype(np.int64) * levels // 256
    colour = (shade[..., 0] * levels + shade[..., 1]) * levels + shade[..., 2]
    colours = levels**3
    places = colour.reshape(rows, -1) + np.arange(rows)[:, None] * colours
    counts = np.bincount(places.ravel(), minlength=rows * colours).reshape(rows, colours)
    size = max(1, pixels.shape[1] * pixels.shape[2])
    shares: Array = (counts / size).astype(np.float32)
    return shares
