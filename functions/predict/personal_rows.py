"""Requests of problems with personal data: nothing personal is asked, or captured, as it came."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from predict import Question, RefusedError
from science.tokens import token

if TYPE_CHECKING:
    from lifecycle.personal import PersonalData

JSON_LINES = ("application/jsonlines", "application/x-jsonlines", "application/jsonl")
TABULAR = "text/csv"


def protected(question: Question, personal: PersonalData, identifier: str | None) -> Question:
    """The question without its personal columns; a personal identifier becomes its token.

    No model reads a personal column, and the token is what features are stored under.

    Args:
        question: rows as their caller gives them.
        personal: the problem's personal columns; none, and nothing is done.
        identifier: ``columns.id``.

    Raises:
        RefusedError: the rows are CSV, which does not say which cell is which.
    """
    if not personal.columns:
        return question
    if question.content_type == TABULAR:
        listed = ", ".join(personal.columns)
        message = f"Send JSON: the problem has personal data ({listed}), and CSV names no columns."
        raise RefusedError(415, message)
    try:
        body = _protected(question, personal, identifier)
    except ValueError:
        raise RefusedError(400, "The body is not the JSON that its content type says.") from None
    return replace(question, body=body)


def _protected(question: Question, personal: PersonalData, identifier: str | None) -> bytes:
    def row(given: Any) -> Any:
        return _row(given, personal, identifier) if isinstance(given, dict) else given

    if question.content_type in JSON_LINES:
        lines = (json.loads(line) for line in question.body.splitlines() if line.strip())
        return "\n".join(json.dumps(row(line)) for line in lines).encode()
    if question.content_type != "application/json":
        return question.body
    document = json.loads(question.body)
    if isinstance(document, dict) and isinstance(document.get("instances"), list):
        document["instances"] = [row(each) for each in document["instances"]]
    elif isinstance(document, list):
        document = [row(each) for each in document]
    else:
        document = row(document)
    return json.dumps(document).encode()


def _row(given: dict[str, Any], personal: PersonalData, identifier: str | None) -> dict[str, Any]:
    hidden = {column.strip().lower() for column in personal.columns}
    kept = {}
    for name, value in given.items():
        folded = name.strip().lower()
        if folded not in hidden:
            kept[name] = value
        elif identifier and folded == identifier.strip().lower() and value is not None:
            kept[name] = token(str(value), personal.key)
    return kept
