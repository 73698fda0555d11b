"""Channels become arrays, or the job hears what is wrong with them."""

import io

import numpy as np
import pytest
from PIL import Image

from local.sagemaker.containers.algorithms.image_classification.images import View, read_channel
from local.sagemaker.containers.algorithms.image_classification.recordio import write_images
from local.sagemaker.containers.algorithms.xgboost.errors import UserError

VIEW = View(3, 16, 16)


def png(colour, size=(20, 20)):
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def data(tmp_path):
    """Two images with a list."""
    (tmp_path / "train" / "red").mkdir(parents=True)
    (tmp_path / "train_lst").mkdir()
    (tmp_path / "train" / "red" / "a.png").write_bytes(png("red"))
    (tmp_path / "train" / "b.png").write_bytes(png("blue"))
    (tmp_path / "train_lst" / "train.lst").write_text("5\t1\tred/a.png\n9\t0\tb.png\n")
    return tmp_path


def test_a_list_says_each_images_class(data):
    """In the order of the list."""
    read = read_channel(data, "train", "application/x-image", VIEW, 2)

    assert read.labels.tolist() == [1, 0]
    assert read.pixels.shape == (2, 16, 16, 3)
    assert read.pixels[:, 8, 8].tolist() == [[255, 0, 0], [0, 0, 255]]


def test_records_carry_their_class(tmp_path):
    """No list is needed."""
    (tmp_path / "train").mkdir()
    write_images(tmp_path / "train" / "train.rec", [(1.0, png("red")), (0.0, png("blue"))])
    read = read_channel(tmp_path, "train", "application/x-recordio", VIEW, 2)

    assert read.labels.tolist() == [1, 0]
    assert read.pixels[0, 8, 8].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("1\t0\t../secret.png", r"no \.\./secret\.png in channel train"),
        ("1\t0\tmissing.png", "no missing"),
        ("1 0 b.png", "between tabs"),
        ("1\t2\tb.png", "label 2 is not one of 0 … 1"),
        ("1\t0.5\tb.png", r"label 0\.5"),
        ("1\t0\ttext.png", "text.png is neither a JPEG nor a PNG"),
    ],
)
def test_a_wrong_line_of_a_list_is_named(data, line, told):
    """Also one that would leave the channel's folder."""
    (data / "secret.png").write_bytes(png("red"))
    (data / "train" / "text.png").write_text("not an image")
    (data / "train_lst" / "train.lst").write_text(line)
    with pytest.raises(UserError, match=told):
        read_channel(data, "train", "application/x-image", VIEW, 2)


@pytest.mark.parametrize(
    ("name", "content_type", "told"),
    [
        ("validation", "application/x-image", "Channel validation is missing"),
        ("train", "application/x-recordio", r"no \.rec file"),
        ("train", "text/csv", "ContentType text/csv"),
    ],
)
def test_a_channel_that_is_not_as_said_is_refused(data, name, content_type, told):
    """Missing, or of another type."""
    with pytest.raises(UserError, match=told):
        read_channel(data, name, content_type, VIEW, 2)


def test_a_list_that_is_missing_is_named(data):
    """Images as files need one."""
    (data / "train_lst" / "train.lst").unlink()
    with pytest.raises(UserError, match="train_lst"):
        read_channel(data, "train", "application/x-image", VIEW, 2)


@pytest.mark.parametrize(
    ("shape", "seen"),
    [((224, 224), (64, 64)), ((28, 28), (24, 24)), ((224, 112), (64, 32)), ((8, 8), (8, 8))],
)
def test_large_images_are_made_smaller(shape, seen):
    """To 64 pixels a side at most, in steps of eight, in proportion."""
    assert View(3, *shape).size == seen


def test_resize_keeps_the_middle():
    """The shorter side is scaled, and the sides are cut off."""
    image = Image.new("RGB", (48, 16), "red")
    image.paste("blue", (16, 0, 32, 16))
    content = io.BytesIO()
    image.save(content, "PNG")

    whole = View(3, 16, 16).read(content.getvalue())
    middle = View(3, 16, 16, resize=16).read(content.getvalue())

    assert whole[8, 0].tolist() == [255, 0, 0]
    assert np.unique(middle[:, 1:-1].reshape(-1, 3), axis=0).tolist() == [[0, 0, 255]]
