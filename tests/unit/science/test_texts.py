"""Free text as a column, and as numbers."""

import numpy as np
import pytest

from science import texts
from science.kinds import Column


def columns(**changes):
    """A target, a short text that looks like an identifier, and a category."""
    found = [
        Column("label", "category", words=1.0),
        Column("subject", "identifier", role="dropped", note="once each", words=2.1),
        Column("sender", "category", words=1.0),
    ]
    for column in found:
        column.kind = changes.get(column.name, column.kind)
    return found


def kinds(found):
    return {column.name: (column.kind, column.role) for column in found}


def test_a_problem_about_text_has_a_column_of_text():
    """The wordiest; a subject line is no identifier there, however rarely it repeats."""
    found = columns()
    texts.settle(found, {"task": "text_classification"}, "label")

    assert kinds(found)["subject"] == ("text", "feature")
    assert kinds(found)["sender"] == ("category", "feature")


@pytest.mark.parametrize(
    ("definition", "changes"),
    [
        ({"task": None}, {}),
        ({"task": "text_classification"}, {"sender": "text"}),
        ({"task": "text_classification", "columns": {"id": "subject", "exclude": ["sender"]}}, {}),
    ],
)
def test_other_columns_stay_what_they_are(definition, changes):
    """Where nobody asked for text, where there is one, and where columns have another part."""
    found, before = columns(**changes), kinds(columns(**changes))
    texts.settle(found, definition, "label")

    assert kinds(found) == before


def test_rare_words_and_words_of_every_row_are_left_out():
    cells = ["the rose", "the rose", "the rose", "the oven", "the oven", "the oven", "the fig"]
    encoder = texts.fit("note", cells, 10)

    assert sorted(encoder["outputs"][:2]) == ["note: oven", "note: rose"]
    assert "note: the" not in encoder["outputs"]
    assert "note: fig" not in encoder["outputs"]


def test_a_text_has_length_one_whatever_its_length():
    encoder = texts.fit("note", ["rose soil"] * 3 + ["oven flour"] * 3 + ["x"], 10)
    cells = np.array(["rose", "rose soil oven " * 40, None, ""], dtype=object)
    out = np.empty((4, len(encoder["outputs"])))
    texts.encode(encoder, cells, out)
    words = out[:, : len(encoder["buckets"])]

    assert np.linalg.norm(words, axis=1) == pytest.approx([1, 1, 0, 0])
