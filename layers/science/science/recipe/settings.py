"""What every step of a recipe has, and how its settings say what they accept."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Optional

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_NAMES = 10_000
LONGEST_TEXT = 1024


def setting(
    accepts: str,
    default: Any = None,
    *,
    required: bool = False,
    choices: Sequence[str] = (),
    low: Optional[float] = None,
    high: Optional[float] = None,
) -> Any:
    """A field of a step.

    Args:
        accepts: ``text``, ``number``, ``whole``, ``switch``, ``scalar`` (text, number or switch),
            ``choice``, ``choices``, ``column``, ``columns``, ``names`` (texts by text),
            ``readings`` (how columns are read, by column).
        default: its value where it is left out.
        required: whether it must be given.
        choices: the texts that ``choice`` and ``choices`` accept.
        low: the least number.
        high: the greatest number.
    """
    about = {"accepts": accepts, "required": required, "choices": tuple(choices)}
    return field(default=default, metadata={**about, "low": low, "high": high})


def some_columns() -> Any:
    """Columns; none means all that suit the step."""
    return setting("columns", ())


@dataclass(frozen=True)
class Step:
    """What every step has.

    Attributes:
        why: why it is done, a sentence for people.
        fitted: what it found in the training rows; ``None`` until then.
    """

    kind: ClassVar[str] = ""
    cellwise: ClassVar[bool] = True
    learns: ClassVar[bool] = False

    why: str = ""
    fitted: Optional[Mapping[str, Any]] = None

    @property
    def settings(self) -> dict[str, Any]:
        """All but ``why`` and ``fitted``, as plain JSON."""
        return {key: plain(getattr(self, key)) for key in settings_of(type(self))}

    @property
    def touched(self) -> list[str]:
        """The columns it names."""
        told = getattr(self, "columns", ()) or [getattr(self, "column", None)]
        return [each for each in told if each]


def plain(value: Any) -> Any:
    """A setting as JSON has it: tuples are lists."""
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    return {key: plain(each) for key, each in value.items()} if isinstance(value, dict) else value


def settings_of(kind: type[Step]) -> dict[str, Mapping[str, Any]]:
    """What each setting of a kind of step accepts."""
    common = {"why", "fitted"}
    return {each.name: each.metadata for each in fields(kind) if each.name not in common}
