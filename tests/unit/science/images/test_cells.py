"""A picture as one cell: an array as text, or a file in base64."""

import base64

import numpy as np
import pytest

from science.images.cells import is_picture, pixels_of, text_of
from science.images.decoding import UnreadableImage, decode
from tests import pictures

SIZE = (16, 12)
BODY = pictures.encoded(pictures.drawn("disc", 5))
BASE64 = base64.b64encode(BODY).decode()


def test_an_array_survives_its_text():
    pixels = decode(BODY, SIZE)

    assert (pixels_of(text_of(pixels), SIZE) == pixels).all()
    assert is_picture(text_of(pixels))


@pytest.mark.parametrize(
    "cell",
    [
        BODY,
        BASE64,
        f" {BASE64}\n",
        f"data:image/png;base64,{BASE64}",
        BASE64[:80] + "\n" + BASE64[80:],
    ],
)
def test_a_file_is_read_however_it_is_sent(cell):
    assert (pixels_of(cell, SIZE) == decode(BODY, SIZE)).all()


def test_an_array_of_another_size_is_stretched():
    """A definition may ask for another size than the one that was in force when it landed."""
    cell = text_of(decode(BODY, (32, 24)))

    assert pixels_of(cell, SIZE).shape == (12, 16, 3)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "TIFF", "WEBP"])
def test_base64_of_a_picture_is_known_by_its_first_letters(form):
    cell = base64.b64encode(pictures.encoded(pictures.drawn("box", 2), form)).decode()

    assert is_picture(cell)


@pytest.mark.parametrize("cell", ["a note", "pixels: none", "/9j/", "", "R0lGOD"])
def test_a_text_is_no_picture(cell):
    assert not is_picture(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "a note",
        "pixels:4x4;base64,AAAA",
        "pixels:0x0;base64,",
        "pixels:99999x99999;base64,AA==",
        7,
        "é" * 90,
        np.zeros((2, 2)),
    ],
)
def test_anything_else_is_refused_in_words(cell):
    with pytest.raises(UnreadableImage) as refusal:
        pixels_of(cell, SIZE)

    assert refusal.value.cure
