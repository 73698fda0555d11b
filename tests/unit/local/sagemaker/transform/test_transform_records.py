"""Objects to records, records to requests, answers to objects."""

import struct

import pytest

from local.sagemaker.transform.transform_records import RecordsError, assemble, pack, split


def recordio(payload, part=0):
    head = struct.pack("<II", 0xCED7230A, part << 29 | len(payload))
    return head + payload + b"\0" * (-len(payload) % 4)


def test_lines_are_records_without_their_ends():
    """Empty ones are none, and Windows' ends go too."""
    assert split(b"a\r\nb\n\nc", "Line") == [b"a", b"b", b"c"]


def test_without_a_split_type_the_object_is_the_record():
    """Line ends and all."""
    assert split(b"a\nb\n", "None") == [b"a\nb\n"]


def test_recordio_records_keep_their_frames():
    """A record in several parts is one."""
    first, second = recordio(b"abcde"), recordio(b"ab", 1) + recordio(b"cd", 3)

    assert split(first + second, "RecordIO") == [first, second]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"plain text", "magic number"),
        (recordio(b"abcd")[:-1], "within a record"),
        (b"abc", "head"),
        (recordio(b"ab", 1), "several parts"),
    ],
)
def test_what_is_no_recordio_is_refused(content, said):
    """Naming what is wrong."""
    with pytest.raises(RecordsError, match=said):
        split(content, "RecordIO")


def test_requests_are_filled_up_to_the_bound():
    """Two lines and what stands between them are five bytes."""
    records = [b"aa", b"bb", b"cc"]

    packed = pack(records, split_type="Line", single=False, most_bytes=5)
    assert packed == [[b"aa", b"bb"], [b"cc"]]
    assert pack(records, split_type="Line", single=False, most_bytes=0) == [records]
    assert pack(records, split_type="Line", single=True, most_bytes=5) == [
        [b"aa"],
        [b"bb"],
        [b"cc"],
    ]


def test_a_record_beyond_the_bound_is_refused():
    """It cannot be made smaller."""
    with pytest.raises(RecordsError, match="Too much data"):
        pack([b"aaa"], split_type="Line", single=True, most_bytes=2)


def test_answers_are_put_together_in_order():
    """With Line each ends with one line's end."""
    assert assemble([b"a", b"b\n"], "Line") == b"a\nb\n"
    assert assemble([b"a", b"b\n"], "None") == b"ab\n"
