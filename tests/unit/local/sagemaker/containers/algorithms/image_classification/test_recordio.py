"""RecordIO files of images are read as MXNet writes them."""

import struct

import pytest

from local.sagemaker.containers.algorithms.image_classification.recordio import (
    read_images,
    write_images,
)
from local.sagemaker.containers.algorithms.xgboost.errors import UserError

MAGIC = struct.pack("<I", 0xCED7230A)


def header(label, flag=0):
    return struct.pack("<IfQQ", flag, label, 7, 0)


def test_what_was_written_is_read(tmp_path):
    """Labels and bytes, also where a length is no multiple of four or the magic number occurs."""
    images = [(0.0, b"abc"), (2.0, b"12345678" + MAGIC + b"xyz"), (1.0, MAGIC * 2), (1.0, b"")]
    write_images(tmp_path / "a.rec", images)

    assert list(read_images(tmp_path / "a.rec")) == images


def test_bytes_as_mxnet_lays_them_out(tmp_path):
    """Magic number, length, header, image, padding; then a record in two parts."""
    one = header(3.0) + b"jpeg!"
    first, last = header(1.0) + b"head", b"tail"
    content = MAGIC + struct.pack("<I", len(one)) + one + b"\0" * 3
    content += MAGIC + struct.pack("<I", 1 << 29 | len(first)) + first
    content += MAGIC + struct.pack("<I", 3 << 29 | len(last)) + last
    (tmp_path / "a.rec").write_bytes(content)

    assert list(read_images(tmp_path / "a.rec")) == [
        (3.0, b"jpeg!"),
        (1.0, b"head" + MAGIC + b"tail"),
    ]


def test_a_label_that_stands_apart_is_read(tmp_path):
    """One in a list of one; several are refused."""
    one = header(0.0, flag=1) + struct.pack("<f", 4.0) + b"image"
    two = header(0.0, flag=2) + struct.pack("<ff", 4.0, 5.0) + b"image"
    for name, record in (("one", one), ("two", two)):
        content = MAGIC + struct.pack("<I", len(record)) + record + b"\0" * (-len(record) % 4)
        (tmp_path / name).write_bytes(content)

    assert list(read_images(tmp_path / "one")) == [(4.0, b"image")]
    with pytest.raises(UserError, match="2 labels"):
        list(read_images(tmp_path / "two"))


@pytest.mark.parametrize(
    "content", [b"not a record", MAGIC + struct.pack("<I", 100) + b"short", MAGIC]
)
def test_broken_files_are_refused(tmp_path, content):
    """By their name."""
    (tmp_path / "broken.rec").write_bytes(content)
    with pytest.raises(UserError, match=r"broken\.rec"):
        list(read_images(tmp_path / "broken.rec"))
