"""Crowd elements as plain HTML forms, and a sent form as the answer that the elements give.

Page "Crowd HTML Elements Reference". A field's name says what its value is: `label:<name>`,
`labels:<name>`, `value:<name>`, `number:<name>`, `flag:<name>:<value>` (of a box to tick),
`option:<name>:<value>` and `chosen:<name>` (of buttons of which one is pressed), `json:<name>`.
Boxes are drawn and entities marked with a script of the portal's; other elements that draw on a
picture ask for their answer as JSON.
"""

from __future__ import annotations

import ast
import html
import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

type Document = dict[str, Any]
type Attributes = dict[str, str]

VOID = frozenset({"img", "br", "hr", "input", "meta", "link", "source", "wbr", "col"})
_CHOICES = {"crowd-classifier": "radio", "crowd-image-classifier": "radio"}
_SELECTS = frozenset({"crowd-classifier-multi-select", "crowd-image-classifier-multi-select"})
_AS_JSON: dict[str, Document] = {
    "crowd-bounding-box": {"boundingBoxes": []},
    "crowd-entity-annotation": {"entities": []},
    "crowd-polygon": {"polygons": []},
    "crowd-polyline": {"polylines": []},
    "crowd-line": {"lines": []},
    "crowd-keypoint": {"keypoints": []},
    "crowd-semantic-segmentation": {},
    "crowd-instance-segmentation": {},
}
#: Elements that are drawn or marked with the page's own script, and how.
DRAWN = {
    "crowd-bounding-box": "Choose a label and draw a box around each object.",
    "crowd-entity-annotation": "Choose a label and select a part of the text.",
}
_PLAIN = {
    "crowd-instructions": "section",
    "crowd-card": "section",
    "crowd-tabs": "div",
    "crowd-tab": "section",
    "crowd-alert": "aside",
    "crowd-toast": "aside",
    "crowd-modal": "aside",
    "crowd-badge": "span",
    "crowd-radio-group": "fieldset",
    "short-instructions": "section",
    "full-instructions": "section",
    "short-summary": "section",
    "detailed-instructions": "section",
    "positive-example": "section",
    "negative-example": "section",
    "classification-target": "blockquote",
}
_DROPPED = frozenset({"script", "crowd-form", "form", "crowd-button", "crowd-icon-button"})
_TITLES = {
    "short-instructions": "Instructions",
    "full-instructions": "Full instructions",
    "positive-example": "Good example",
    "negative-example": "Bad example",
}


def to_forms(page: str) -> str:
    """A filled template with every crowd element turned into plain form fields."""
    parser = _Forms()
    parser.feed(page)
    parser.close()
    return "".join(parser.out)


def to_answer(fields: Mapping[str, list[str]]) -> Document:
    """The answer of a sent form: what the crowd elements would have given.

    Raises:
        ValueError: When a field that asks for JSON holds none.
    """
    answer: Document = {}
    for field, values in fields.items():
        kind, _, name = field.partition(":")
        if kind in ("flag", "option"):
            name, _, value = name.rpartition(":")
            answer.setdefault(name, {})[value] = kind == "flag" and values[-1] == "true"
        elif kind == "chosen":
            answer.setdefault(name, {})
        elif not name and not field.startswith("_"):
            answer[field] = values[-1]  # a field of plain HTML
        elif name:
            answer[name] = _READERS.get(kind, _last)(values)
    for field, values in fields.items():
        kind, _, name = field.partition(":")
        if kind == "chosen":
            answer[name][values[-1]] = True
    return answer


def _last(values: list[str]) -> Any:
    return values[-1]


