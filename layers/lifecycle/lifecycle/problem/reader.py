"""YAML read for people: each value as the text that was written, each with its line.

The text is YAML 1.2 in the ways that matter here: a key ``on:`` and the values ``Yes`` and ``No``
stay text, and only ``null``, ``~`` and nothing at all mean "left out". Whether ``10`` is a number
or ``true`` a switch is decided by the key it stands under (``values``), so that a column may be
called ``10`` or ``true`` and a class ``Yes`` without quotes.

What could cost more than it is worth is refused: aliases (the "billion laughs"), tags, documents
deeper or larger than any problem is, and keys that are given twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from lifecycle.errors import ProblemFaultsError
from lifecycle.events import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

type Value = str | list[Value] | dict[str, Value] | None
type Path = tuple[str | int, ...]

LARGEST_BYTES = 256 * 1024
LONGEST_KEY = 64
DEEPEST = 12
LEFT_OUT = frozenset({"", "~", "null", "Null", "NULL"})
SYNTAX_CURE = (
    "Indent with spaces, keep items of one mapping in line, and quote text that has : or #."
)


@dataclass(slots=True)
class Tree:
    """A document: plain dicts, lists and texts, and where each of them stands.

    Attributes:
        root: the document; keys whose value is left out (null) are not in it.
        lines: the line, counted from 1, of every key and item by its path.
        faults: what is wrong with the text itself.
    """

    root: dict[str, Value] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of a path, or of the nearest thing around it that was written."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(text: bytes) -> Tree:
    """Read a problem.yaml.

    Raises:
        ProblemFaultsError: it is no YAML mapping at all, so that nothing more can be said of it.
    """
    source = _decoded(text)
    try:
        return _Reader(yaml.parse(source, Loader=yaml.SafeLoader)).document()
    except yaml.reader.ReaderError as error:
        line = source.count("\n", 0, error.position) + 1
        code = f"U+{ord(source[error.position]):04X}"
        raise _refused(f"the character {code} cannot stand in YAML", line) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = ", ".join(part for part in (error.context, error.problem) if part)
        line = mark.line + 1 if mark else 1
        raise _refused(f"this is no YAML: {words}", line, SYNTAX_CURE) from error


def _line(event: yaml.Event) -> int:
    """The line an event begins in, counted from 1."""
    return event.start_mark.line + 1 if event.start_mark else 1


def show(path: Path) -> str:
    """A path as people write it: ``tune.jobs``, ``alerts[0]``."""
    shown = ""
    for part in path:
        shown += f"[{part}]" if isinstance(part, int) else f".{part}" if shown else part
    return shown


def _refused(message: str, line: int, cure: str = "", path: str = "") -> ProblemFaultsError:
    return ProblemFaultsError([Fault(path=path, message=message, line=line, cure=cure)])


def _decoded(text: bytes) -> str:
    """The text, whatever of UTF-8 and UTF-16 it is in, with or without a byte order mark."""
    if len(text) > LARGEST_BYTES:
        message = f"the file has {len(text)} bytes and may have {LARGEST_BYTES}"
        raise _refused(message, 1, "A problem is described in a page; move data under data/.")
    wide = text.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return text.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise _refused("the text is not UTF-8", line, "Save the file as UTF-8.") from error


class _Reader:
    """Builds a tree out of PyYAML's events, which come as they are needed and never recurse."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._tree = Tree()

    def document(self) -> Tree:
        """Read the one document there is."""
        next(self._events)  # the stream's start
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            raise _refused("the file is empty", 1, "Write at least name: and target:.")
        first = next(self._events)
        if not isinstance(first, yaml.MappingStartEvent):
            cure = "Write keys and values, at least name: and target:."
            raise _refused("the file holds no keys", _line(first), cure)
        self._tree.root = self._mapping((), first)
        next(self._events)  # the document's end
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            cure = "Give each problem a folder and a problem.yaml of its own."
            raise _refused("a second document starts here", _line(after), cure)
        return self._tree

    def _fault(self, path: Path, event: yaml.Event, message: str, cure: str) -> None:
        line = _line(event)
        self._tree.faults.append(Fault(path=show(path), message=message, line=line, cure=cure))

    def _value(self, path: Path, event: yaml.Event) -> Value:
        if isinstance(event, yaml.AliasEvent):
            self._fault(path, event, f"the alias *{event.anchor} is refused", "Write it out.")
            return None
        tag = getattr(event, "tag", None)
        if tag not in {None, "!"}:
            self._fault(path, event, f"the tag {tag} is refused", "Leave the tag out.")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path, event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path, event)
        return self._text(event)

    @staticmethod
    def _text(event: yaml.Event) -> str | None:
        assert isinstance(event, yaml.ScalarEvent)
        left_out = event.style is None and event.value in LEFT_OUT
        return None if left_out else event.value

    def _deep(self, path: Path, event: yaml.Event) -> None:
        if len(path) > DEEPEST:
            message = f"the document is nested more than {DEEPEST} levels deep"
            raise _refused(message, _line(event), "No key needs that.", show(path[:3]))

    def _sequence(self, path: Path, start: yaml.Event) -> list[Value]:
        self._deep(path, start)
        items: list[Value] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            here = (*path, len(items))
            self._tree.lines[here] = _line(event)
            items.append(self._value(here, event))
        return items

    def _mapping(self, path: Path, start: yaml.Event) -> dict[str, Value]:
        self._deep(path, start)
        found: dict[str, Value] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or len(event.value) > LONGEST_KEY:
                message = f"a key is no plain text of up to {LONGEST_KEY} characters"
                self._fault(path, event, message, "Write key: value.")
                aside = (*path, _line(event))
                self._value(aside, event)
                self._value(aside, next(self._events))
                continue
            here = (*path, event.value)
            earlier = self._tree.lines.get(here)
            if earlier:
                message = f"the key is given twice, first in line {earlier}"
                self._fault(here, event, message, "Keep one of the two.")
                self._value((*here, _line(event)), next(self._events))
                continue
            self._tree.lines[here] = _line(event)
            value = self._value(here, next(self._events))
            if value is not None:
                found[event.value] = value
        return found
