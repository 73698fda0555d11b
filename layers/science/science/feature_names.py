"""Column names as the Feature Store takes them, and what of a problem's columns is kept under each.

(CreateFeatureGroup, ``FeatureName``: ``[a-zA-Z0-9]([-_]*[a-zA-Z0-9]){0,63}``, and three names that
Feature Store keeps to itself.)
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from science.kinds import Column

IDENTIFIER = "record_id"
EVENT_TIME = "event_time"
LABEL = "label"
RESERVED = frozenset(
    {"is_deleted", "write_time", "api_invocation_time", IDENTIFIER, EVENT_TIME, LABEL}
)
LONGEST_NAME = 64
MARK = 8
"""Letters of the fingerprint that tells two columns of one name apart."""

_ACCEPTED = re.compile(r"[a-zA-Z0-9]([-_]*[a-zA-Z0-9]){0,63}")
FRACTIONAL, INTEGRAL, STRING = "Fractional", "Integral", "String"


def feature_names(columns: Iterable[str]) -> dict[str, str]:
    """Each column's feature: itself where Feature Store takes it, else a name that it takes.

    Case does not tell features apart (Athena reads them in lower case). Of several columns that
    would come by the same name, one that needs no mending keeps it; the others, like columns whose
    name is reserved, get a fingerprint of their own name behind it. So a name does not depend on
    the order of the columns.
    """
    listed = sorted(set(columns), key=lambda column: (not _fits(column), column))
    taken = set(RESERVED)
    found = {}
    for column in listed:
        name = column if _fits(column) else _mended(column)
        if name.lower() in taken:
            mark = hashlib.sha256(column.encode()).hexdigest()[:MARK]
            name = f"{name[: LONGEST_NAME - MARK - 1].rstrip('-_')}_{mark}"
        taken.add(name.lower())
        found[column] = name
    return found


def _fits(column: str) -> bool:
    return bool(_ACCEPTED.fullmatch(column)) and len(column) <= LONGEST_NAME


def _mended(column: str) -> str:
    plain = re.sub(r"[^a-zA-Z0-9]+", "_", column)[:LONGEST_NAME].strip("_")
    return plain or "column"


def stored_as(
    columns: Sequence[Column],
    identifier: str | None,
    left_out: Iterable[str] = (),
    *,
    hashed: bool = False,
) -> dict[str, Any]:
    """What the Feature Store knows of a problem's columns: ``feature_store`` in ``problem.json``.

    Args:
        columns: those that become features of the model.
        identifier: the column that names a row, if the definition has one.
        left_out: columns that come from other groups, which keep them.
        hashed: whether records go by the hash of the identifier, not by itself.

    Returns:
        ``{"identifier": column or null, "hashed", "features": {column: {"name", "type"}}}``.
    """
    without = set(left_out)
    kept = [column for column in columns if column.name not in without]
    names = feature_names(column.name for column in kept)
    features = {column.name: {"name": names[column.name], "type": _type(column)} for column in kept}
    return {"identifier": identifier, "hashed": hashed, "features": features}


def _type(column: Column) -> str:
    """Numbers are Fractional, whole ones too: the next file may bring a fraction.

    Dates keep their own spelling, so that what reads the data can read the feature.
    """
    return FRACTIONAL if column.kind == "number" else STRING
