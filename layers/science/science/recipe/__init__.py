"""The cleaning recipe: named, typed steps as data, each with the SQL that carries it out.

A step takes a relation and gives one; chained, they take the rows as they landed to the rows that
are learned from. ``prepare`` runs the same expressions table by table, so that it can count; a
test holds the two equal. The steps a model's features repeat on every row it meets (clip, fill,
scale, encode) are in ``features.json`` as well, which is what training and the endpoint apply.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from science import split, sql_values
from science.sql_values import literal, name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

VERSION = 1


@dataclass
class Step:
    """One step.

    Attributes:
        kind: what is done; a key of ``RENDERERS``.
        settings: what it needs to know, plain JSON.
        why: why it is done, a sentence.
        rows: rows it took in and gave out, where it was counted.
        cells: cells it changed, where it was counted.
    """

    kind: str
    settings: dict[str, Any]
    why: str
    rows: tuple[int, int] | None = None
    cells: int | None = None
    columns: list[str] = field(default_factory=list)


def document(steps: Sequence[Step]) -> dict[str, Any]:
    """``recipe.json``: the steps in order, and the whole chain as one statement."""
    return {
        "version": VERSION,
        "steps": [
            {
                "step": step.kind,
                "columns": step.columns,
                "settings": step.settings,
                "why": step.why,
                "rows_before": step.rows[0] if step.rows else None,
                "rows_after": step.rows[1] if step.rows else None,
                "cells": step.cells,
                "sql": render(step, "rows" if number == 0 else f"step{number}"),
            }
            for number, step in enumerate(steps)
        ],
        "sql": chain(steps, "rows"),
    }


def render(step: Step, source: str) -> str:
    """The step as a SELECT from ``source``, any relation."""
    return RENDERERS[step.kind](step.settings, source)


def chain(steps: Sequence[Step], source: str) -> str:
    """All steps as one statement over ``source``."""
    parts = []
    for number, step in enumerate(steps):
        parts.append(f"step{number + 1} AS (\n  {render(step, source)}\n)")
        source = f"step{number + 1}"
    joined = ",\n".join(parts)
    return f"WITH {joined}\nSELECT * FROM {source}" if parts else f"SELECT * FROM {source}"


def _unify_missing(settings: dict[str, Any], source: str) -> str:
    listed = ", ".join(f"{sql_values.cell(each)} AS {name(each)}" for each in settings["columns"])
    return f"SELECT {listed} FROM {source}"


def _drop_unlabelled(settings: dict[str, Any], source: str) -> str:
    return f"SELECT * FROM {source} WHERE {name(settings['target'])} IS NOT NULL"


def _drop_duplicates(_settings: dict[str, Any], source: str) -> str:
    return f"SELECT DISTINCT * FROM {source}"


def _split(settings: dict[str, Any], source: str) -> str:
    if settings["time"]:
        clock = name(settings["time"])
        told = sql_values.plain_number(clock)
        if settings["formats"]:
            told = sql_values.seconds(clock, settings["formats"])
        part = split.by_time(settings["holdout"], '"_told_"')
    else:
        key = split.content(settings["key"])
        if settings["identifier"]:
            key = f"coalesce({name(settings['identifier'])}, '')"
        told = f"md5_number_lower({key})"
        part = split.by_hash(settings["holdout"], '"_told_"')
    inner = f'(SELECT *, {told} AS "_told_" FROM {source})'
    return f'SELECT * EXCLUDE ("_told_"), {part} AS "_part_" FROM {inner}'


def _leave_out(settings: dict[str, Any], source: str) -> str:
    listed = ", ".join(name(each) for each in settings["columns"])
    return f"SELECT * EXCLUDE ({listed}) FROM {source}"


def _read(settings: dict[str, Any], source: str) -> str:
    listed = []
    for column, how in settings["columns"].items():
        cell = name(column)
        if how["as"] == "date":
            expression = sql_values.seconds(cell, how["formats"])
        else:
            expression = sql_values.number(cell, how["decimal"], sure=how["sure"])
        listed.append(f"{expression} AS {cell}")
    return f"SELECT * REPLACE ({', '.join(listed)}) FROM {source}"


def _drop_missing(settings: dict[str, Any], source: str) -> str:
    some = " OR ".join(f"{name(each)} IS NULL" for each in settings["columns"])
    return f"SELECT * FROM {source} WHERE {_held(settings)}NOT ({some})"


def _drop_outliers(settings: dict[str, Any], source: str) -> str:
    some = " AND ".join(
        f"coalesce({name(each)} BETWEEN {low!r} AND {high!r}, true)"
        for each, (low, high) in settings["bounds"].items()
    )
    return f"SELECT * FROM {source} WHERE {_held(settings)}({some or 'true'})"


def _held(settings: dict[str, Any]) -> str:
    """Held-out rows stay; a table without parts has none."""
    return f'"_part_" = {literal(split.HOLDOUT)} OR ' if settings.get("parts", True) else ""


def _clip(settings: dict[str, Any], source: str) -> str:
    listed = ", ".join(
        f"greatest({low!r}, least({high!r}, {name(each)})) AS {name(each)}"
        for each, (low, high) in settings["bounds"].items()
    )
    return f"SELECT * REPLACE ({listed}) FROM {source}" if listed else f"SELECT * FROM {source}"


def _fill(settings: dict[str, Any], source: str) -> str:
    listed = ", ".join(
        f"coalesce({name(each)}, {literal(value) if isinstance(value, str) else repr(value)}) "
        f"AS {name(each)}"
        for each, value in settings["values"].items()
    )
    return f"SELECT * REPLACE ({listed}) FROM {source}" if listed else f"SELECT * FROM {source}"


def _scale(settings: dict[str, Any], source: str) -> str:
    listed = ", ".join(
        f"({name(each)} - {center!r}) / {scale!r} AS {name(each)}"
        for each, (center, scale) in settings["columns"].items()
    )
    return f"SELECT * REPLACE ({listed}) FROM {source}" if listed else f"SELECT * FROM {source}"


RENDERERS: dict[str, Callable[[dict[str, Any], str], str]] = {
    "unify_missing": _unify_missing,
    "drop_unlabelled": _drop_unlabelled,
    "drop_duplicates": _drop_duplicates,
    "split": _split,
    "leave_out": _leave_out,
    "read": _read,
    "drop_missing": _drop_missing,
    "drop_outliers": _drop_outliers,
    "clip": _clip,
    "fill": _fill,
    "scale": _scale,
}
"""Every kind of step, as SQL."""
