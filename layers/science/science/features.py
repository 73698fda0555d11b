"""Features are data: a JSON document, fitted once, applied here wherever rows are encoded.

Training, bulk scoring and the endpoint all call ``apply``; it needs NumPy and the standard library
alone. Nothing a caller sends can make it fail: an unknown category, a missing column or a text
where a number was expected become "missing", as in training.

The document (``features.json``)::

    {"version": 1, "columns": [encoder, …], "features": [{"name", "column", "kind"}, …]}

An encoder has ``column``, ``kind`` and ``outputs`` (feature names), and what its kind needs:

========== ==========================================================================
number     decimal, clip [low, high], fill, center, scale
boolean    fill; fill_word, the word that says so in this column
date       formats, origin (seconds), parts, fill
ordinal    levels {text: rank}, one_hot [text], fill
category   levels [text], one_hot (how many of them), frequency [share], rank, fill; where rare
           levels were grouped also other (their level) and kept [cell], of all others
text       buckets [number], idf [weight], extras
image      size [width, height], grid [across, down], directions, levels
embedding  model, file, sha256; the path of the file, where it is applied
========== ==========================================================================

``fill`` is null unless the definition asks for imputation: XGBoost learns which way a missing value
goes, which keeps what "missing" tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from science import dates, texts
from science.embeddings import features as embeddings
from science.images import features as pictures
from science.values import booleans, level_of, mapped, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VERSION = 1
MISSING_LEVEL = ""
"""The level of a missing cell, where missing cells were seen in training."""

FLOAT32_MOST = 3.0e38


def apply(features: Mapping[str, Any], columns: Mapping[str, Any], rows: int | None = None) -> Any:
    """Encode rows.

    Args:
        features: the fitted document.
        columns: cells by column name: object arrays of raw cells, or float arrays of values that
            were read already (seconds since 1970 for dates). All have the same length; columns
            left out count as missing, others are ignored.
        rows: the number of rows, needed only when ``columns`` may be empty.

    Returns:
        A float32 matrix (rows × features), column-major, in the order of ``features["features"]``.
    """
    if rows is None:
        rows = max((len(cells) for cells in columns.values()), default=0)
    width = sum(len(encoder["outputs"]) for encoder in features["columns"])
    matrix = np.empty((rows, width), dtype=np.float32, order="F")
    nothing = np.full(rows, None, dtype=object)
    at = 0
    for encoder in features["columns"]:
        cells = np.asarray(columns.get(encoder["column"], nothing))
        end = at + len(encoder["outputs"])
        ENCODERS[encoder["kind"]](encoder, cells, matrix[:, at:end])
        at = end
    return matrix


def names(features: Mapping[str, Any]) -> list[str]:
    """The features' names, in order."""
    return [feature["name"] for feature in features["features"]]


def _number(encoder: Mapping[str, Any], cells: Any, out: Any) -> None:
    values = numbers(cells, encoder["decimal"])
    if encoder["clip"]:
        values = np.clip(values, *encoder["clip"])
    values = _filled(values, encoder["fill"])
    scaled = (values - encoder["center"]) / encoder["scale"]
    out[:, 0] = np.clip(scaled, -FLOAT32_MOST, FLOAT32_MOST)


def _boolean(encoder: Mapping[str, Any], cells: Any, out: Any) -> None:
    out[:, 0] = _filled(booleans(cells), encoder["fill"])


def _date(encoder: Mapping[str, Any], cells: Any, out: Any) -> None:
    seconds = _filled(dates.seconds(cells, encoder["formats"]), encoder["fill"])
    found = dates.parts(seconds)
    found["days"] = found["days"] - encoder["origin"] / dates.SECONDS_A_DAY
    for index, part in enumerate(encoder["parts"]):
        out[:, index] = found[part]


def _ordinal(encoder: Mapping[str, Any], cells: Any, out: Any) -> None:
    levels = encoder["levels"]
    if cells.dtype.kind == "f":
        ranks = cells
    else:
        ranks = mapped(cells, lambda cell: levels.get(level_of(cell), np.nan))
    ranks = _filled(ranks, encoder["fill"])
    out[:, 0] = ranks
    for index, level in enumerate(encoder["one_hot"]):
        out[:, index + 1] = ranks == levels[level]


def _category(encoder: Mapping[str, Any], cells: Any, out: Any) -> None:
    places = {level: place for place, level in enumerate(encoder["levels"])}
    fill = encoder["fill"]
    unseen = places.get(encoder.get("other"), len(places))

    def place(cell: Any) -> float:
        level = level_of(cell)
        if level is None:
            level = MISSING_LEVEL if fill is None else fill
        return places.get(level, unseen)

    codes = mapped(cells, place).astype(np.int64)
    shown = encoder["one_hot"]
    for index in range(shown):
        out[:, index] = codes == index
    if encoder["frequency"]:
        out[:, shown] = np.array([*encoder["frequency"], 0.0])[codes]
        out[:, shown + 1] = np.array([*encoder["rank"], np.nan])[codes]


def _text(encoder: Mapping[str, Any], cells: Any, out: Any) -> None:
    texts.encode(encoder, cells, out)


def _image(encoder: Mapping[str, Any], cells: Any, out: Any) -> None:
    pictures.encode(encoder, cells, out)


def _embedding(encoder: Mapping[str, Any], cells: Any, out: Any) -> None:
    embeddings.encode(encoder, cells, out)


def _filled(values: Any, fill: float | None) -> Any:
    return values if fill is None else np.where(np.isnan(values), fill, values)


ENCODERS: dict[str, Callable[[Mapping[str, Any], Any, Any], None]] = {
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "ordinal": _ordinal,
    "category": _category,
    "text": _text,
    "image": _image,
    "embedding": _embedding,
}
