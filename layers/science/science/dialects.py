"""How two databases say the same: the few places where DuckDB's and Spark's SQL differ.

All SQL of this package is written once, over these words. Expressions go in and come out as text.
Both engines read patterns that keep to what RE2 and Java have in common; comparisons of texts are
by code point in both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
"""A number as computers write it; Java would read others as well."""


class Dialect:
    """DuckDB's words; what others say differently they override."""

    title = "duckdb"
    text_type = "VARCHAR"
    tables_have_order = True
    """Whether the rows of a table come in the order in which they were put there."""
    distincts_together = True
    """Whether distinct values of many columns are counted well in one pass."""
    clock_rank = "percent_rank"

    def in_order(self, expression: str) -> str:
        """An ORDER BY for the rows of a table that is kept, where such rows have an order."""
        return f" ORDER BY {expression}" if self.tables_have_order else ""

    def name(self, identifier: str) -> str:
        """An identifier, quoted."""
        return '"' + identifier.replace('"', '""') + '"'

    def literal(self, text: str) -> str:
        """A text, quoted."""
        return "'" + text.replace("'", "''") + "'"

    def words(self, texts: Iterable[str]) -> str:
        """Several texts as the inside of a list, in a stable order."""
        return ", ".join(self.literal(text) for text in sorted(texts))

    def number(self, value: float) -> str:
        """A finite number of type DOUBLE."""
        return f"{float(value)!r}::DOUBLE"

    def parsed_double(self, text: str) -> str:
        """A text as DOUBLE, NULL where it is none; infinities may come out."""
        return f"TRY_CAST({text} AS DOUBLE)"

    def plain_number(self, text: str, largest: float) -> str:
        """A text as DOUBLE, NULL where it is none or its size is beyond the largest."""
        number = self.parsed_double(text)
        small = f"abs({number}) <= {largest!r}"
        return f"CASE WHEN {small} AND NOT {self.contains(text, '_')} THEN {number} END"

    def stripped_cell(self, raw: str, blanks: str, missing: Sequence[str]) -> str:
        """A text without blanks at its ends, NULL where it spells a missing cell in any case."""
        blank = f"[{blanks}]"
        spelled = "|".join(re.escape(spelling) for spelling in missing)
        none = self.full_match(raw, f"(?i){blank}*(?:{spelled}){blank}*")
        padded = self.search(raw, f"^{blank}|{blank}\\z")
        stripped = self.strip(raw, blanks)
        return f"CASE WHEN {none} THEN NULL WHEN {padded} THEN {stripped} ELSE {raw} END"

    def parsed_whole(self, text: str) -> str:
        """A text of a sign and digits as BIGINT, NULL where it is too large."""
        return f"TRY_CAST({text} AS BIGINT)"

    def parsed_small(self, text: str) -> str:
        """A text of some digits as INTEGER, NULL where it is empty or too large."""
        return f"TRY_CAST({text} AS INTEGER)"

    def finite(self, number: str) -> str:
        """Whether a DOUBLE is neither infinite nor NaN."""
        return f"isfinite({number})"

    def full_match(self, text: str, pattern: str) -> str:
        """Whether the pattern takes up the whole text."""
        return f"regexp_full_match({text}, {self.literal(pattern)})"

    def search(self, text: str, pattern: str) -> str:
        """Whether the pattern occurs in the text."""
        return f"regexp_matches({text}, {self.literal(pattern)})"

    def replace_pattern(self, text: str, pattern: str, replacement: str) -> str:
        """Every occurrence of a pattern replaced by a plain text."""
        plain = replacement.replace("\\", "\\\\")
        return f"regexp_replace({text}, {self.literal(pattern)}, {self.literal(plain)}, 'g')"

    def groups(self, text: str, pattern: str, fields: Sequence[str], flags: str = "") -> str:
        """A struct of a pattern's groups; those that take no part are empty texts."""
        listed = ", ".join(self.literal(field) for field in fields)
        more = f", {self.literal(flags)}" if flags else ""
        return f"regexp_extract({text}, {self.literal(pattern)}, [{listed}]{more})"

    def let(self, name: str, value: str, body: str) -> str:
        """``body``, in which ``name`` stands for ``value``, computed once."""
        return f"list_transform([{value}], lambda {name}: {body})[1]"

    def contains(self, text: str, part: str) -> str:
        """Whether a plain text occurs in the text."""
        return f"contains({text}, {self.literal(part)})"

    def strip(self, text: str, characters: str, side: str = "both") -> str:
        """The text without any of these characters at its ends."""
        function = {"both": "trim", "left": "ltrim", "right": "rtrim"}[side]
        return f"{function}({text}, {self.literal(characters)})"

    def days(self, date: str) -> str:
        """Days since 1970-01-01 of a text year-month-day, NULL where there is no such day."""
        return f"date_diff('day', DATE '1970-01-01', TRY_CAST({date} AS DATE))"

    def date_of(self, days: str) -> str:
        """The date so many days, a whole DOUBLE, after 1970-01-01."""
        return f"(DATE '1970-01-01' + CAST({days} AS INTEGER))"

    def low_half_of_md5(self, text: str) -> str:
        """The second half of a text's MD5 as a whole number, least significant byte first."""
        return f"md5_number_lower({text})"

    def md5(self, text: str) -> str:
        """The MD5 of a text, for telling texts apart."""
        return f"md5_number({text})"

    def modulo(self, number: str, divisor: int) -> str:
        """What is left of a whole number."""
        return f"({number} % {divisor})"

    def pieces(self, text: str, separator: str) -> str:
        """A text's pieces between separators, a list."""
        return f"string_split({text}, {self.literal(separator)})"

    def rest_of_pieces(self, text: str, separator: str, start: int) -> str:
        """The pieces from ``start`` (the first is 1) on, joined again."""
        pieces = self.pieces(text, separator)
        return f"array_to_string({pieces}[{start}:], {self.literal(separator)})"

    def unit(self) -> str:
        """The character that joins cells to one text."""
        return "chr(31)"

    def whole_part(self, number: str) -> str:
        """A DOUBLE below 1e15 in size without its fraction, as BIGINT."""
        return f"CAST(trunc({number}) AS BIGINT)"

    def number_text(self, number: str) -> str:
        """A DOUBLE as ``science.values`` writes it: the shortest digits that read back the same."""
        short = f"abs({number}) >= 0.0001 AND abs({number}) < 1e15"
        return f"CASE WHEN {short} THEN CAST({number} AS VARCHAR) ELSE number_text({number}) END"

    def order_statistic(self, number: str, share: str) -> str:
        """The value at a share of the values in order, an aggregate."""
        return f"quantile_disc({number}, {share})"


