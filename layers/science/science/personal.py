"""Personal data made unreadable before anything else is done with it: hashed, or dropped."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from science.database import column_names, connect, write_parquet
from science.roles import match
from science.sql_values import literal, name
from science.tokens import DIGITS, token

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["protect", "token"]

BLOCK = 64
"""Bytes of SHA-256's block, which a key is padded to (RFC 2104, section 2)."""


def protect(path: Path, columns: Iterable[str], action: str, key: bytes) -> list[str]:
    """Hash or drop columns of a Parquet file of texts, in place.

    Args:
        path: the file; all of its columns are VARCHAR, a missing cell is NULL.
        columns: the columns of personal data, whatever the case of their letters; those that the
            file does not have are no fault.
        action: ``hash`` or ``drop``.
        key: the problem's secret.

    Returns:
        The columns found, by the file's own names. An empty text stays empty.
    """
    columns = list(columns)
    if not columns:
        return []
    source = f"read_parquet({literal(str(path))})"
    target = path.with_name(f"{path.name}.protected")
    with connect() as connection:
        names = column_names(connection, source)
        found = {match(names, column) for column in columns} - {None}
        if not found:
            return []
        if action == "drop" and len(found) == len(names):
            # A table without columns cannot be written, and an empty token tells nothing.
            chosen = ", ".join(f"NULL::VARCHAR AS {name(column)}" for column in names)
        elif action == "drop":
            chosen = f"* EXCLUDE ({', '.join(name(column) for column in names if column in found)})"
        else:
            _set_pads(connection, key)
            hashed = ", ".join(
                f"{_token(column)} AS {name(column)}" for column in names if column in found
            )
            chosen = f"* REPLACE ({hashed})"
        write_parquet(connection, f"SELECT {chosen} FROM {source}", target)
    target.replace(path)
    return [column for column in names if column in found]


def _set_pads(connection: Any, key: bytes) -> None:
    """Put the padded keys where SQL finds them and no statement shows them."""
    whole = hashlib.sha256(key).digest() if len(key) > BLOCK else key
    padded = whole.ljust(BLOCK, b"\0")
    for variable, byte in (("inner_pad", 0x36), ("outer_pad", 0x5C)):
        value = bytes(each ^ byte for each in padded)
        connection.execute(f"SET VARIABLE {variable} = ?::BLOB", [value])


def _token(column: str) -> str:
    cell = f"trim({name(column)})"
    inner = f"unhex(sha256(getvariable('inner_pad') || encode({cell})))"
    return (
        f"CASE WHEN {cell} = '' THEN {name(column)} ELSE "
        f"left(sha256(getvariable('outer_pad') || {inner}), {DIGITS}) END"
    )
