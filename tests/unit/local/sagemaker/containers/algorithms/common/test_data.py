"""Channels read into arrays."""

import numpy as np
import pytest

from local.sagemaker.containers.algorithms.common.data import read_channel
from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.recordio import (
    CONTENT_TYPE,
    Record,
    Tensor,
    write_records,
)


@pytest.fixture
def channel(tmp_path):
    folder = tmp_path / "train"
    folder.mkdir()

    def fill(**files):
        for name, content in files.items():
            body = content if isinstance(content, bytes) else content.encode()
            (folder / name.replace("_", ".")).write_bytes(body)
        return folder

    return fill


def labelled(value, label=None):
    label = {} if label is None else {"values": Tensor(np.array([label], np.float32))}
    return Record({"values": Tensor(np.array(value, np.float32))}, label)


def test_csv_has_its_label_first(channel):
    """Files are joined in the order of their names; empty ones are passed over."""
    rows = read_channel(channel(b_csv="0,5,6\n", a_csv="1,2.5,3\n", c_csv=""), "text/csv")

    assert rows.labels.tolist() == [1, 0]
    assert rows.features.tolist() == [[2.5, 3], [5, 6]]


def test_csv_without_labels_says_so_in_its_type(channel):
    """`label_size=0`, however it is spaced."""
    rows = read_channel(channel(a_csv="1,2\n3,4\n"), "text/csv; label_size=0")

    assert rows.labels is None
    assert rows.features.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("content_type", ["", CONTENT_TYPE])
def test_records_are_the_default(channel, content_type):
    """Dense and sparse rows side by side."""
    sparse = Record(
        {"values": Tensor(np.array([7.0], np.float32), np.array([1], np.uint64), (2,))},
        {"values": Tensor(np.array([1], np.int32))},
    )
    rows = read_channel(channel(a=write_records([labelled([1, 2], 0), sparse])), content_type)

    assert rows.features.tolist() == [[1, 2], [0, 7]]
    assert rows.labels.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("content", "content_type", "told"),
    [
        ("", "text/csv", "No data in the train channel"),
        ("a,b\n1,2\n", "text/csv", r"a\.csv is not a CSV file of numbers"),
        ("1,2\n1,x\n", "text/csv", "'x'"),
        ("1,2\n1,2,3\n", "text/csv", "a.csv"),
        ("1,2,\n", "text/csv", "feature 1 .* missing"),
        (",2\n", "text/csv", "label column has missing"),
        ("1\n2\n", "text/csv", "no feature columns"),
        ("1,2\n", "text/csv;label_size=2", "label_size=2"),
        ("1 0:2\n", "text/libsvm", "content type text/libsvm is not one of text/csv"),
        ("1,2\n", CONTENT_TYPE, "cut off"),
        ("1,2,3,4,5\n", CONTENT_TYPE, "no RecordIO frame"),
        (write_records([labelled([1]), labelled([1, 2])]), CONTENT_TYPE, r"\[1, 2\]"),
        (write_records([labelled([1], 1), labelled([1])]), CONTENT_TYPE, "no label"),
        (write_records([Record()]), CONTENT_TYPE, "no feature 'values'"),
        (write_records([labelled([np.nan])]), CONTENT_TYPE, "feature 0 .* missing"),
    ],
)
def test_what_cannot_be_read_is_told(channel, content, content_type, told):
    """The channel, the file and what is wrong with it."""
    folder = channel(a_csv=content)

    with pytest.raises(UserError, match=told):
        read_channel(folder, content_type)
