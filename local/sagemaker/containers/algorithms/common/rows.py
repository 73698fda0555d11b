"""Rows as arrays, and the content types that they come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.recordio import VALUES, Record

type Matrix = np.ndarray[Any, Any]

CSV = "text/csv"


@dataclass
class Rows:
    """One channel's rows.

    Attributes:
        features: Rows × columns.
        labels: One a row, or None when the channel has none.
    """

    features: Matrix
    labels: Matrix | None = None


def media_parameters(content_type: str) -> tuple[str, dict[str, str]]:
    """`text/csv; label_size=0` → its type and its parameters."""
    kind, *parameters = content_type.split(";")
    pairs = [item.partition("=") for item in parameters]
    return kind.strip().lower(), {name.strip().lower(): value.strip() for name, _, value in pairs}


def rows_of(records: list[Record], absent: float = 0.0) -> Rows:
    """Lay records out as a matrix.

    Args:
        records: One a row.
        absent: What stands where a sparse row names nothing.

    Raises:
        UserError: When one has no feature `values`, or they differ in length or in having a label.
    """
    if not records:
        raise UserError("the data hold no record")
    features = []
    for record in records:
        if VALUES not in record.features:
            raise UserError(f"a record has no feature {VALUES!r}")
        features.append(record.features[VALUES].dense(absent))
    if len(widths := {len(row) for row in features}) > 1:
        raise UserError(f"records differ in their number of features: {sorted(widths)}")
    labels = [record.label[VALUES].dense() for record in records if VALUES in record.label]
    if labels and (len(labels) < len(records) or {len(label) for label in labels} != {1}):
        raise UserError("some records have no label, or more than one")
    return Rows(
        np.array(features, np.float32), np.array(labels, np.float32)[:, 0] if labels else None
    )