_READERS: dict[str, Callable[[list[str]], Any]] = {
    "label": lambda values: {"label": values[-1]},
    "labels": lambda values: {"labels": [value for value in values if value]},
    "number": lambda values: float(values[-1]),
    "json": lambda values: json.loads(values[-1]),
}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._open: list[tuple[str, str]] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._silent:
            return
        given = {name: value if value is not None else "" for name, value in attrs}
        if tag == "script":
            self._silent = tag
        elif tag in _DROPPED:
            self._open.append((tag, ""))
        elif tag.startswith("crowd-") or tag in _PLAIN:
            start, end = _element(tag, given)
            self.out.append(start)
            self._open.append((tag, end))
        else:
            self.out.append(self.get_starttag_text() or "")
            if tag not in VOID:
                self._open.append((tag, f"</{tag}>"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            self._silent = "" if tag == self._silent else self._silent
            return
        if tag in [name for name, _ in self._open]:
            while True:
                name, end = self._open.pop()
                self.out.append(end)
                if name == tag:
                    return

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def close(self) -> None:
        super().close()
        while self._open:
            self.out.append(self._open.pop()[1])


def _element(tag: str, given: Attributes) -> tuple[str, str]:
    """What stands before and after an element's content."""
    name = given.get("name", tag)
    if tag in _CHOICES:
        return _classifier(given, "radio", f"label:{name}", "")
    if tag in _SELECTS:
        exclusive = given.get("exclusion-category")
        hidden = f'<input type="hidden" name="labels:{_quoted(name)}" value="">'
        return _classifier(given, "checkbox", f"labels:{name}", hidden, exclusive)
    if tag in _AS_JSON:
        return _as_json(tag, name, given)
    if tag in _PLAIN:
        kind = _PLAIN[tag]
        title = given.get("header") or given.get("title") or _TITLES.get(tag, "")
        shown = f"<h3>{html.escape(title)}</h3>" if title else ""
        folded = tag in ("full-instructions", "detailed-instructions")
        if folded:
            return f"<details><summary>{title}</summary>", "</details>"
        return f'<{kind} class="{tag}">{shown}', f"</{kind}>"
    return _field(tag, name, given)


def _classifier(
    given: Attributes, kind: str, field: str, hidden: str, exclusive: str | None = None
) -> tuple[str, str]:
    header = f"<h2>{html.escape(given.get('header', ''))}</h2>" if given.get("header") else ""
    image = f'<img class="target" src="{_quoted(given["src"])}" alt="">' if "src" in given else ""
    categories = categories_of(given.get("categories", "")) + ([exclusive] if exclusive else [])
    required = " required" if kind == "radio" else ""
    options = "".join(
        f'<label class="choice"><input type="{kind}" name="{_quoted(field)}" '
        f'value="{_quoted(category)}"{required}><span>{html.escape(category)}</span></label>'
        for category in categories
    )
    return (
        f'<div class="classifier">{header}{image}',
        f'{hidden}<fieldset class="choices">{options}</fieldset></div>',
    )


def _as_json(tag: str, name: str, given: Attributes) -> tuple[str, str]:
    header = f"<h2>{html.escape(given.get('header', ''))}</h2>" if given.get("header") else ""
    labels = categories_of(given.get("labels", ""))
    target = ""
    if "src" in given:
        target = f'<img class="target" src="{_quoted(given["src"])}" alt="" draggable="false">'
    elif "text" in given:
        target = f'<blockquote class="target">{html.escape(given["text"])}</blockquote>'
    start = given.get("initial-value") or json.dumps(_AS_JSON[tag])
    field = f'name="json:{_quoted(name)}"'
    if tag in DRAWN and labels:
        choices = "".join(
            f'<label class="choice"><input type="radio" name="_label" value="{_quoted(label)}"'
            f"{' checked' if not at else ''}><span>{html.escape(label)}</span></label>"
            for at, label in enumerate(labels)
        )
        area = (
            f'<input type="hidden" {field} value="{_quoted(start)}">'
            f'<p class="hint">{DRAWN[tag]}</p><ol class="marks"></ol>'
        )
        before = f'<div class="draw {tag}">{header}<fieldset class="labels">{choices}</fieldset>'
        return f'{before}<div class="stage">{target}</div>', f"{area}</div>"
    known = f'<p class="hint">Labels: {html.escape(", ".join(labels))}</p>' if labels else ""
    area = (
        f'<label class="field">The answer, as JSON<textarea {field} rows="6">'
        f"{html.escape(start)}</textarea></label>"
    )
    return f"<div>{header}{target}{known}", f"{area}</div>"


def _field(tag: str, name: str, given: Attributes) -> tuple[str, str]:
    label = html.escape(given.get("label") or given.get("placeholder") or "")
    required = " required" if "required" in given else ""
    value = _quoted(given.get("value", ""))
    if tag in ("crowd-text-area", "crowd-text"):
        area = f'<textarea name="value:{_quoted(name)}" rows="{given.get("rows", "4")}"{required}>'
        return f'<label class="field">{label}{area}{value}</textarea></label>', ""
    if tag == "crowd-input":
        kind = _quoted(given.get("type", "text"))
        field = f'<input type="{kind}" name="value:{_quoted(name)}" value="{value}"{required}>'
        return f'<label class="field">{label}{field}</label>', ""
    if tag in ("crowd-checkbox", "crowd-toggle-button"):
        field = _quoted(f"flag:{name}:{given.get('value', 'on')}")
        checked = " checked" if "checked" in given else ""
        fields = (
            f'<input type="hidden" name="{field}" value="false">'
            f'<input type="checkbox" name="{field}" value="true"{checked}>'
        )
        return f'<label class="choice">{fields}<span>', "</span></label>"
    if tag == "crowd-radio-button":
        value = _quoted(given.get("value", "on"))
        option = f'<input type="hidden" name="option:{_quoted(name)}:{value}" value="">'
        field = f'<input type="radio" name="chosen:{_quoted(name)}" value="{value}">'
        return f'<label class="choice">{option}{field}<span>', "</span></label>"
    if tag == "crowd-slider":
        bounds = " ".join(
            f'{b}="{_quoted(given[b])}"' for b in ("min", "max", "step") if b in given
        )
        field = f'<input type="range" name="number:{_quoted(name)}" {bounds} value="{value}">'
        return f'<label class="field">{label}{field}</label>', ""
    return f'<div class="{tag}">', "</div>"


def categories_of(text: str) -> list[str]:
    """The list in an attribute: `['a', 'b']` or `["a", "b"]`; empty when it is none."""
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text)
        except (ValueError, SyntaxError):
            continue
        if isinstance(found, list):
            return [str(item) for item in found]
    return []


def _quoted(text: str) -> str:
    return html.escape(text, quote=True)
