"""LightGBM's channels and requests."""

import numpy as np
import pytest

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.lightgbm.data import (
    Categories,
    read_channels,
    request_matrix,
)


def channels(tmp_path, **files):
    """Files by path, `__` for a slash and `_` for a dot, below the folder of channels."""
    for name, content in files.items():
        path = tmp_path / name.replace("__", "/").replace("_csv", ".csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


def with_index(tmp_path, content, rows="1,red,2\n0,blue,\n"):
    folder = channels(tmp_path, train__a_csv=rows)
    (folder / "train/categorical_index.json").write_text(content)
    return folder


def test_categories_get_codes_in_alphabetical_order(tmp_path):
    """Those of the training rows; an empty cell elsewhere is missing."""
    folder = with_index(tmp_path, '{"cat_index_list": [1]}')
    channels(folder, validation__b_csv="1,red,5\n0,green,6\n")
    found = read_channels(folder, {"train", "validation"})

    assert found.categories.names == {0: ["blue", "red"]}
    np.testing.assert_array_equal(found.train.features, [[1, 2], [0, np.nan]])
    np.testing.assert_array_equal(found.validation.features, [[1, 5], [np.nan, 6]])


def test_an_earlier_models_codes_stay(tmp_path):
    """What it did not know is missing; it must have been of the same columns."""
    folder = with_index(tmp_path, '{"cat_index_list": [1]}')
    found = read_channels(folder, {"train"}, Categories({0: ["red"]}))
    together = np.r_[found.train.features[:, 0], found.validation.features[:, 0]]

    assert np.nanmin(together) == 0
    assert np.isnan(together).sum() == 1
    with pytest.raises(UserError, match="other columns than the earlier model"):
        read_channels(folder, {"train"}, Categories({1: ["2"]}))


def test_one_channel_may_hold_both_parts(tmp_path):
    """The folders `train` and `validation` in it."""
    folder = channels(
        tmp_path, training__train__a_csv="1,2\n0,3\n", training__validation__b_csv="1,9\n"
    )
    found = read_channels(folder, {"training"})

    assert found.train.labels.tolist() == [1, 0]
    assert found.validation.features.tolist() == [[9]]


def test_without_validation_a_fifth_is_held_out(tmp_path):
    """No row is lost, none is in both."""
    folder = channels(tmp_path, train__a_csv="".join(f"{i % 2},{i}\n" for i in range(50)))
    found = read_channels(folder, {"train"})

    assert len(found.validation.labels) == 10
    together = np.r_[found.train.features[:, 0], found.validation.features[:, 0]]
    assert sorted(together) == list(range(50))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"cat_index_list": [0]}', "column 0, which is the label"),
        ('{"cat_index_list": [9]}', "column 9, which is not there"),
        ('{"columns": [1]}', "not of the form"),
        ('{"cat_index_list": []}', "must be named in categorical_index.json"),
    ],
)
def test_a_wrong_index_of_categories_is_told(tmp_path, content, told):
    """Which column, or which form."""
    with pytest.raises(UserError, match=told):
        read_channels(with_index(tmp_path, content), {"train"})


@pytest.mark.parametrize("names", [set(), {"train", "training"}, {"validation"}])
def test_one_training_channel_is_needed(tmp_path, names):
    """Under either name, not both."""
    with pytest.raises(UserError, match="train or training"):
        read_channels(tmp_path, names)


def test_requests_read_as_the_training_rows_did():
    """1 and 1.0 are one category; what was never seen, and an empty cell, are missing."""
    categories = Categories({1: ["1", "old"]})
    rows = request_matrix('5,1.0\n,"old"\n7,new\n', categories)

    np.testing.assert_array_equal(rows, [[5, 0], [np.nan, 1], [7, np.nan]])
    for body in ("", "1,2\n3\n", "x,1\n"):
        with pytest.raises(ValueError, match=r"rows have|could not convert"):
            request_matrix(body, categories)
