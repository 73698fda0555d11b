"""The page that explains problem.yaml says what is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from lifecycle.problem import parse_problem
from lifecycle.problem.reader import read_yaml
from tests.unit.lifecycle.problem.helpers import resolved

PAGE = Path(__file__).parents[4] / "docs" / "problem.md"


def keys_of(document: Any, path: str = "") -> set[str]:
    """Every dotted key of a resolved definition."""
    if not isinstance(document, dict):
        return {path}
    return {path} | {key for name in document for key in keys_of(document[name], f"{path}.{name}")}


def block() -> str:
    found = re.search(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found
    return found[1]


def test_the_defaults_on_the_page_are_the_defaults() -> None:
    """Leaving every key out and writing the page's file down comes to the same."""
    assert parse_problem(block().encode(), folder="churn").document == resolved()


def test_every_key_is_on_the_page() -> None:
    """And no other, which the parser sees to."""
    lines = read_yaml(block().encode()).lines
    written = {"." + ".".join(str(part) for part in path) for path in lines}
    assert keys_of(resolved()) - {""} <= written
