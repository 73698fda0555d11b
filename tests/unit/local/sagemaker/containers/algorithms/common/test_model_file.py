"""Models kept and found again."""

import io
import pickle
import zipfile

import numpy as np
import pytest

from local.sagemaker.containers.algorithms.common import model_file
from local.sagemaker.containers.serving.answers import ModelLoadError


def test_a_model_is_read_as_it_was_written(tmp_path):
    """What is no array comes back too; anybody can open the arrays with NumPy."""
    centers = np.arange(6, dtype=np.float32).reshape(2, 3)
    model_file.save(tmp_path, {"algorithm": "kmeans", "k": 2}, {"centers": centers})
    about, arrays = model_file.load(tmp_path, "kmeans")

    assert about == {"algorithm": "kmeans", "k": 2}
    assert list(arrays) == ["centers"]
    np.testing.assert_array_equal(arrays["centers"], centers)
    with np.load(tmp_path / "model_algo-1", allow_pickle=False) as opened:
        np.testing.assert_array_equal(opened["centers"], centers)


def zipped(name, content):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(name, content)
    return body.getvalue()


def pickled():
    """An array of objects, which NumPy can only keep as a pickle."""
    body = io.BytesIO()
    np.save(body, np.array([{}], object), allow_pickle=True)
    return zipped("about.npy", body.getvalue())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MXNet",
        zipped("other.npy", b"x"),
        zipped("about.npy", b"x"),
        pickled(),
        pickle.dumps(["anything"]),
    ],
)
def test_what_is_no_model_is_told(tmp_path, content):
    """AWS's own archive of that name, damaged files, and pickles, which are never opened."""
    (tmp_path / "model_algo-1").write_bytes(content)

    with pytest.raises(ModelLoadError, match="model_algo-1 is not a model of this server"):
        model_file.load(tmp_path, "kmeans")


def test_another_algorithms_model_is_told(tmp_path):
    """By both names; so is an archive without the file."""
    with pytest.raises(ModelLoadError, match="holds no file model_algo-1"):
        model_file.load(tmp_path, "pca")
    model_file.save(tmp_path, {"algorithm": "knn"}, {})
    with pytest.raises(ModelLoadError, match="a model of knn, not of pca"):
        model_file.load(tmp_path, "pca")
    with pytest.raises(ModelLoadError, match="no array rows"):
        model_file.load(tmp_path, "knn", "rows")
