"""The Liquid of worker templates: what a template says becomes the page of one task.

Page "Creating custom worker templates, step 2": tags, filters, and Ground Truth's own filters
`to_json`, `grant_read_access`, `skip_autoescape` and `escape_once`; values are escaped unless told
otherwise.
"""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

type Scope = dict[str, Any]

_PIECE = re.compile(r"(\{\{-?.*?-?\}\}|\{%-?.*?-?%\})", re.DOTALL)
_STRING = r"\"[^\"]*\"|'[^']*'"
_PART = re.compile(rf"({_STRING}|[^|]+)")
_PATH = re.compile(r"\[([^\]]+)\]|\.?([\w-]+)")
_OPERATORS = (" contains ", "==", "!=", ">=", "<=", ">", "<")
_ENTITY = re.compile(r"&(?!#?\w+;)")


class LiquidError(Exception):
    """A template cannot be filled."""


class _Safe(str):
    """Text that needs no escaping."""

    __slots__ = ()


def render(template: str, values: Scope, link: Callable[[str], str] = str) -> str:
    """Fill a template.

    Args:
        template: Liquid.
        values: What names stand for, for example `{"task": {"input": …}}`.
        link: Turns an S3 address into one that a browser can open (`grant_read_access`).

    Raises:
        LiquidError: When a tag is unknown or has no end.
    """
    pieces = [piece for piece in _PIECE.split(template) if piece]
    found, rest = _Reader(dict(values), link).block(pieces, 0, ())
    if rest != len(pieces):
        raise LiquidError(f"{pieces[rest]} has no beginning")
    return found


class _Reader:
    def __init__(self, scope: Scope, link: Callable[[str], str]) -> None:
        self._scope, self._link = scope, link

    def block(self, pieces: list[str], at: int, ends: tuple[str, ...]) -> tuple[str, int]:
        """Fill pieces up to one of the tags in `ends`; the text, and where that tag is."""
        text = []
        while at < len(pieces):
            piece = pieces[at]
            if piece.startswith("{{"):
                text.append(self._shown(piece.strip("{}").strip("-").strip()))
            elif piece.startswith("{%"):
                words = _tag(piece)
                if words[0] in ends:
                    return "".join(text), at
                filled, at = self._tagged(words, pieces, at)
                text.append(filled)
            else:
                text.append(piece)
            at += 1
        if ends:
            raise LiquidError(f"{{% {ends[-1]} %}} is missing")
        return "".join(text), at

    def _tagged(self, words: tuple[str, str], pieces: list[str], at: int) -> tuple[str, int]:
        name, rest = words
        if name in ("if", "unless"):
            return self._choice(pieces, at, rest, wanted=name == "if")
        if name == "for":
            return self._loop(pieces, at, rest)
        if name == "assign":
            target, _, value = rest.partition("=")
            self._scope[target.strip()] = self._filtered(value)
            return "", at
        if name in ("comment", "raw"):
            end = _end(pieces, at, f"end{name}")
            return ("" if name == "comment" else "".join(pieces[at + 1 : end])), end
        raise LiquidError(f"The tag {name} is not known")

    def _choice(
        self, pieces: list[str], at: int, condition: str, *, wanted: bool
    ) -> tuple[str, int]:
        end_tag = "endif" if wanted else "endunless"
        chosen, decided = "", False
        name = "if"
        while name != end_tag:
            holds = name == "else" or self._holds(condition) == wanted
            filled, at = self.block(pieces, at + 1, ("elsif", "else", end_tag))
            if holds and not decided:
                chosen, decided = filled, True
            name, condition = _tag(pieces[at])
            wanted = wanted or name == "elsif"
        return chosen, at

    def _loop(self, pieces: list[str], at: int, rest: str) -> tuple[str, int]:
        match = re.match(r"([\w-]+)\s+in\s+(.+)$", rest, re.DOTALL)
        if match is None:
            raise LiquidError(f"for {rest} cannot be read")
        items = self._filtered(match[2])
        items = list(items) if isinstance(items, list | dict | str) else []
        outer, text, end = self._scope, [], at
        for position, item in enumerate(items):
            loop = {
                "index": position + 1,
                "index0": position,
                "first": not position,
                "last": position == len(items) - 1,
            }
            self._scope = outer | {match[1]: item, "forloop": loop}
            filled, end = self.block(pieces, at + 1, ("endfor",))
            text.append(filled)
        self._scope = outer
        if not items:
            end = _end(pieces, at, "endfor", again="for")
        return "".join(text), end

    def _holds(self, condition: str) -> bool:
        if " or " in condition:
            return any(self._holds(part) for part in condition.split(" or "))
        if " and " in condition:
            return all(self._holds(part) for part in condition.split(" and "))
        for operator in _OPERATORS:
            left, found, right = condition.partition(operator)
            if found:
                return _compared(self._filtered(left), operator.strip(), self._filtered(right))
        value = self._filtered(condition)
        return value is not None and value is not False

    def _shown(self, expression: str) -> str:
        value = self._filtered(expression)
        if isinstance(value, _Safe):
            return str(value)
        return html.escape(_text(value))

    def _filtered(self, expression: str) -> Any:
        parts = [part.strip() for part in _PART.findall(expression) if part.strip()]
        first, *filters = _joined(parts)
        value = self._value(first)
        for entry in filters:
            name, _, given = entry.partition(":")
            arguments = [self._value(word.strip()) for word in given.split(",") if word.strip()]
            value = self._apply(name.strip(), value, arguments)
        return value

    def _apply(self, name: str, value: Any, arguments: list[Any]) -> Any:
        if name == "grant_read_access":
            return self._link(_text(value))
        if name == "default":
            return value if value not in (None, False, "") else arguments[0]
        if name not in _FILTERS:
            raise LiquidError(f"The filter {name} is not known")
        return _FILTERS[name](value, *arguments)

    def _value(self, word: str) -> Any:
        if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'":
            return word[1:-1]
        if word in ("true", "false", "nil", "null", "blank"):
            return {"true": True, "false": False}.get(word)
        if re.fullmatch(r"-?\d+(\.\d+)?", word):
            return float(word) if "." in word else int(word)
        found: Any = self._scope
        for indexed, name in _PATH.findall(word):
            found = _inside(found, self._value(indexed) if indexed else name)
        return found


