"""The rules of ``science.values`` and ``science.dates`` as DuckDB SQL, for whole columns at once.

Each function takes an SQL expression of type VARCHAR, already trimmed and NULL where it is missing
(``cell``), and returns one of type DOUBLE that is NULL where the rules give NaN.
"""

from __future__ import annotations

import re
from typing import Any

from science.dates import FIELDS, MONTHS, PATTERNS, SECONDS_A_DAY
from science.values import (
    BLANKS,
    CURRENCY,
    FALSE_WORDS,
    FORMATTED,
    MISSING,
    MULTIPLIERS,
    NARROW_SPACES,
    TRUE_WORDS,
)


def name(identifier: str) -> str:
    """An identifier, quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text, quoted for SQL."""
    return "'" + text.replace("'", "''") + "'"


def words(texts: Any) -> str:
    """Several texts as the inside of an SQL list, in a stable order."""
    return ", ".join(literal(text) for text in sorted(texts))


def cell(column: str) -> str:
    """A raw column trimmed, NULL where it spells a missing value."""
    raw = name(column)
    blank = f"[{BLANKS}]"
    spelled = "|".join(re.escape(spelling) for spelling in sorted(MISSING))
    missing = literal(f"(?i){blank}*(?:{spelled}){blank}*")
    padded = literal(f"^{blank}|{blank}$")
    return (
        f"CASE WHEN regexp_full_match({raw}, {missing}) THEN NULL "
        f"WHEN regexp_matches({raw}, {padded}) THEN trim({raw}, {literal(BLANKS)}) ELSE {raw} END"
    )


def plain_number(text: str) -> str:
    """A column of numbers as computers write them."""
    number = f"TRY_CAST({text} AS DOUBLE)"
    return f"CASE WHEN isfinite({number}) AND NOT contains({text}, '_') THEN {number} END"


def number(text: str, decimal: str | None, *, sure: bool) -> str:
    """A column of numbers; ``sure`` ones, all plain and finite, need no check that costs time."""
    if sure:
        return f"TRY_CAST({text} AS DOUBLE)"
    return formatted_number(text, decimal) if decimal else plain_number(text)


def formatted_number(text: str, decimal: str) -> str:
    """A column of numbers with currencies, units, percent signs or grouped digits."""
    pattern = literal(f"^(?:{FORMATTED.pattern})$")
    part = (
        f"regexp_extract({text}, {pattern}, "
        "['opening', 'sign', 'second', 'digits', 'suffix', 'closing'], 'i')"
    )
    group = "," if decimal == "." else "."
    digits = (
        f"replace(replace(regexp_replace(matched_.digits, "
        f"'[''’_\\s{NARROW_SPACES}]', '', 'g'), "
        f"'{group}', ''), '{decimal}', '.')"
    )
    scales = " ".join(
        f"WHEN {literal(suffix)} THEN {scale:.0f}" for suffix, scale in MULTIPLIERS.items()
    )
    money = f"regexp_matches({text}, '[{CURRENCY}]')"
    scale = f"CASE WHEN {money} THEN CASE lower(matched_.suffix) {scales} ELSE 1 END ELSE 1 END"
    sign = "coalesce(nullif(matched_.sign, ''), matched_.second)"
    minus = f"matched_.opening <> '' OR {sign} IN ('-', '−')"
    value = f"TRY_CAST({digits} AS DOUBLE) * {scale} * CASE WHEN {minus} THEN -1 ELSE 1 END"
    written = (
        f"list_transform([{part}], lambda matched_: CASE WHEN (matched_.opening <> '') = "
        f"(matched_.closing <> '') THEN {value} END)[1]"
    )
    plain = plain_number(text)
    first = f"CASE WHEN NOT contains({text}, '.') THEN {plain} END" if decimal == "," else plain
    return f"coalesce({first}, CASE WHEN isfinite({written}) THEN {written} END)"


def boolean(text: str) -> str:
    """A column of yes and no in many spellings."""
    return (
        f"CASE WHEN lower({text}) IN ({words(TRUE_WORDS)}) THEN 1.0::DOUBLE "
        f"WHEN lower({text}) IN ({words(FALSE_WORDS)}) THEN 0.0::DOUBLE END"
    )


def seconds(text: str, formats: list[str]) -> str:
    """A column of dates as seconds since 1970-01-01 UTC."""
    if formats and formats[0].startswith("epoch"):
        return f"({plain_number(text)}) / {1000.0 if formats[0] == 'epoch_ms' else 1.0}"
    return f"coalesce({', '.join(_one_format(text, each) for each in formats)}, NULL)"


def _one_format(text: str, each: str) -> str:
    """One spelling: the pattern's groups, read once as a struct, put together by arithmetic."""
    source = PATTERNS[each]
    groups = re.findall(r"\(\?P<(\w)>", source)
    pattern = re.sub(r"\?P<\w>", "", source)
    part = f"regexp_extract(lower({text}), '^(?:{pattern})$', [{words_in_order(groups)}])"
    got = {field: f"matched_.{field}" if field in groups else "''" for field in FIELDS}
    hour, minute, second = (f"coalesce(TRY_CAST({got[field]} AS INTEGER), 0)" for field in "his")
    half = (
        f"CASE {got['p']} WHEN 'p' THEN {hour} % 12 + 12 WHEN 'a' THEN {hour} % 12 ELSE {hour} END"
    )
    of_day = f"(({half}) * 3600 + {minute} * 60 + {second})"
    whole = f"{hour} BETWEEN CASE {got['p']} WHEN '' THEN 0 ELSE 1 END AND "
    whole += f"CASE {got['p']} WHEN '' THEN 23 ELSE 12 END AND {minute} < 60 AND {second} < 60"
    value = of_day if each == "clock" else f"{_days(got)} * {SECONDS_A_DAY} + {of_day}{_zone(got)}"
    matched = "matched_.h <> ''" if each == "clock" else "matched_.y NOT IN ('', '0000')"
    return (
        f"list_transform([{part}], lambda matched_: "
        f"CASE WHEN {matched} AND {whole} THEN ({value})::DOUBLE END)[1]"
    )


def words_in_order(texts: list[str]) -> str:
    """Several texts as the inside of an SQL list, in the order given."""
    return ", ".join(literal(text) for text in texts)


def _days(got: dict[str, str]) -> str:
    months = " ".join(f"WHEN '{month}' THEN {i + 1}" for i, month in enumerate(MONTHS))
    month = (
        f"coalesce(TRY_CAST({got['m']} AS INTEGER), CASE left({got['m']}, 3) {months} ELSE 0 END)"
    )
    century = f"CASE WHEN {got['y']} >= '69' THEN '19' ELSE '20' END"
    year = f"CASE WHEN length({got['y']}) = 2 THEN {century} || {got['y']} ELSE {got['y']} END"
    day = got["d"] if got["d"] != "''" else "'1'"
    joined = f"{year} || '-' || ({month}) || '-' || {day}"
    return f"date_diff('day', DATE '1970-01-01', TRY_CAST({joined} AS DATE))"


def _zone(got: dict[str, str]) -> str:
    zone = got["z"]
    if zone == "''":
        return ""
    digits = f"replace(substr({zone}, 2), ':', '')"
    size = (
        f"(TRY_CAST(left({digits}, 2) AS INTEGER) * 3600 + "
        f"coalesce(TRY_CAST(substr({digits}, 3) AS INTEGER), 0) * 60)"
    )
    return f" - CASE left({zone}, 1) WHEN '+' THEN {size} WHEN '-' THEN -{size} ELSE 0 END"
