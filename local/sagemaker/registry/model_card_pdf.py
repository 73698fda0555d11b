"""A model card as a PDF: every member of its content, section by section."""

from __future__ import annotations

import json
from typing import Any

from local.sagemaker.api.shaping import iso_time
from local.sagemaker.registry.pdf import Pdf

type Document = dict[str, Any]

TITLES = {
    "model_overview": "Model overview",
    "model_package_details": "Model package details",
    "intended_uses": "Intended uses",
    "business_details": "Business details",
    "training_details": "Training details",
    "evaluation_details": "Evaluation details",
    "additional_information": "Additional information",
}
_HEAD = (("name", 0.35), ("value", 0.3), ("notes", 0.35))


def card_pdf(card: Document) -> bytes:
    """The PDF of a version of a card, as DescribeModelCard has it."""
    name = card["ModelCardName"]
    pdf = Pdf(f"{name}, version {card['ModelCardVersion']}")
    pdf.text(name, 20, "F2")
    pdf.text(
        f"Model card version {card['ModelCardVersion']}    Status: {card['ModelCardStatus']}    "
        f"Written {iso_time(card['LastModifiedTime'])}"
    )
    pdf.text(card["ModelCardArn"], 8)
    pdf.rule()
    content = json.loads(card["Content"])
    for section, title in TITLES.items():
        if content.get(section):
            pdf.heading(title, 14)
            _show(pdf, content[section], 0)
    return pdf.to_bytes()


def _show(pdf: Pdf, value: Any, level: int) -> None:
    """Every member of an object, or item of a list, below each other."""
    if isinstance(value, dict):
        for name, below in value.items():
            _member(pdf, _words(name), below, level)
    elif isinstance(value, list):
        for item in value:
            title = _title_of(item)
            rest = (
                {name: below for name, below in item.items() if name != "name"} if title else item
            )
            _member(pdf, title, rest, level)
    else:
        pdf.text(_text(value), indent=12.0 * level)


def _member(pdf: Pdf, name: str, value: Any, level: int) -> None:
    if _is_table(value):
        pdf.text(name, 10, "F2", indent=12.0 * level)
        _table(pdf, value)
    elif isinstance(value, dict) or (isinstance(value, list) and _nested(value)):
        if name:
            pdf.text(name, 11, "F2", indent=12.0 * level)
        _show(pdf, value, level + 1)
    else:
        shown = "; ".join(map(_text, value)) if isinstance(value, list) else _text(value)
        pdf.text(f"{name}: {shown}" if name else shown, indent=12.0 * level)


def _is_table(value: Any) -> bool:
    """Metrics and hyperparameters: a list of names and values."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and {"name", "value"} <= set(item) for item in value)
    )


def _table(pdf: Pdf, rows: list[Document]) -> None:
    shares = [share for _, share in _HEAD]
    pdf.row([name.capitalize() for name, _ in _HEAD], shares, bold=True)
    for row in rows:
        pdf.row([row["name"], _text(row["value"]), _notes(row)], shares)


def _notes(row: Document) -> str:
    axes = [
        f"{member[0]}: {_text(row[member])}"
        for member in ("x_axis_name", "y_axis_name")
        if member in row
    ]
    return "  ".join(filter(None, [row.get("notes", ""), *axes]))


def _nested(values: list[Any]) -> bool:
    return any(isinstance(item, (dict, list)) for item in values)


def _title_of(item: Any) -> str:
    return str(item.get("name", "")) if isinstance(item, dict) else ""


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
