"""The rules of ``science.values`` and ``science.dates`` as SQL, for whole columns at once.

DuckDB's SQL unless another dialect is named. Each function takes an SQL expression of type
VARCHAR, already trimmed and NULL where it is missing (``cell``), and returns one of type DOUBLE
that is NULL where the rules give NaN.
"""

from __future__ import annotations

import re

from science.dates import FIELDS, MONTHS, PATTERNS, SECONDS_A_DAY
from science.dialects import DUCKDB, Dialect
from science.values import (
    ASCII_BLANKS,
    BLANKS,
    CURRENCY,
    FALSE_WORDS,
    FORMATTED,
    LARGEST_NUMBER,
    MISSING,
    MULTIPLIERS,
    NARROW_SPACES,
    TRUE_WORDS,
)

name, literal, words = DUCKDB.name, DUCKDB.literal, DUCKDB.words
"""An identifier, a text, and the inside of a list of texts, quoted for DuckDB."""


def cell(column: str, dialect: Dialect = DUCKDB) -> str:
    """A raw column trimmed, NULL where it spells a missing value."""
    return clean(dialect.name(column), dialect)


def clean(raw: str, dialect: Dialect = DUCKDB) -> str:
    """A raw text trimmed, NULL where it spells a missing value."""
    return dialect.stripped_cell(raw, BLANKS, sorted(MISSING))


def plain_number(text: str, dialect: Dialect = DUCKDB) -> str:
    """A column of numbers as computers write them."""
    return dialect.plain_number(text, LARGEST_NUMBER)


def number(text: str, decimal: str | None, *, sure: bool, dialect: Dialect = DUCKDB) -> str:
    """A column of numbers; ``sure`` ones, all plain and finite, need no check that costs time."""
    if sure:
        return dialect.parsed_double(text)
    return formatted_number(text, decimal, dialect) if decimal else plain_number(text, dialect)


def formatted_number(text: str, decimal: str, dialect: Dialect = DUCKDB) -> str:
    """A column of numbers with currencies, units, percent signs or grouped digits."""
    fields = ["opening", "sign", "second", "digits", "suffix", "closing"]
    part = dialect.groups(text, f"^(?:{FORMATTED.pattern})\\z", fields, "i")
    group = "," if decimal == "." else "."
    bare = dialect.replace_pattern("matched_.digits", f"['’_{ASCII_BLANKS}{NARROW_SPACES}]", "")
    digits = f"replace(replace({bare}, '{group}', ''), '{decimal}', '.')"
    scales = " ".join(
        f"WHEN {literal(suffix)} THEN {scale:.0f}" for suffix, scale in MULTIPLIERS.items()
    )
    money = dialect.search(text, f"[{CURRENCY}]")
    scale = f"CASE WHEN {money} THEN CASE lower(matched_.suffix) {scales} ELSE 1 END ELSE 1 END"
    sign = "coalesce(nullif(matched_.sign, ''), matched_.second)"
    minus = f"matched_.opening <> '' OR {sign} IN ('-', '−')"
    value = f"{dialect.parsed_double(digits)} * {scale} * CASE WHEN {minus} THEN -1 ELSE 1 END"
    balanced = "(matched_.opening <> '') = (matched_.closing <> '')"
    written = dialect.let("matched_", part, f"CASE WHEN {balanced} THEN {value} END")
    plain = plain_number(text, dialect)
    grouped = dialect.contains(text, ".")
    first = f"CASE WHEN NOT {grouped} THEN {plain} END" if decimal == "," else plain
    small = f"abs({written}) <= {LARGEST_NUMBER!r}"
    # A plain number that is too large is none; its digits are not read another way.
    unread = f"{dialect.parsed_double(text)} IS NULL OR {dialect.contains(text, '_')}"
    unread += f" OR {grouped}" if decimal == "," else ""
    return f"coalesce({first}, CASE WHEN ({unread}) AND {small} THEN {written} END)"


