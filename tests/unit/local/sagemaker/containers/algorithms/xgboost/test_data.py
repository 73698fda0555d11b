"""Channels read into arrays."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from local.sagemaker.containers.algorithms.common.recordio import (
    CONTENT_TYPE,
    Record,
    Tensor,
    write_records,
)
from local.sagemaker.containers.algorithms.xgboost.data import read_channel
from local.sagemaker.containers.algorithms.xgboost.errors import UserError


def channel(tmp_path, **files):
    folder = tmp_path / "train"
    folder.mkdir()
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    return folder


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_has_its_label_first(tmp_path, delimiter):
    """Whatever the delimiter; an empty cell is missing; several files are joined in order."""
    folder = channel(
        tmp_path,
        a_csv="1,2.5,3\n0,,4\n".replace(",", delimiter),
        b_csv="1,6,nan\n".replace(",", delimiter),
    )
    rows = read_channel(folder, "text/csv", weighted=False)

    assert rows.labels.tolist() == [1, 0, 1]
    np.testing.assert_array_equal(
        rows.features, np.array([[2.5, 3], [np.nan, 4], [6, np.nan]], np.float32)
    )


def test_csv_weights_are_the_second_column(tmp_path):
    """`csv_weights=1`."""
    folder = channel(tmp_path, a_csv="1,0.5,3\n0,2,4\n")
    rows = read_channel(folder, "text/csv; charset=utf-8", weighted=True)

    assert rows.weights is not None
    assert rows.weights.tolist() == [0.5, 2]
    assert rows.features.tolist() == [[3], [4]]


def test_libsvm_leaves_what_is_absent_missing(tmp_path):
    """Indexes are taken as they stand; weights follow the label."""
    folder = channel(tmp_path, a_libsvm="1:2 0:5 2:7 # first\n\n0 1:3\n")
    rows = read_channel(folder, "", weighted=False)

    assert rows.labels.tolist() == [1, 0]
    assert rows.weights is not None
    assert rows.weights.tolist() == [2, 1]
    np.testing.assert_array_equal(rows.features, [[5, np.nan, 7], [np.nan, 3, np.nan]])


def test_parquet_takes_any_number(tmp_path):
    """Integers, floats and nulls become float32 columns in the file's order."""
    folder = tmp_path / "train"
    folder.mkdir()
    table = pa.table({"y": [1, 0], "a": pa.array([1.5, None]), "b": pa.array([3, 4], pa.int8())})
    pq.write_table(table, folder / "a.parquet")
    rows = read_channel(folder, "application/x-parquet", weighted=False)

    np.testing.assert_array_equal(rows.features, np.array([[1.5, 3], [np.nan, 4]], np.float32))


@pytest.mark.parametrize(
    ("files", "content_type", "told"),
    [
        ({}, "text/csv", "No data in train channel"),
        ({"a_csv": "y,x\n1,2\n"}, "text/csv", "without a header"),
        ({"a_csv": "1\n0\n"}, "text/csv", "no feature columns"),
        ({"a_csv": ",1\n"}, "text/csv", "label column"),
        ({"a_csv": "1,2\n", "b_csv": "1,2,3\n"}, "text/csv", "differ"),
        ({"a_libsvm": "1 a:2\n"}, "text/libsvm", "line 1 is not LibSVM"),
        ({"a_parquet": "PAR"}, "application/x-parquet", "not a Parquet file"),
        ({"a_png": "x"}, "image/png", "not an accepted ContentType"),
    ],
)
def test_unreadable_channels_say_why(tmp_path, files, content_type, told):
    """The message names the file or the channel."""
    with pytest.raises(UserError, match=told):
        read_channel(channel(tmp_path, **files), content_type, weighted=False)


def test_records_leave_what_a_sparse_one_does_not_name_missing(tmp_path):
    """Dense and sparse rows in one channel, each with its label."""
    folder = tmp_path / "train"
    folder.mkdir()
    label = {"values": Tensor(np.ones(1, np.float32))}
    dense = Record({"values": Tensor(np.array([1, 2], np.float32))}, label)
    sparse = Record(
        {"values": Tensor(np.array([7], np.float32), np.array([1], np.uint64), (2,))}, label
    )
    (folder / "part").write_bytes(write_records([dense, sparse]))
    rows = read_channel(folder, CONTENT_TYPE, weighted=False)

    np.testing.assert_array_equal(rows.features, [[1, 2], [np.nan, 7]])
    assert rows.labels.tolist() == [1, 1]
    (folder / "part").write_bytes(b"1,2,3,4,5,6")
    with pytest.raises(UserError, match="not recordIO-protobuf"):
        read_channel(folder, CONTENT_TYPE, weighted=False)
