"""Both forms of a labelled line are read."""

import pytest

from local.sagemaker.containers.algorithms.blazingtext.corpus import (
    Example,
    read_examples,
    to_example,
)
from local.sagemaker.containers.algorithms.xgboost.errors import UserError


def test_words_that_begin_with_label_are_labels():
    """Wherever they stand, and however many."""
    assert to_example("__label__a __label__b win cash now\n") == Example(
        ("__label__a", "__label__b"), ("win", "cash", "now")
    )


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        ('{"source": "win cash", "label": 1}', ("__label__1",)),
        (
            '{"source": "win cash", "label": ["spam", "__label__ad"]}',
            ("__label__spam", "__label__ad"),
        ),
    ],
)
def test_a_line_of_an_augmented_manifest_is_an_example(line, labels):
    """A label gets its prefix unless it has it."""
    assert to_example(line) == Example(labels, ("win", "cash"))


def test_json_without_a_source_is_refused():
    """The line is shown."""
    with pytest.raises(UserError, match="text"):
        to_example('{"text": "win cash", "label": 1}')


def test_a_channel_without_labels_is_refused(tmp_path):
    """Word vectors are learned from such lines, classes are not."""
    (tmp_path / "corpus.txt").write_text("win cash now\n")
    with pytest.raises(UserError, match="no line with a label"):
        read_examples(tmp_path)


def test_an_empty_channel_is_refused(tmp_path):
    """Files without content are no data."""
    (tmp_path / "corpus.txt").write_text("")
    with pytest.raises(UserError, match="No data"):
        read_examples(tmp_path)
