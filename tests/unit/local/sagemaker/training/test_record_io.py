"""RecordIO, there and back."""

import random
import struct

import pytest

from local.sagemaker.training.record_io import MAGIC, record, records

_MAGIC = struct.pack("<I", MAGIC)


def test_a_record_is_magic_length_data_and_zeros():
    """Padded to four bytes."""
    assert record(b"abcde") == _MAGIC + struct.pack("<I", 5) + b"abcde\0\0\0"
    assert record(b"") == _MAGIC + struct.pack("<I", 0)


def test_data_with_the_magic_number_in_it_is_split():
    """Only at multiples of four, where a reader would look for it."""
    assert record(b"x" + _MAGIC) == _MAGIC + struct.pack("<I", 5) + b"x" + _MAGIC + b"\0\0\0"
    split = record(b"head" + _MAGIC + b"tail")
    assert split == (
        _MAGIC + struct.pack("<I", 1 << 29 | 4) + b"head"
        + _MAGIC + struct.pack("<I", 3 << 29 | 4) + b"tail"
    )  # fmt: skip


def test_what_is_written_is_read_back():
    """Any bytes, magic numbers among them."""
    drawn = random.Random(3)
    for _ in range(200):
        pieces = [drawn.choice([_MAGIC, b"a", b"bc", drawn.randbytes(5)]) for _ in range(8)]
        data = [b"".join(pieces[: drawn.randint(0, 8)]) for _ in range(3)]
        assert records(b"".join(map(record, data))) == data


@pytest.mark.parametrize("stream", [b"abcdefgh", record(b"abcdefgh")[:-1], _MAGIC])
def test_what_is_no_record_is_refused(stream):
    """Another format, or a cut-off stream."""
    with pytest.raises(ValueError, match="RecordIO"):
        records(stream)