def _joined(parts: list[str]) -> list[str]:
    """Undo cuts inside of a filter's argument: a quoted text is a part of what came before."""
    joined: list[str] = []
    for part in parts:
        if joined and part[0] in "\"'" and joined[-1].rstrip().endswith((":", ",", "=")):
            joined[-1] += part
        else:
            joined.append(part)
    return joined or [""]


def _inside(value: Any, key: Any) -> Any:
    if isinstance(value, dict):
        return value.get(key, len(value) if key == "size" else None)
    if isinstance(value, list):
        if isinstance(key, int) or str(key).isdigit():
            return value[int(key)] if int(key) < len(value) else None
        ends = {"size": len(value), "first": value[:1], "last": value[-1:]}.get(str(key))
        return ends[0] if isinstance(ends, list) and ends else ends or None
    if isinstance(value, str) and key == "size":
        return len(value)
    return None


def _compared(left: Any, operator: str, right: Any) -> bool:
    if operator == "contains":
        return isinstance(left, str | list) and right in left
    if operator in ("==", "!="):
        return bool((left == right) == (operator == "=="))
    try:
        return bool(
            {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right}[
                operator
            ]
        )
    except TypeError:
        return False


def _tag(piece: str) -> tuple[str, str]:
    words = piece[2:-2].strip("-").strip().split(None, 1)
    if not words:
        raise LiquidError("A tag is empty")
    return words[0], words[1] if len(words) > 1 else ""


def _end(pieces: list[str], at: int, name: str, again: str = "") -> int:
    depth = 0
    for place in range(at + 1, len(pieces)):
        if pieces[place].startswith("{%"):
            tag = _tag(pieces[place])[0]
            if tag == name and not depth:
                return place
            depth += (tag == again) - (tag == name)
    raise LiquidError(f"{{% {name} %}} is missing")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_FILTERS: dict[str, Callable[..., Any]] = {
    "to_json": lambda value: json.dumps(value, ensure_ascii=False),
    "skip_autoescape": lambda value: _Safe(_text(value)),
    "escape": lambda value: _Safe(html.escape(_text(value))),
    "escape_once": lambda value: _Safe(
        html.escape(html.unescape(_text(value)))
        if not _ENTITY.search(_text(value))
        else _ENTITY.sub("&amp;", _text(value)).replace("<", "&lt;").replace(">", "&gt;")
    ),
    "upcase": lambda value: _text(value).upper(),
    "downcase": lambda value: _text(value).lower(),
    "capitalize": lambda value: _text(value).capitalize(),
    "strip": lambda value: _text(value).strip(),
    "size": lambda value: len(value) if isinstance(value, list | str | dict) else 0,
    "first": lambda value: value[0] if value else None,
    "last": lambda value: value[-1] if value else None,
    "join": lambda value, glue=" ": glue.join(_text(item) for item in value or []),
    "split": lambda value, cut: _text(value).split(cut),
    "replace": lambda value, old, new="": _text(value).replace(old, new),
    "append": lambda value, more: _text(value) + more,
    "prepend": lambda value, before: before + _text(value),
    "truncate": lambda value, length=50: (
        _text(value) if len(_text(value)) <= length else _text(value)[: length - 3] + "..."
    ),
}
