"""The inference toolkit's default codecs."""

import io
import json

import numpy as np
import pytest

from local.sagemaker.containers.serving.answers import RefusedError
from local.sagemaker.containers.serving.codecs import (
    csv_matrix,
    decode,
    encode,
    libsvm_matrix,
    media_type,
)


def test_a_media_type_has_no_parameters():
    """`charset` and case do not make another type."""
    assert media_type("Text/CSV; charset=utf-8") == "text/csv"


def test_json_and_csv_become_arrays():
    """Both text types are read from str."""
    assert decode("[[1, 2], [3, 4]]", "application/json").tolist() == [[1, 2], [3, 4]]
    assert decode("1,2\n3,4\n", "text/csv").tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_npy_goes_there_and_back():
    """What is encoded is decoded again."""
    body, kind = encode(np.array([1.5, 2.5]), "application/x-npy")

    assert decode(body, kind).tolist() == [1.5, 2.5]


def test_a_pickle_inside_npy_is_not_loaded():
    """An object array is code of the sender's choice."""
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)

    with pytest.raises(ValueError, match="pickle"):
        decode(buffer.getvalue(), "application/x-npy")


def test_predictions_become_json_or_csv():
    """NumPy values are written as plain numbers."""
    assert json.loads(encode({"p": np.float32(0.5)}, "application/json")[0]) == {"p": 0.5}
    assert encode(np.array([1, 2]), "text/csv") == ("1\n2\n", "text/csv")


def test_a_type_without_codec_is_415():
    """Neither read nor written."""
    with pytest.raises(RefusedError) as refused:
        decode("x", "image/png")
    with pytest.raises(RefusedError):
        encode([1], "image/png")

    assert refused.value.status == 415


def test_an_empty_csv_cell_is_a_missing_value():
    """And the delimiter is what the first line uses."""
    assert np.isnan(csv_matrix("1,,3")[0, 1])
    assert csv_matrix("1\t2\n3\t4\n").tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert csv_matrix(b"\xef\xbb\xbf1;2").tolist() == [[1.0, 2.0]]


def test_csv_rows_of_unequal_length_are_refused():
    """There is no telling which value is missing."""
    with pytest.raises(ValueError, match=r"\[2, 3\]"):
        csv_matrix("1,2\n1,2,3")


def test_libsvm_leaves_unnamed_features_missing():
    """A label in front is skipped."""
    rows = libsvm_matrix("1 0:0.5 2:2\n0:1", 3)

    assert rows[0].tolist()[0::2] == [0.5, 2.0]
    assert np.isnan(rows[0, 1])
    assert np.isnan(rows[1, 1:]).all()


def test_libsvm_beyond_the_model_is_refused():
    """Index 3 of three features."""
    with pytest.raises(ValueError, match="beyond the model's 3 features"):
        libsvm_matrix("3:1", 3)