def boolean(text: str, dialect: Dialect = DUCKDB) -> str:
    """A column of yes and no in many spellings."""
    return (
        f"CASE WHEN lower({text}) IN ({words(TRUE_WORDS)}) THEN {dialect.number(1.0)} "
        f"WHEN lower({text}) IN ({words(FALSE_WORDS)}) THEN {dialect.number(0.0)} END"
    )


def seconds(text: str, formats: list[str], dialect: Dialect = DUCKDB) -> str:
    """A column of dates as seconds since 1970-01-01 UTC."""
    if formats and formats[0].startswith("epoch"):
        unit = 1000.0 if formats[0] == "epoch_ms" else 1.0
        return f"({plain_number(text, dialect)}) / {dialect.number(unit)}"
    return f"coalesce({', '.join(_one_format(text, each, dialect) for each in formats)}, NULL)"


def _one_format(text: str, each: str, dialect: Dialect) -> str:
    """One spelling: the pattern's groups, read once as a struct, put together by arithmetic."""
    source = PATTERNS[each]
    groups = re.findall(r"\(\?P<(\w)>", source)
    pattern = re.sub(r"\?P<\w>", "", source)
    part = dialect.groups(f"lower({text})", f"^(?:{pattern})\\z", groups)
    got = {field: f"matched_.{field}" if field in groups else "''" for field in FIELDS}
    hour, minute, second = (f"coalesce({dialect.parsed_small(got[field])}, 0)" for field in "his")
    half = (
        f"CASE {got['p']} WHEN 'p' THEN {hour} % 12 + 12 WHEN 'a' THEN {hour} % 12 ELSE {hour} END"
    )
    of_day = f"(({half}) * 3600 + {minute} * 60 + {second})"
    whole = f"{hour} BETWEEN CASE {got['p']} WHEN '' THEN 0 ELSE 1 END AND "
    whole += f"CASE {got['p']} WHEN '' THEN 23 ELSE 12 END AND {minute} < 60 AND {second} < 60"
    days = f"CAST({_days(got, dialect)} AS BIGINT)"
    dated = f"{days} * {SECONDS_A_DAY} + {of_day}{_zone(got, dialect)}"
    value = of_day if each == "clock" else dated
    matched = "matched_.h <> ''" if each == "clock" else "matched_.y NOT IN ('', '0000')"
    told = f"CASE WHEN {matched} AND {whole} THEN CAST(({value}) AS DOUBLE) END"
    return dialect.let("matched_", part, told)


def words_in_order(texts: list[str]) -> str:
    """Several texts as the inside of an SQL list, in the order given."""
    return ", ".join(literal(text) for text in texts)


def _days(got: dict[str, str], dialect: Dialect) -> str:
    months = " ".join(f"WHEN '{month}' THEN {i + 1}" for i, month in enumerate(MONTHS))
    month = (
        f"coalesce({dialect.parsed_small(got['m'])}, CASE left({got['m']}, 3) {months} ELSE 0 END)"
    )
    century = f"CASE WHEN {got['y']} >= '69' THEN '19' ELSE '20' END"
    year = f"CASE WHEN length({got['y']}) = 2 THEN {century} || {got['y']} ELSE {got['y']} END"
    day = got["d"] if got["d"] != "''" else "'1'"
    joined = f"{year} || '-' || ({month}) || '-' || {day}"
    return dialect.days(joined)


def _zone(got: dict[str, str], dialect: Dialect) -> str:
    zone = got["z"]
    if zone == "''":
        return ""
    digits = f"replace(substr({zone}, 2), ':', '')"
    size = (
        f"({dialect.parsed_small(f'left({digits}, 2)')} * 3600 + "
        f"coalesce({dialect.parsed_small(f'substr({digits}, 3)')}, 0) * 60)"
    )
    return f" - CASE left({zone}, 1) WHEN '+' THEN {size} WHEN '-' THEN -{size} ELSE 0 END"
