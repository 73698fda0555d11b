"""Reads a channel: lines of `__label__x words …`, or JSON lines of an augmented manifest.

Page "BlazingText algorithm", sections on training and validation data formats.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.sagemaker.containers.algorithms.xgboost.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LABEL = "__label__"


@dataclass(frozen=True)
class Example:
    """One text and its labels, which begin with `__label__`."""

    labels: tuple[str, ...]
    words: tuple[str, ...]


def read_examples(folder: Path) -> list[Example]:
    """Every labelled line of a channel.

    Raises:
        UserError: When there is nothing, or a line of JSON is not an example.
    """
    examples = [
        example for line in read_lines(folder) if (example := to_example(line)) and example.labels
    ]
    if not examples:
        raise UserError(
            f"The {folder.name} channel has no line with a label: each begins with {LABEL}"
        )
    return examples


def read_lines(folder: Path) -> Iterator[str]:
    """Every line of a channel's files that is not blank; raises `UserError` without a file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    files = [path for path in files if not path.name.startswith((".", "_"))]
    if not files:
        raise UserError(f"No data in {folder.name} channel path {folder}")
    for path in files:
        with path.open(encoding="utf-8", errors="replace") as lines:
            yield from (line for line in lines if line.strip())


def to_example(line: str) -> Example:
    """Read one line: words that begin with `__label__` are its labels.

    `{"source": "words …", "label": 1}` (or a list of labels) is the form of an augmented manifest.

    Raises:
        UserError: When a line that begins as JSON is not of that form.
    """
    if line.lstrip().startswith("{"):
        return _from_json(line)
    words = line.split()
    return Example(
        tuple(word for word in words if word.startswith(LABEL)),
        tuple(word for word in words if not word.startswith(LABEL)),
    )


def _from_json(line: str) -> Example:
    try:
        record = json.loads(line)
        labels = record["label"] if isinstance(record["label"], list) else [record["label"]]
        words = tuple(record["source"].split())
    except (ValueError, KeyError, AttributeError) as error:
        raise UserError(f'Not {{"source": …, "label": …}}: {line.strip()[:80]}') from error
    return Example(tuple(f"{LABEL}{str(label).removeprefix(LABEL)}" for label in labels), words)
