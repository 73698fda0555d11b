"""The inference toolkit's default codecs: bytes ↔ NumPy, by content type.

Decodes application/json, text/csv, application/x-npy; encodes the same
(sagemaker-inference-toolkit, decoder and encoder). Sparse application/x-npz needs SciPy and is
decoded when SciPy is there.
"""

from __future__ import annotations

import io
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.serving.answers import RefusedError

if TYPE_CHECKING:
    import numpy as np

JSON, CSV, NPY, NPZ, ANY = (
    "application/json",
    "text/csv",
    "application/x-npy",
    "application/x-npz",
    "*/*",
)
LIBSVM = ("text/libsvm", "text/x-libsvm")
TEXT = (JSON, CSV)
"""Types whose bodies reach a script as text instead of bytes."""


def media_type(content_type: str) -> str:
    """`text/csv; charset=utf-8` → `text/csv`."""
    return content_type.partition(";")[0].strip().lower()


def decode(body: str | bytes, content_type: str) -> Any:
    """Read a payload as an array.

    Raises:
        RefusedError: 415 for a type that has no codec.
    """
    import numpy as np

    kind = media_type(content_type)
    if kind == JSON:
        return np.array(json.loads(body))
    if kind == CSV:
        return np.genfromtxt(io.StringIO(_text(body)), delimiter=",")
    raw = body.encode() if isinstance(body, str) else body
    if kind == NPY:
        return np.load(io.BytesIO(raw), allow_pickle=False)
    if kind == NPZ:
        from scipy import sparse  # type: ignore[import-untyped]

        return sparse.load_npz(io.BytesIO(raw))
    raise unsupported(content_type)


def encode(prediction: Any, accept: str) -> tuple[str | bytes, str]:
    """Write a prediction as the caller wants it.

    Returns:
        The body and its content type.

    Raises:
        RefusedError: 415 for a type that has no codec.
    """
    import numpy as np

    kind = media_type(accept)
    if kind == JSON:
        return json.dumps(prediction, default=_plain), JSON
    if kind == CSV:
        stream = io.StringIO()
        np.savetxt(stream, np.asarray(prediction), delimiter=",", fmt="%s")
        return stream.getvalue(), CSV
    if kind == NPY:
        buffer = io.BytesIO()
        np.save(buffer, np.asarray(prediction), allow_pickle=False)
        return buffer.getvalue(), NPY
    raise unsupported(accept)


def csv_matrix(body: str | bytes) -> np.ndarray[Any, Any]:
    """Rows of numbers as float32; an empty cell is a missing value.

    The delimiter is a comma, or what the first line uses instead (tab, semicolon, bar, space).

    Raises:
        ValueError: Naming what is not a number, or rows of unequal length.
    """
    import numpy as np

    lines = _text(body).strip().splitlines()
    first = lines[0] if lines else ""
    delimiter = next((mark for mark in ",\t;| " if mark in first), ",")
    rows = [[cell.strip() or "nan" for cell in line.split(delimiter)] for line in lines]
    if len({len(row) for row in rows}) > 1:
        raise ValueError(f"rows have {sorted({len(row) for row in rows})} values")
    return np.array(rows, dtype=np.float32)


def libsvm_matrix(body: str | bytes, width: int) -> np.ndarray[Any, Any]:
    """Rows of `index:value` as float32 of the model's width; what is not named is missing.

    A label before the first pair is skipped.

    Raises:
        ValueError: For a pair that is none, or an index beyond the width.
    """
    import numpy as np

    lines = _text(body).strip().splitlines()
    matrix = np.full((len(lines), width), np.nan, dtype=np.float32)
    for row, line in enumerate(lines):
        for pair in (item for item in line.split() if ":" in item):
            index, _, value = pair.partition(":")
            if int(index) >= width:
                raise ValueError(f"index {index} is beyond the model's {width} features")
            matrix[row, int(index)] = float(value)
    return matrix


def unsupported(content_type: str) -> RefusedError:
    """The refusal of a type that nobody can read or write."""
    return RefusedError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        f"Content type {content_type or '(none)'} is not supported by this framework. "
        "Implement input_fn to read it or output_fn to write it.",
    )


def _text(body: str | bytes) -> str:
    return body if isinstance(body, str) else body.decode("utf-8-sig")


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
