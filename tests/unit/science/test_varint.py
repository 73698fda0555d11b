"""Numbers of variable length: seven bits a byte, and no longer than 64 bits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.varint import LONGEST, varint


def written(value):
    parts = []
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


@given(st.integers(0, 2**64 - 1), st.binary(max_size=4), st.binary(max_size=4))
def test_what_was_written_is_read_wherever_it_stands(value, before, after):
    data = before + written(value) + after

    assert varint(data, len(before)) == (value, len(data) - len(after))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff" * (LONGEST - 1), b"\xff" * 100])
def test_a_number_without_an_end_is_refused(data):
    with pytest.raises(ValueError, match="cut off"):
        varint(data, 0)
