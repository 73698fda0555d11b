"""A cell of one type as another.

The types are ``text``, ``number`` (a double), ``whole`` (64 bits), ``boolean`` and ``date``
(seconds since 1970-01-01 UTC, a double).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from science.recipe.expressions import Cell, Constant, Expression, call, when

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT, NUMBER, WHOLE, BOOLEAN, DATE = "text", "number", "whole", "boolean", "date"
PLAIN_DATES = ("ymd", "d month y", "month d y")
"""Spellings of dates that can be read in one way only."""


def as_text(cell: Expression, kind: str) -> Expression:
    """The cell as text."""
    return _AS_TEXT[kind](cell)


def as_number(cell: Expression, kind: str) -> Expression:
    """The cell as a number; dates are their seconds."""
    return _AS_NUMBER[kind](cell)


def converted(cell: Expression, kind: str, to: str) -> Expression:
    """The cell as another type."""
    if kind == to:
        return cell
    if to == TEXT:
        return as_text(cell, kind)
    if to == NUMBER:
        return as_number(cell, kind)
    if to == BOOLEAN:
        return call("boolean", as_text(cell, kind))
    if to == WHOLE:
        return call("whole", cell) if kind == TEXT else call("truncated", as_number(cell, kind))
    return call("seconds", cell, formats=PLAIN_DATES) if kind == TEXT else as_number(cell, kind)


def number_cell(column: str, schema: Mapping[str, str]) -> Expression:
    """A column's cell as a number."""
    return as_number(Cell(column), schema[column])


def text_cell(column: str, schema: Mapping[str, str]) -> Expression:
    """A column's cell as text."""
    return as_text(Cell(column), schema[column])


def _iso(cell: Expression) -> Expression:
    """A date as ISO 8601 writes it; the time of day only where there is one."""

    def two(part: Expression) -> Expression:
        return call("pad", call("whole_text", part), width=2, fill="0", align="right")

    year, month, day = (call("date_part", cell, part=part) for part in ("year", "month", "day"))
    minute = call("date_part", cell, part="minute_of_day")
    hour = call("date_part", cell, part="hour")
    rest = call("truncated", call("subtract", call("as_number", minute), _times(hour, 60.0)))
    four = call("pad", call("whole_text", year), width=4, fill="0", align="right")
    dash, colon = Constant("-"), Constant(":")
    date = call("concat", four, dash, two(month), dash, two(day))
    timed = call("concat", date, Constant(" "), two(hour), colon, two(rest))
    return when(call("equals", minute, Constant(0)), date, timed)


def _times(whole: Expression, factor: float) -> Expression:
    return call("multiply", call("as_number", whole), Constant(factor))


_AS_TEXT: dict[str, Callable[[Expression], Expression]] = {
    TEXT: lambda cell: cell,
    NUMBER: lambda cell: call("number_text", cell),
    WHOLE: lambda cell: call("whole_text", cell),
    BOOLEAN: lambda cell: call("boolean_text", cell),
    DATE: _iso,
}
_AS_NUMBER: dict[str, Callable[[Expression], Expression]] = {
    TEXT: lambda cell: call("number", cell, decimal=None, sure=False),
    NUMBER: lambda cell: cell,
    WHOLE: lambda cell: call("as_number", cell),
    BOOLEAN: lambda cell: call("boolean_number", cell),
    DATE: lambda cell: cell,
}
