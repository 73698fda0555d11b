"""SageMaker's records, written and read."""

import contextlib
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from local.sagemaker.containers.algorithms.common.errors import UserError
from local.sagemaker.containers.algorithms.common.recordio import (
    MAGIC,
    Record,
    Tensor,
    frames,
    read_records,
    write_records,
)

ANY_WORD = st.text(max_size=8)


@st.composite
def tensors(draw):
    kind = draw(st.sampled_from([np.float32, np.float64, np.int32]))
    values = draw(arrays(kind, st.integers(0, 6)))
    if not len(values) or not draw(st.booleans()):
        return Tensor(values, None, draw(st.sampled_from([(), (len(values),)])))
    width = len(values) + draw(st.integers(0, 300))
    keys = draw(st.permutations(range(width)))[: len(values)]
    return Tensor(values, np.array(keys, np.uint64), (width,))


RECORDS = st.lists(
    st.builds(
        Record,
        st.dictionaries(ANY_WORD, tensors(), max_size=3),
        st.dictionaries(ANY_WORD, tensors(), max_size=2),
        ANY_WORD,
        ANY_WORD,
        ANY_WORD,
    ),
    max_size=4,
)


def plain(record):
    """A record as what `==` can compare, bit by bit."""

    def bits(entries):
        return {
            name: (
                tensor.values.dtype.str,
                tensor.values.tobytes(),
                None if tensor.keys is None else tensor.keys.tolist(),
                tensor.shape,
            )
            for name, tensor in entries.items()
        }

    texts = (record.uid, record.metadata, record.configuration)
    return bits(record.features), bits(record.label), texts


@settings(max_examples=60, deadline=None)
@given(RECORDS)
def test_what_is_written_is_read_again(records):
    """Bit by bit: NaN, negative integers, empty tensors, sparse ones and texts too."""
    written = write_records(records)

    assert [plain(record) for record in records] == list(map(plain, read_records(written)))
    assert len(written) % 4 == 0


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80))
def test_bytes_that_are_no_records_are_told(data):
    """Nothing but a UserError comes out of any bytes."""
    with contextlib.suppress(UserError):
        read_records(data)


@settings(max_examples=60, deadline=None)
@given(RECORDS.filter(bool), st.data())
def test_records_that_were_damaged_do_no_harm(records, data):
    """A changed byte or a cut gives other records or a UserError."""
    written = bytearray(write_records(records))
    written[data.draw(st.integers(0, len(written) - 1))] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(1, len(written)))
    for damaged in (written, written[:cut]):
        with contextlib.suppress(UserError):
            for record in read_records(bytes(damaged)):
                for tensor in record.features.values():
                    tensor.dense()


def test_a_record_has_the_bytes_of_the_message_definition():
    """Written out by hand: map entry, key `values`, float32 tensor, packed values."""
    message = bytes([10, 18, 10, 6]) + b"values" + bytes([18, 8, 18, 6, 10, 4])
    message += struct.pack("<f", 1.5)
    record = Record({"values": Tensor(np.array([1.5], np.float32))})
    padding = -len(message) % 4

    assert write_records([record]) == (
        struct.pack("<II", MAGIC, len(message)) + message + bytes(padding)
    )


def test_values_that_are_not_packed_are_read_too():
    """An older writer may give each value a field of its own."""
    value = bytes([13]) + struct.pack("<f", 2.0)
    tensor = bytes([18, len(value) * 2]) + value * 2
    entry = bytes([10, 6]) + b"values" + bytes([18, len(tensor)]) + tensor
    message = bytes([10, len(entry)]) + entry
    framed = struct.pack("<II", MAGIC, len(message)) + message + bytes(-len(message) % 4)

    assert read_records(framed)[0].features["values"].values.tolist() == [2.0, 2.0]


def test_a_record_in_parts_is_joined_by_the_magic_number():
    """Parts 1, 2, 3 are first, middle and last."""
    parts = [(1, b"abcd"), (2, b""), (3, b"ef")]
    data = b"".join(
        struct.pack("<II", MAGIC, part << 29 | len(body)) + body + bytes(-len(body) % 4)
        for part, body in parts
    )
    magic = struct.pack("<I", MAGIC)

    assert list(frames(data)) == [b"abcd" + magic + magic + b"ef"]


@pytest.mark.parametrize("order", [(3,), (1, 0), (1,), (0, 2), (1, 1), (5,)])
def test_parts_out_of_turn_are_refused(order):
    """A last part without a first one, or a record that never ends."""
    data = b"".join(struct.pack("<II", MAGIC, part << 29) for part in order)

    with pytest.raises(UserError):
        list(frames(data))


@pytest.mark.parametrize(
    ("tensor", "told"),
    [
        (Tensor(np.ones(2), np.array([0, 9], np.uint64), (9,)), "key 9"),
        (Tensor(np.ones(2), np.array([0], np.uint64), (9,)), "1 keys and 2 values"),
        (Tensor(np.ones(1), np.array([0], np.uint64)), "no shape"),
        (Tensor(np.ones(3), None, (2,)), "3 values"),
        (Tensor(np.ones(1), np.array([0], np.uint64), (2**40, 2**40)), "beyond"),
    ],
)
def test_a_tensor_that_contradicts_itself_is_refused(tensor, told):
    """Keys, values and shape must fit together."""
    with pytest.raises(UserError, match=told):
        tensor.dense()


def test_a_sparse_tensor_is_zero_where_it_says_nothing():
    """The values stand where the keys say, over all axes."""
    tensor = Tensor(np.array([5.0, 7.0]), np.array([4, 1], np.uint64), (2, 3))

    assert tensor.dense().tolist() == [0, 7, 0, 0, 5, 0]