class SparkDialect(Dialect):
    """Spark SQL, as of 3.5, without ANSI mode."""

    title = "spark"
    text_type = "STRING"
    tables_have_order = False
    distincts_together = False  # a row is copied for each of them, and the plan grows as much

    def name(self, identifier: str) -> str:
        """An identifier, quoted."""
        return "`" + identifier.replace("`", "``") + "`"

    def literal(self, text: str) -> str:
        """A text, quoted; a backslash starts an escape in Spark's literals."""
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def number(self, value: float) -> str:
        """A finite number of type DOUBLE."""
        return f"{float(value)!r}D"

    def parsed_double(self, text: str) -> str:
        """A text as DOUBLE; Java would read ``1d``, hexadecimal and blanks around it as well."""
        return f"CASE WHEN {self.full_match(text, NUMBER)} THEN CAST({text} AS DOUBLE) END"

    def plain_number(self, text: str, largest: float) -> str:
        """A text as DOUBLE; its pattern, which costs most, is looked for once."""
        number = f"CAST({text} AS DOUBLE)"
        small = f"abs({number}) <= {largest!r}D"
        return f"CASE WHEN {self.full_match(text, NUMBER)} AND {small} THEN {number} END"

    def stripped_cell(self, raw: str, blanks: str, missing: Sequence[str]) -> str:
        """A text without blanks at its ends; looked up in a set, since Java's patterns are slow."""
        stripped = self.strip(raw, blanks)
        short = f"length({stripped}) <= {max(map(len, missing))}"
        none = f"{short} AND lower({stripped}) IN ({self.words(missing)})"
        return f"CASE WHEN {none} THEN NULL ELSE {stripped} END"

    def parsed_whole(self, text: str) -> str:
        """A text of a sign and digits as BIGINT, NULL where it is too large."""
        return f"TRY_CAST({text} AS BIGINT)"

    def parsed_small(self, text: str) -> str:
        """A text of some digits as INTEGER."""
        return f"TRY_CAST({text} AS INT)"

    def finite(self, number: str) -> str:
        """Whether a DOUBLE is neither infinite nor NaN; Spark puts NaN above all numbers."""
        return f"(abs({number}) < double('infinity'))"

    def full_match(self, text: str, pattern: str) -> str:
        """Whether the pattern takes up the whole text."""
        flags = re.match(r"\(\?[a-z]+\)", pattern)
        head = flags.group() if flags else ""
        return (
            f"({text} RLIKE {self.literal(f'{head}^(?:{pattern[len(head) :]})' + chr(92) + 'z')})"
        )

    def search(self, text: str, pattern: str) -> str:
        """Whether the pattern occurs in the text."""
        return f"({text} RLIKE {self.literal(pattern)})"

    def replace_pattern(self, text: str, pattern: str, replacement: str) -> str:
        """Every occurrence of a pattern replaced by a plain text, not by Java's group signs."""
        plain = replacement.replace("\\", "\\\\").replace("$", "\\$")
        return f"regexp_replace({text}, {self.literal(pattern)}, {self.literal(plain)})"

    def groups(self, text: str, pattern: str, fields: Sequence[str], flags: str = "") -> str:
        """A struct of a pattern's groups; those that take no part are empty texts."""
        told = self.literal((f"(?{flags})" if flags else "") + pattern)
        listed = ", ".join(
            f"{self.literal(field)}, regexp_extract({text}, {told}, {place})"
            for place, field in enumerate(fields, 1)
        )
        return f"named_struct({listed})"

    def let(self, name: str, value: str, body: str) -> str:
        """``body``, in which ``name`` stands for ``value``, computed once."""
        return f"transform(array({value}), {name} -> {body})[0]"

    def strip(self, text: str, characters: str, side: str = "both") -> str:
        """The text without any of these characters at its ends."""
        where = {"both": "BOTH", "left": "LEADING", "right": "TRAILING"}[side]
        return f"trim({where} {self.literal(characters)} FROM {text})"

    def days(self, date: str) -> str:
        """Days since 1970-01-01 of a text year-month-day."""
        return f"unix_date(TRY_CAST({date} AS DATE))"

    def date_of(self, days: str) -> str:
        """The date so many days after 1970-01-01."""
        return f"date_from_unix_date(CAST({days} AS INT))"

    def low_half_of_md5(self, text: str) -> str:
        """The second half of a text's MD5 as DECIMAL(20, 0), least significant byte first."""
        digits = ", ".join(f"substr(md5_, {at}, 2)" for at in range(31, 16, -2))
        turned = f"CAST(conv(concat({digits}), 16, 10) AS DECIMAL(20, 0))"
        return self.let("md5_", f"md5({text})", turned)

    def md5(self, text: str) -> str:
        """The MD5 of a text, for telling texts apart."""
        return f"md5({text})"

    def pieces(self, text: str, separator: str) -> str:
        """A text's pieces between separators; Spark splits by a pattern."""
        return f"split({text}, {self.literal(re.escape(separator))}, -1)"

    def rest_of_pieces(self, text: str, separator: str, start: int) -> str:
        """The pieces from ``start`` on, joined again."""
        pieces = f"slice({self.pieces(text, separator)}, {start}, 1000000)"
        return f"array_join({pieces}, {self.literal(separator)})"

    def unit(self) -> str:
        """The character that joins cells to one text."""
        return "char(31)"

    def whole_part(self, number: str) -> str:
        """A DOUBLE below 1e15 in size without its fraction, as BIGINT."""
        return f"CAST({number} AS BIGINT)"

    def number_text(self, number: str) -> str:
        """A DOUBLE as text; Java 17 does not always find the shortest digits, Python does."""
        return f"number_text({number})"

    def order_statistic(self, number: str, share: str) -> str:
        """The value at a share of the values in order, an aggregate."""
        return f"percentile_disc({share}) WITHIN GROUP (ORDER BY {number})"


DUCKDB = Dialect()
SPARK = SparkDialect()
