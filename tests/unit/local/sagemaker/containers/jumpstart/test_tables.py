"""A channel's rows become numbers, or the job hears why not."""

import json

import numpy as np
import pytest

from local.sagemaker.containers.jumpstart.scripts.tabular.tables import load

ROWS = ["yes,1.5,red", "no,2.5,blue", "yes,,red", "no,4.5,green", "yes,5.5,blue"] * 2


@pytest.fixture
def channel(tmp_path, monkeypatch):
    monkeypatch.delenv("SM_CHANNEL_VALIDATION", raising=False)
    monkeypatch.setenv("SM_CHANNEL_TRAINING", str(tmp_path))
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "data.csv").write_text("\n".join(ROWS))
    (tmp_path / "categorical_index.json").write_text(json.dumps({"cat_index_list": [2]}))
    return tmp_path


def test_categories_and_classes_get_numbers(channel):
    """In the order of their texts; what is empty is missing."""
    (channel / "validation").mkdir()
    (channel / "validation" / "data.csv").write_text("no,9,violet\nyes,8,red\n")
    train, held, encoding = load(classification=True)

    assert encoding.classes == ["no", "yes"]
    assert train.labels.tolist()[:2] == [1, 0]
    np.testing.assert_array_equal(train.features[:3], [[1.5, 2], [2.5, 0], [np.nan, 2]])
    np.testing.assert_array_equal(held.features, [[9, np.nan], [8, 2]])


def test_without_validation_data_a_fifth_is_held_out(channel):
    """No row is in both."""
    train, held, _ = load(classification=True)

    assert (len(train.labels), len(held.labels)) == (8, 2)


def test_classes_that_are_numbers_are_ordered_as_numbers(channel):
    """Two comes before ten."""
    (channel / "train" / "data.csv").write_text("10,1,a\n2,2,a\n10,1,b\n2,3,b\n10,2,a\n2,1,b\n")

    assert load(classification=True)[2].classes == ["2", "10"]


def test_files_may_lie_in_the_channel_itself(channel):
    """The older layout, without folders."""
    (channel / "train" / "data.csv").rename(channel / "data.csv")
    (channel / "train").rmdir()

    assert load(classification=True)[2].width == 2


@pytest.mark.parametrize(
    ("rows", "categories", "told"),
    [
        ("yes,1,a\nno,x,a\n" * 3, [2], "could not convert"),
        ("yes,1,a\nno,1\n" * 3, [2], "features, not 2"),
        ("yes,1,a\n" * 6, [2], "one class only"),
        ("yes,1,a\nno,2,a\n" * 3, [0], "the label is column 0"),
        ("", [2], "no rows of CSV"),
    ],
)
def test_what_is_wrong_is_said(channel, rows, categories, told):
    """Before anything is trained."""
    (channel / "train" / "data.csv").write_text(rows)
    (channel / "categorical_index.json").write_text(json.dumps({"cat_index_list": categories}))
    with pytest.raises(ValueError, match=told):
        load(classification=True)
