"""Cleaned rows as records of a feature group: one record a row, in the offline store's own form.

Layout and added columns: SageMaker Developer Guide, "Offline store data format".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from science.database import column_names, connect, write_parquet
from science.sql_values import literal, name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

IDENTIFIER = "record_id"
LABEL = "label"
RESERVED = frozenset({"is_deleted", "write_time", "api_invocation_time", IDENTIFIER, "event_time"})
NAME_LIMIT = 64
TYPES = {"DOUBLE": "Fractional", "FLOAT": "Fractional", "BIGINT": "Integral", "INTEGER": "Integral"}


def write_rows(connection: Any, path: Path) -> None:
    """Keep the cleaned rows of a run, each under a fingerprint of itself.

    Args:
        connection: a database with the relation ``typed``.
        path: the Parquet file.
    """
    hidden = {"_row_", "_key_", "_part_", "_label_"}
    columns = [title for title in column_names(connection, "typed") if title not in hidden]
    taken = {IDENTIFIER, LABEL}
    listed = ", ".join(
        f"typed.{name(title)} AS {name(renamed)}"
        for title, renamed in zip(columns, feature_names(columns, taken))
    )
    write_parquet(
        connection,
        f'SELECT "_key_" AS {IDENTIFIER}, "_label_"::DOUBLE AS {LABEL}'
        f'{", " + listed if listed else ""} FROM typed ORDER BY "_row_"',
        path,
    )


def feature_names(columns: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Column names as the Feature Store takes them: letters, digits, ``-`` and ``_``, each once.

    (CreateFeatureGroup, ``FeatureName``: ``[a-zA-Z0-9]([-_]*[a-zA-Z0-9]){0,63}``.)
    """
    seen = {*RESERVED, *taken}
    names = []
    for column in columns:
        plain = re.sub(r"[^a-zA-Z0-9]+", "_", column).strip("_")[: NAME_LIMIT - 4].strip("_")
        base = plain or "column"
        candidate, number = base, 1
        while candidate.lower() in seen:
            number += 1
            candidate = f"{base}_{number}"
        seen.add(candidate.lower())
        names.append(candidate)
    return names


def definitions(path: Path) -> list[tuple[str, str]]:
    """Feature names and types of kept rows, the identifier left out."""
    with connect() as connection:
        described = connection.execute(
            f"DESCRIBE SELECT * FROM read_parquet({literal(str(path))})"
        ).fetchall()
    return [(row[0], TYPES.get(row[1], "String")) for row in described if row[0] != IDENTIFIER]


def write_offline(rows: Path, out: Path, event_time: str, written_at: str) -> int:
    """Write kept rows as the offline store keeps records; their number.

    Args:
        rows: what ``write_rows`` wrote.
        out: the Parquet file to make.
        event_time: the moment the rows stand for, ISO 8601.
        written_at: the moment of writing, ISO 8601.
    """
    with connect() as connection:
        write_parquet(
            connection,
            f"SELECT *, {literal(event_time)} AS event_time, "
            f"{literal(written_at)}::TIMESTAMP AS write_time, "
            f"{literal(written_at)}::TIMESTAMP AS api_invocation_time, false AS is_deleted "
            f"FROM read_parquet({literal(str(rows))})",
            out,
        )
        counted = connection.execute(
            f"SELECT count(*) FROM read_parquet({literal(str(out))})"
        ).fetchone()
    return int(counted[0])
