"""Steps that change cells and columns, and learn nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Mapping, Optional

from science.recipe.settings import Step, setting, some_columns


@dataclass(frozen=True)
class Trim(Step):
    """Characters around cells go: blanks, unless others are named."""

    kind: ClassVar[str] = "trim"
    columns: tuple[str, ...] = some_columns()
    characters: str = setting("text", "")
    side: str = setting("choice", "both", choices=("both", "left", "right"))


@dataclass(frozen=True)
class UnifyMissing(Step):
    """Blanks around cells go; all spellings of a missing cell (``science.values``) become none."""

    kind: ClassVar[str] = "unify_missing"
    columns: tuple[str, ...] = some_columns()
    spellings: tuple[str, ...] = setting("columns", ())


@dataclass(frozen=True)
class NormaliseText(Step):
    """One spelling for what reads the same: Unicode form, case, accents, blanks, punctuation."""

    kind: ClassVar[str] = "normalise_text"
    columns: tuple[str, ...] = some_columns()
    form: str = setting("choice", "NFKC", choices=("NFKC", "NFC", "keep"))
    case: str = setting("choice", "lower", choices=("lower", "upper", "title", "keep"))
    accents: str = setting("choice", "keep", choices=("keep", "strip"))
    spaces: str = setting("choice", "collapse", choices=("collapse", "remove", "keep"))
    punctuation: str = setting("choice", "keep", choices=("keep", "remove"))


@dataclass(frozen=True)
class Tokenise(Step):
    """A text becomes its words, lower case, with one blank between (``science.texts``)."""

    kind: ClassVar[str] = "tokenise"
    columns: tuple[str, ...] = some_columns()


@dataclass(frozen=True)
class FindReplace(Step):
    """One text in the place of another: of a part of the cell, the whole cell, or a pattern.

    Patterns keep to what RE2, Java and Python read alike (``science.recipe.patterns``).
    """

    kind: ClassVar[str] = "find_replace"
    columns: tuple[str, ...] = some_columns()
    find: str = setting("text", "", required=True)
    replace: str = setting("text", "")
    match: str = setting("choice", "part", choices=("part", "whole", "pattern"))


@dataclass(frozen=True)
class FormatText(Step):
    """A cell is cut to characters from ``start``, padded to ``width``, then put between texts."""

    kind: ClassVar[str] = "format_text"
    columns: tuple[str, ...] = setting("columns", (), required=True)
    start: int = setting("whole", 0, low=0, high=10_000)
    length: Optional[int] = setting("whole", None, low=0, high=10_000)
    width: int = setting("whole", 0, low=0, high=1000)
    fill: str = setting("text", " ")
    align: str = setting("choice", "left", choices=("left", "right", "center"))
    prefix: str = setting("text", "")
    suffix: str = setting("text", "")


READ_AS = ("number", "date")


@dataclass(frozen=True)
class ParseTypes(Step):
    """Texts are read as numbers, or as dates (seconds since 1970); what cannot be read is missing.

    ``columns`` has for each column ``as``, and where it applies ``decimal`` (the mark of written
    numbers), ``formats`` (names of ``science.dates.PATTERNS``) and ``sure`` (all are plain
    numbers, so that no check is needed).
    """

    kind: ClassVar[str] = "parse_types"
    columns: Mapping[str, Mapping[str, Any]] = setting("readings", None, required=True)


@dataclass(frozen=True)
class Cast(Step):
    """Cells of one type as another; what has no such value is missing. Dates are read as texts."""

    kind: ClassVar[str] = "cast"
    columns: tuple[str, ...] = setting("columns", (), required=True)
    to: str = setting(
        "choice", "number", required=True, choices=("text", "number", "whole", "boolean", "date")
    )


@dataclass(frozen=True)
class MissingIndicator(Step):
    """A column beside each, 1 where the cell is missing, else 0."""

    kind: ClassVar[str] = "missing_indicator"
    columns: tuple[str, ...] = setting("columns", (), required=True)
    suffix: str = setting("text", "_missing")


DATE_PARTS = ("year", "month", "day", "weekday", "day_of_year", "hour", "minute_of_day")


@dataclass(frozen=True)
class DateParts(Step):
    """Columns of a date's parts (Monday is 0), named ``<column>_<part>``."""

    kind: ClassVar[str] = "date_parts"
    columns: tuple[str, ...] = setting("columns", (), required=True)
    parts: tuple[str, ...] = setting("choices", ("year", "month", "day"), choices=DATE_PARTS)


@dataclass(frozen=True)
class SplitText(Step):
    """A text's pieces between separators go to columns of their own, the rest with the last."""

    kind: ClassVar[str] = "split_text"
    column: str = setting("column", "", required=True)
    separator: str = setting("text", "", required=True)
    into: tuple[str, ...] = setting("columns", (), required=True)


@dataclass(frozen=True)
class Concatenate(Step):
    """Cells that are not missing, joined into a new column."""

    kind: ClassVar[str] = "concatenate"
    columns: tuple[str, ...] = setting("columns", (), required=True)
    separator: str = setting("text", " ")
    into: str = setting("column", "", required=True)


@dataclass(frozen=True)
class Rename(Step):
    """Columns by another name: ``names`` has the new one by the old."""

    kind: ClassVar[str] = "rename"
    names: Mapping[str, str] = setting("names", None, required=True)


@dataclass(frozen=True)
class DuplicateColumn(Step):
    """A column once more, by another name."""

    kind: ClassVar[str] = "duplicate_column"
    column: str = setting("column", "", required=True)
    into: str = setting("column", "", required=True)


@dataclass(frozen=True)
class LeaveOut(Step):
    """Columns that go."""

    kind: ClassVar[str] = "leave_out"
    columns: tuple[str, ...] = setting("columns", (), required=True)


@dataclass(frozen=True)
class Arrange(Step):
    """The columns in this order first; all others stay behind them."""

    kind: ClassVar[str] = "arrange"
    columns: tuple[str, ...] = setting("columns", (), required=True)


@dataclass(frozen=True)
class DecodeImage(Step):
    """Pictures are decoded, turned upright by their EXIF orientation, and brought to one size.

    It is carried out where pictures become numbers (``science.images.features``), by this very
    size, in training as in the endpoint: a database passes the column on.
    """

    kind: ClassVar[str] = "decode_image"
    column: str = setting("column", "", required=True)
    width: int = setting("whole", 64, low=8, high=1024)
    height: int = setting("whole", 64, low=8, high=1024)
