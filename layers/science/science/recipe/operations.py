"""What expressions can do with cells, each operation as SQL and, beside it, in Python.

Missing cells are NULL and ``None``. A *strict* operation of a missing cell is missing; conditions
are never missing, so that "not" means the same everywhere. Numbers are finite: what is none counts
as missing.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Callable, Optional

from science import dates, sql_values, values
from science.recipe import text_functions
from science.recipe.patterns import portable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.dialects import Dialect

Function = Callable[..., Any]
PLACES = 1_000_000
WHOLE = r"[+-]?[0-9]{1,19}"
LARGEST_WHOLE = 2**63
EARLIEST, LATEST = -62_135_596_800, 100_000_000_000
"""Seconds since 1970 of the first day of year 1, and of a day in year 5138: between them dates
have parts."""


@dataclass(frozen=True)
class Operation:
    """An operation's two forms.

    Attributes:
        sql: takes a dialect, the arguments as SQL and the options; gives SQL.
        run: takes the arguments' values and the options; gives a value.
        strict: whether it is missing as soon as an argument is.
        lazy: whether ``run`` takes functions of a row instead of values, and gives one.
    """

    sql: Function
    run: Function
    strict: bool = True
    lazy: bool = False


def _simple(template: str) -> Function:
    """SQL that is the same in all dialects."""
    return lambda _dialect, *arguments: template.format(*arguments)


def _condition(template: str) -> Function:
    return lambda _dialect, *arguments: f"coalesce({template.format(*arguments)}, false)"


def finite(number: float) -> Optional[float]:
    """The number, unless it is infinite or none."""
    return number if math.isfinite(number) else None


def _finite_sql(dialect: Dialect, number: str) -> str:
    return f"CASE WHEN {dialect.finite(number)} THEN {number} END"


def _divide(left: float, right: float) -> Optional[float]:
    return left / right if right else None


# Texts


def _strip(text: str, characters: str, side: str) -> str:
    if side == "left":
        return text.lstrip(characters)
    return text.rstrip(characters) if side == "right" else text.strip(characters)


def _replace_pattern_sql(dialect: Dialect, text: str, find: str, replace: str) -> str:
    return dialect.replace_pattern(text, portable(find, r"\z"), replace)


def _replace_pattern(text: str, find: str, replace: str) -> str:
    return re.sub(portable(find, r"\Z"), replace.replace("\\", "\\\\"), text)


def _slice_sql(_dialect: Dialect, text: str, start: int, length: Optional[int]) -> str:
    if length is None:
        return f"substr({text}, {start + 1})"
    return f"substr({text}, {start + 1}, {length})"


def _slice(text: str, start: int, length: Optional[int]) -> str:
    return text[start:] if length is None else text[start : start + length]


def _pad_sql(dialect: Dialect, text: str, width: int, fill: str, align: str) -> str:
    lacking = f"greatest({width} - length({text}), 0)"
    if align == "center":
        before, after = f"CAST(floor({lacking} / 2) AS INT)", f"CAST(ceil({lacking} / 2) AS INT)"
    else:
        before, after = ("0", lacking) if align == "left" else (lacking, "0")
    fills = (f"repeat({dialect.literal(fill)}, CAST({each} AS INT))" for each in (before, after))
    head, tail = fills
    return f"({head} || {text} || {tail})"


def _pad(text: str, width: int, fill: str, align: str) -> str:
    lacking = max(width - len(text), 0)
    before = {"left": 0, "right": lacking, "center": lacking // 2}[align]
    return fill * before + text + fill * (lacking - before)


def _join_sql(dialect: Dialect, *texts: str, separator: str) -> str:
    return f"nullif(concat_ws({dialect.literal(separator)}, {', '.join(texts)}), '')"


def _join(*texts: Optional[str], separator: str) -> Optional[str]:
    return separator.join(text for text in texts if text is not None) or None


def _piece_sql(dialect: Dialect, text: str, separator: str, place: int, *, last: bool) -> str:
    if last:
        return f"nullif({dialect.rest_of_pieces(text, separator, place)}, '')"
    return f"nullif(split_part({text}, {dialect.literal(separator)}, {place}), '')"


def _piece(text: str, separator: str, place: int, *, last: bool) -> Optional[str]:
    pieces = text.split(separator)
    found = separator.join(pieces[place - 1 :]) if last else "".join(pieces[place - 1 : place])
    return found or None


def _among_sql(dialect: Dialect, text: str, texts: Sequence[str]) -> str:
    return f"coalesce({text} IN ({dialect.words(texts)}), false)" if texts else "false"


def _place_sql(dialect: Dialect, text: str) -> str:
    return f"CAST({dialect.modulo(dialect.low_half_of_md5(text), PLACES)} AS BIGINT)"


def _place(text: str) -> int:
    """Where a text falls by its MD5: a whole number below a million, evenly spread."""
    digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "little") % PLACES


def _function_sql(dialect: Dialect, text: str, mode: str) -> str:
    return f"normal_text({text}, {dialect.literal(mode)})"


# Readings


def _number_sql(dialect: Dialect, text: str, decimal: Optional[str], *, sure: bool) -> str:
    return sql_values.number(text, decimal, sure=sure, dialect=dialect)


def _number(text: str, decimal: Optional[str], *, sure: bool) -> Optional[float]:  # noqa: ARG001
    return finite(values.number_of(text, decimal))


def _seconds_sql(dialect: Dialect, text: str, formats: Sequence[str]) -> str:
    return sql_values.seconds(text, list(formats), dialect)


def _seconds(text: str, formats: Sequence[str]) -> Optional[float]:
    return finite(dates.seconds_of(text, list(formats)))


def _boolean_sql(dialect: Dialect, text: str) -> str:
    yes, no = dialect.words(values.TRUE_WORDS), dialect.words(values.FALSE_WORDS)
    lower = f"lower({text})"
    return f"CASE WHEN {lower} IN ({yes}) THEN true WHEN {lower} IN ({no}) THEN false END"


def _boolean(text: str) -> Optional[bool]:
    lower = text.lower()
    return True if lower in values.TRUE_WORDS else False if lower in values.FALSE_WORDS else None


def _whole_sql(dialect: Dialect, text: str) -> str:
    return f"CASE WHEN {dialect.full_match(text, WHOLE)} THEN {dialect.parsed_whole(text)} END"


def _whole(text: str) -> Optional[int]:
    if not re.fullmatch(WHOLE, text, re.ASCII):
        return None
    number = int(text)
    return number if -LARGEST_WHOLE <= number < LARGEST_WHOLE else None


def _truncated_sql(dialect: Dialect, number: str) -> str:
    return f"CASE WHEN abs({number}) < 1e15 THEN {dialect.whole_part(number)} END"


def _truncated(number: float) -> Optional[int]:
    return int(number) if abs(number) < 1e15 else None


def _number_text_sql(dialect: Dialect, number: str) -> str:
    whole = f"abs({number}) < 1e15 AND {number} = floor({number})"
    digits = f"CAST({dialect.whole_part(number)} AS {dialect.text_type})"
    return f"CASE WHEN {whole} THEN {digits} ELSE {dialect.number_text(number)} END"


def _part_sql(dialect: Dialect, seconds: str, part: str) -> str:
    whole_days = f"floor({seconds} / 86400)"
    of_day = f"({seconds} - {whole_days} * 86400)"
    day = dialect.date_of(whole_days)
    found = {
        "weekday": f"(CAST({whole_days} AS BIGINT) + 719162) % 7",
        "day_of_year": f"dayofyear({day})",
        "hour": f"floor({of_day} / 3600)",
        "minute_of_day": f"floor({of_day} / 60)",
    }.get(part, f"{part}({day})")
    known = f"{seconds} >= {EARLIEST} AND {seconds} < {LATEST}"
    return f"CASE WHEN {known} THEN CAST({found} AS BIGINT) END"


def _part(seconds: float, part: str) -> Optional[int]:
    if not EARLIEST <= seconds < LATEST:
        return None
    whole_days = math.floor(seconds / dates.SECONDS_A_DAY)
    of_day = seconds - whole_days * dates.SECONDS_A_DAY
    day = datetime(1970, 1, 1) + timedelta(days=whole_days)  # noqa: DTZ001  (days know no zone)
    found = {
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "weekday": day.weekday(),
        "day_of_year": day.timetuple().tm_yday,
        "hour": math.floor(of_day / 3600),
        "minute_of_day": math.floor(of_day / 60),
    }
    return found[part]


# Choices


def _when(condition: Function, then: Function, other: Function) -> Function:
    return lambda row: then(row) if condition(row) else other(row)


def _first_of(*functions: Function) -> Function:
    def first(row: Any) -> Any:
        return next(
            (value for value in (each(row) for each in functions) if value is not None), None
        )

    return first


def _lookup_sql(dialect: Dialect, text: str, table: Any) -> str:
    from science.recipe.expressions import constant_sql

    if not table:
        return "NULL"
    cases = " ".join(
        f"WHEN {constant_sql(key, dialect)} THEN {constant_sql(value, dialect)}"
        for key, value in table.items()
    )
    return f"CASE {text} {cases} END"


OPERATIONS: dict[str, Operation] = {
    "missing": Operation(_simple("({0} IS NULL)"), lambda cell: cell is None, strict=False),
    "not": Operation(_simple("(NOT {0})"), lambda condition: not condition),
    "both": Operation(_simple("({0} AND {1})"), lambda left, right: left and right),
    "either": Operation(_simple("({0} OR {1})"), lambda left, right: left or right),
    "when": Operation(
        _simple("CASE WHEN {0} THEN {1} ELSE {2} END"), _when, strict=False, lazy=True
    ),
    "first": Operation(
        lambda _dialect, *cells: f"coalesce({', '.join(cells)})",
        _first_of,
        strict=False,
        lazy=True,
    ),
    "lookup": Operation(_lookup_sql, lambda text, table: table.get(text)),
    "equals": Operation(
        _condition("({0} = {1})"),
        lambda a, b: a is not None and b is not None and a == b,
        strict=False,
    ),
    "less": Operation(
        _condition("({0} < {1})"),
        lambda a, b: a is not None and b is not None and a < b,
        strict=False,
    ),
    "at_most": Operation(
        _condition("({0} <= {1})"),
        lambda a, b: a is not None and b is not None and a <= b,
        strict=False,
    ),
    "contains": Operation(
        lambda dialect, text, part: f"coalesce({dialect.contains(text, part)}, false)",
        lambda text, part: text is not None and part in text,
        strict=False,
    ),
    "among": Operation(
        _among_sql, lambda text, texts: text is not None and text in texts, strict=False
    ),
    "add": Operation(_simple("({0} + {1})"), lambda a, b: a + b),
    "subtract": Operation(_simple("({0} - {1})"), lambda a, b: a - b),
    "multiply": Operation(_simple("({0} * {1})"), lambda a, b: a * b),
    "divide": Operation(_simple("({0} / nullif({1}, 0))"), _divide),
    "finite": Operation(_finite_sql, finite),
    "strip": Operation(
        lambda dialect, text, characters, side: dialect.strip(text, characters, side), _strip
    ),
    "clean_cell": Operation(
        lambda dialect, text: sql_values.clean(text, dialect), values.text_of
    ),
    "place": Operation(_place_sql, _place),
    "normal": Operation(_function_sql, text_functions.normal_text),
    "replace": Operation(
        lambda dialect, text, find, replace: (
            f"replace({text}, {dialect.literal(find)}, {dialect.literal(replace)})"
        ),
        lambda text, find, replace: text.replace(find, replace) if find else text,
    ),
    "replace_pattern": Operation(_replace_pattern_sql, _replace_pattern),
    "slice": Operation(_slice_sql, _slice),
    "pad": Operation(_pad_sql, _pad),
    "concat": Operation(
        lambda _dialect, *texts: f"({' || '.join(texts)})", lambda *texts: "".join(texts)
    ),
    "join": Operation(_join_sql, _join, strict=False),
    "piece": Operation(_piece_sql, _piece),
    "nullif_empty": Operation(_simple("nullif({0}, '')"), lambda text: text or None),
    "number": Operation(_number_sql, _number),
    "seconds": Operation(_seconds_sql, _seconds),
    "boolean": Operation(_boolean_sql, _boolean),
    "whole": Operation(_whole_sql, _whole),
    "truncated": Operation(_truncated_sql, _truncated),
    "as_number": Operation(_simple("CAST({0} AS DOUBLE)"), float),
    "number_text": Operation(_number_text_sql, text_functions.number_text),
    "whole_text": Operation(
        lambda dialect, number: f"CAST({number} AS {dialect.text_type})", str
    ),
    "boolean_text": Operation(
        _simple("CASE WHEN {0} THEN 'true' WHEN NOT {0} THEN 'false' END"),
        lambda switch: "true" if switch else "false",
    ),
    "boolean_number": Operation(_simple("CAST(CAST({0} AS INT) AS DOUBLE)"), float),
    "date_part": Operation(_part_sql, _part),
}  # fmt: skip
"""Every operation by its name."""
