"""A picture's file is decoded to an array of one size, or refused in words."""

import io
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from science.images.decoding import MOST_BYTES, UnreadableImage, decode
from tests import pictures

SIZE = (32, 24)
RED, GREEN = (200, 10, 10), (10, 200, 10)


def halves(size=(40, 20)):
    """Red on the left, green on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(GREEN, (size[0] // 2, 0, size[0], size[1]))
    return image


def near(pixel, colour, by=30):
    return np.abs(pixel.astype(int) - colour).max() <= by


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
def test_every_format_gives_the_same_pixels(form):
    pixels = decode(pictures.encoded(halves(), form), SIZE)

    assert (pixels.shape, pixels.dtype) == ((24, 32, 3), np.uint8)
    assert near(pixels[12, 2], RED)
    assert near(pixels[12, -3], GREEN)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_a_picture_stands_upright(form, orientation):
    """However the camera was held: the eight orientations of EXIF 2.3, tag 274."""
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = halves((40, 40))
    upright.paste((10, 10, 200), (0, 0, 20, 20))
    held = upright.transpose(turns[orientation]) if orientation in turns else upright
    exif = Image.Exif()
    exif[274] = orientation

    pixels = decode(pictures.encoded(held, form, exif=exif), (40, 40))

    assert near(pixels[5, 5], (10, 10, 200))
    assert near(pixels[35, 5], RED)
    assert near(pixels[35, 35], GREEN)


def test_a_broken_exif_block_is_no_reason_to_refuse():
    pixels = decode(
        pictures.encoded(halves(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff"), SIZE
    )

    assert near(pixels[12, 2], RED)


def test_cmyk_is_shown_as_it_looks():
    assert near(decode(pictures.encoded(halves().convert("CMYK"), "JPEG"), SIZE)[12, 2], RED)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_what_is_transparent_is_white(mode):
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0)).convert(mode)

    pixels = decode(pictures.encoded(image, "TIFF" if mode == "PA" else "PNG"), SIZE)

    assert (pixels == 255).all()


def test_a_transparent_colour_of_a_palette_is_white():
    image = Image.new("P", (20, 20), 0)
    image.putpalette([0, 0, 0, 200, 10, 10])
    image.paste(1, (10, 0, 20, 20))

    pixels = decode(pictures.encoded(image, "PNG", transparency=0), SIZE)

    assert (pixels[12, 3] == 255).all()
    assert near(pixels[12, -3], RED)


@pytest.mark.parametrize(
    ("values", "dark", "light"),
    [
        (np.array([[0, 65535]], dtype=np.uint16), 0, 255),
        (np.array([[0, 32768]], dtype=np.uint16), 0, 128),
        (np.array([[-2.5, 7.5]], dtype=np.float32), 0, 255),
        (np.array([[0.0, np.nan]], dtype=np.float32), 0, 0),
    ],
)
def test_greys_of_more_than_eight_bits_keep_their_shades(values, dark, light):
    image = Image.fromarray(values.repeat(8, axis=0).repeat(8, axis=1))

    pixels = decode(pictures.encoded(image, "TIFF"), (16, 8))

    assert abs(int(pixels[4, 2, 0]) - dark) <= 1
    assert abs(int(pixels[4, -3, 0]) - light) <= 1


def test_an_animation_counts_as_its_first_frame():
    frames = [Image.new("RGB", (20, 20), colour) for colour in (RED, GREEN)]

    body = pictures.encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])

    assert near(decode(body, SIZE)[12, 16], RED)


def test_the_content_tells_the_format_not_the_name():
    """Decoding is not even given the name."""
    assert decode(pictures.encoded(halves(), "WEBP"), SIZE).shape == (24, 32, 3)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "empty"),
        (b"GIF89a", "damaged|no picture"),
        (b"<html><body>404</body></html>", "HTML"),
        (b"%PDF-1.7\n%...", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
        (b"\x00" * 500, "no picture"),
        (pictures.encoded(halves(), "JPEG")[:300], "damaged or cut off"),
        (pictures.encoded(pictures.drawn("disc", 1), "PNG")[:-600], "damaged or cut off"),
        (b"\xff\xd8\xff" + bytes(200), "damaged|no picture"),
    ],
)
def test_what_is_no_picture_is_refused_with_its_cure(body, told):
    with pytest.raises(UnreadableImage, match=told) as refusal:
        decode(body, SIZE)

    assert refusal.value.cure


@pytest.mark.parametrize(("width", "height"), [(10_000, 10_000), (20_000, 20_000), (60_000, 1_000)])
def test_a_picture_of_too_many_pixels_is_never_decoded(width, height):
    """The head tells: a hundred megapixels in some kilobytes would need 300 MB."""
    with pytest.raises(UnreadableImage, match="at most 50 million"):
        decode(pictures.bomb(width, height), SIZE)


def test_a_picture_of_as_many_pixels_as_a_good_camera_has_is_decoded():
    body = pictures.encoded(Image.new("RGB", (8_000, 6_000), RED), "JPEG", quality=30)

    assert near(decode(body, SIZE)[5, 5], RED)


def test_a_file_too_large_for_a_picture_is_refused():
    with pytest.raises(UnreadableImage, match="bytes"):
        decode(b"\x89PNG" + bytes(MOST_BYTES), SIZE)


def test_nobody_is_warned():
    """What Pillow would warn of is refused or of no matter; logs stay clean."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UnreadableImage):
            decode(pictures.bomb(), SIZE)


def answer(body):
    """The pixels, or the refusal."""
    try:
        return decode(body, SIZE)
    except UnreadableImage as refusal:
        return refusal


def assert_an_answer(found):
    if isinstance(found, UnreadableImage):
        assert found.reason
        assert found.cure
    else:
        assert (found.shape, found.dtype) == ((24, 32, 3), np.uint8)


WHOLE = [
    pictures.encoded(pictures.drawn("disc", 3), form)
    for form in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
]


@settings(max_examples=300)
@given(
    st.sampled_from(WHOLE),
    st.lists(st.tuples(st.integers(0, 6000), st.integers(0, 255)), max_size=12),
    st.integers(0, 6000),
    st.binary(max_size=20),
)
def test_mangled_bytes_give_pixels_or_a_refusal(whole, changes, cut, more):
    """Whatever is overwritten, cut off or put behind."""
    body = bytearray(whole)
    for at, value in changes:
        body[at % len(body)] = value
    body = bytes(body[: len(body) - cut % len(body)]) + more
    assert_an_answer(answer(body))


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_give_pixels_or_a_refusal(body):
    assert_an_answer(answer(body))


def test_a_large_jpeg_is_decoded_at_a_fraction():
    """The pixels are those of decoding it whole and shrinking it."""
    image = pictures.drawn("box", 4).resize((2400, 2000))
    body = pictures.encoded(image, "JPEG", quality=95)
    whole = Image.open(io.BytesIO(body)).resize(SIZE, Image.Resampling.BOX)

    assert np.abs(decode(body, SIZE).astype(int) - np.asarray(whole).astype(int)).mean() < 2
