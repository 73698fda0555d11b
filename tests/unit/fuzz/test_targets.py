"""Whatever comes from outside is read, or refused in the words that its reader documents."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.target import TARGETS, load

NESTED = b"[" * 100_000
LONG_NUMBER = b"9" * 5_000


TARGET = pytest.mark.parametrize("name", sorted(TARGETS))
CHOICES = (b"", b"\x00", b"\x01", b"\x02", b"\x03")
"""First bytes, by which some targets choose between their readers."""


@TARGET
def test_what_is_whole_is_read(name):
    """The seeds, from which fuzzing sets out."""
    target = load(name)
    for seed in target.seeds():
        target.run(seed)
    assert len(target.seeds()) > 2


@st.composite
def damaged(draw, seeds):
    """A seed with a few bytes changed, cut out, doubled or put in."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 16))
        piece = bytes(data[at : at + length])
        data[at : at + length] = draw(st.sampled_from([b"", piece * 2]) | st.binary(max_size=8))
    return bytes(data)


@TARGET
@settings(max_examples=25, derandomize=True)
@given(data=st.data())
def test_what_is_damaged_is_read_or_refused(name, data):
    target = load(name)
    target.run(data.draw(damaged(target.seeds())))


@TARGET
@pytest.mark.parametrize("ending", [b"", b"]"], ids=["open", "closed"])
def test_json_that_is_nested_too_deep_is_refused_everywhere(name, ending):
    """Python's reader gives up with an error of its own kind."""
    for choice in CHOICES:
        load(name).run(choice + NESTED + ending * len(NESTED))


@TARGET
def test_a_number_too_long_for_python_is_refused_everywhere(name):
    target = load(name)
    for choice in CHOICES:
        target.run(choice + b'{"a": %s}' % LONG_NUMBER)
        target.run(choice + b"a\n%s\n" % LONG_NUMBER)


def test_every_target_says_what_it_reads_and_is_found_by_its_name():
    for name, (_, about, watched) in TARGETS.items():
        assert about, name
        assert watched, name
        assert load(name).name == name
