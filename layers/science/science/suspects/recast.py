"""A measure as its column's others are written: the part in the usual form, or the date anew."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable, NamedTuple

from science.dates import MONTHS, PATTERNS
from science.suspects.rewriting import parts_of
from science.suspects.shapes import short_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DATES = ("ymd", "mdy", "dmy", "d month y", "month d y")
MOST_PARTS = 20

_COMPILED = {name: re.compile(PATTERNS[name]) for name in DATES}


class Spelling(NamedTuple):
    """How a column writes dates: the pattern, one that stands for all, and 05 or 5 for May."""

    pattern: str
    example: str
    padded: bool


def recast(
    usual: str, examples: Sequence[str], others: Iterable[str]
) -> Callable[[str], str | None]:
    """What makes the usual form of other texts; it gives None where it cannot tell.

    Args:
        usual: the usual form (``short_shape``).
        examples: texts of that form.
        others: texts of all forms, which tell whether days or months come first.
    """
    spelling = spelling_of(examples)
    order = "dmy" if _days_first(others) else "mdy"

    def made(text: str) -> str | None:
        inside = _inside(text, usual)
        if inside or spelling is None:
            return inside
        return _redated(text, spelling, order)

    return made


def spelling_of(examples: Sequence[str]) -> Spelling | None:
    """The one spelling of dates that fits all examples."""
    fitting = [
        name for name in DATES if all(_COMPILED[name].fullmatch(each.lower()) for each in examples)
    ]
    plausible = [name for name in fitting if all(_parts(each, name) for each in examples)]
    if not examples or not plausible:
        return None
    shown = [_COMPILED[plausible[0]].fullmatch(each.lower()) for each in examples]
    times = {each.string[max(each.end(key) for key in "ymd") :] for each in shown if each}
    padded = all(len(each[key]) > 1 for each in shown if each for key in "md")
    return Spelling(plausible[0], examples[0], padded) if len(times) == 1 else None


def _parts(text: str, pattern: str) -> dict[str, str] | None:
    """Year, month (a number) and day of a date; None if it is none by this pattern."""
    found = _COMPILED[pattern].fullmatch(text.lower())
    if not found:
        return None
    parts = {key: found[key] for key in "ymd"}
    if not parts["m"].isdigit():
        short = parts["m"][:3]
        parts["m"] = str(MONTHS.index(short) + 1) if short in MONTHS else "0"
    good = 1 <= int(parts["m"]) <= 12 and 1 <= int(parts["d"]) <= 31
    return parts if good else None


def _days_first(texts: Iterable[str]) -> bool:
    """Whether some date of digits can only have its day first."""
    return any(_parts(text, "dmy") and not _parts(text, "mdy") for text in texts)


def _redated(text: str, spelling: Spelling, order: str) -> str | None:
    patterns = [name for name in DATES if name not in {"mdy", "dmy"}] + [order]
    parts = next((found for name in patterns if (found := _parts(text, name))), None)
    shown = _COMPILED[spelling.pattern].fullmatch(spelling.example.lower())
    if not parts or not shown:
        return None
    century = "19" if parts["y"] >= "69" else "20"
    parts["y"] = century + parts["y"] if len(parts["y"]) == 2 else parts["y"]
    made = spelling.example
    for key in sorted("ymd", key=lambda key: -shown.start(key)):
        start, end = shown.span(key)
        made = (
            made[:start] + _like(made[start:end], parts[key], padded=spelling.padded) + made[end:]
        )
    return made


def _like(shown: str, value: str, *, padded: bool) -> str:
    """A part of a date as the example shows it."""
    if len(value) == 4:
        return value[-len(shown) :]
    if not shown.isdigit():
        name = MONTHS[int(value) - 1]
        return name.upper() if shown.isupper() else name.title() if shown[0].isupper() else name
    return value.lstrip("0").zfill(2 if padded else 1)


def _inside(text: str, usual: str) -> str | None:
    """The longest part of a text that has the usual form, if it is the only one as long."""
    parts = parts_of(text)
    if len(parts) > MOST_PARTS:
        return None
    found = {
        "".join(parts[start:end])
        for start in range(len(parts))
        for end in range(start + 1, len(parts) + 1)
        if end - start < len(parts)
    }
    fitting = sorted((each for each in found if short_shape(each) == usual), key=len)
    alone = fitting and (len(fitting) == 1 or len(fitting[-1]) > len(fitting[-2]))
    return fitting[-1] if alone else None
