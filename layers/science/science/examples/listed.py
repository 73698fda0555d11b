"""Examples that a list names: an augmented manifest, or a table with a column of paths."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Iterator, Optional, Sequence

from science.examples.wanted import IMAGE, TEXT, content_of
from science.readers.unreadable import UnreadableFile
from science.values import text_of

if TYPE_CHECKING:
    from pathlib import Path

REFERENCE, SOURCE = "source-ref", "source"
"""An augmented manifest names an object by the one, or holds a text in the other (SageMaker
Developer Guide, "Use augmented manifest files")."""

PATH_COLUMNS = (
    "image", "image_path", "path", "file", "filename", "file_name", "image_file", "source-ref",
)  # fmt: skip
LONGEST_LINE = 1_000_000
MOST_LINES = 200_000


@dataclass(frozen=True)
class Listed:
    """One line of a list.

    Attributes:
        line: its number, from 1.
        reference: the address or path of the example, None where the list holds the text itself.
        text: that text.
        cells: other columns, the target among them.
        fault: why the line cannot be used.
    """

    line: int
    reference: Optional[str] = None
    text: Optional[str] = None
    cells: dict[str, Any] = field(default_factory=dict)
    fault: str = ""


def manifest(path: Path, target: str) -> Iterator[Listed]:
    """The lines of an augmented manifest.

    The label is the attribute named as the target, else the only one that has metadata. Its class
    is the metadata's ``class-name``, else the value itself.

    Raises:
        UnreadableFile: it is no text, or far too long.
    """
    with path.open("rb") as file:
        for number, raw in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), 1):
            if len(raw) > LONGEST_LINE or number > MOST_LINES:
                reason = f"A line is longer than {LONGEST_LINE:,} bytes, or there are too many."
                raise UnreadableFile(reason, "Bring it in several manifests.", number)
            if raw.strip():
                yield _line(number, raw, target)


def _line(number: int, raw: bytes, target: str) -> Listed:
    try:
        record = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return Listed(number, fault="The line is not JSON.")
    if not isinstance(record, dict):
        return Listed(number, fault="The line is no JSON object.")
    reference, text = record.get(REFERENCE), record.get(SOURCE)
    if not isinstance(reference, str) and not isinstance(text, str):
        return Listed(number, fault=f"The line has neither {REFERENCE!r} nor {SOURCE!r}.")
    label = _label(record, target)
    if label is None:
        return Listed(number, fault=f"The line has no label {target!r}.")
    cells = {target: label}
    if isinstance(reference, str):
        return Listed(number, reference=reference, cells=cells)
    return Listed(number, text=str(text), cells=cells)


def _label(record: dict[str, Any], target: str) -> Optional[str]:
    name = target if target in record else None
    if name is None:
        named = [key for key in record if f"{key}-metadata" in record]
        name = named[0] if len(named) == 1 else None
    if name is None:
        return None
    metadata = record.get(f"{name}-metadata")
    told = metadata.get("class-name") if isinstance(metadata, dict) else None
    return text_of(told if told is not None else record[name])


def content(listed: Listed, only: Optional[str]) -> str:
    """What a line's example is, ``image`` or ``text``."""
    if listed.reference is None:
        return TEXT
    return only or content_of(listed.reference) or IMAGE


def path_column(names: Sequence[str], first: dict[str, Any]) -> Optional[str]:
    """The column of a table that names pictures: known by its name, or by its first cell's ending.

    None where there is none; then the table is taken as it is.
    """

    def names_a_picture(name: str) -> bool:
        cell = text_of(first.get(name))
        return cell is not None and len(cell) < 2048 and content_of(cell) == IMAGE

    known = [name for name in names if name.lower() in PATH_COLUMNS and names_a_picture(name)]
    others = [name for name in names if names_a_picture(name)]
    return next(iter([*known, *others]), None)


def address(reference: str, home: str) -> str:
    """The s3:// address of a reference: itself, or a path below ``home``.

    Raises:
        UnreadableFile: the path leads out of there.
    """
    if reference.startswith("s3://"):
        return reference
    path = PurePosixPath(reference.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise UnreadableFile("Its path leads elsewhere.", f"Write it relative to {home}.")
    return f"{home.rstrip('/')}/{path}"
