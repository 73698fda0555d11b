"""How a stretch of the stream is sorted: by problem, by use, each record once."""

from __future__ import annotations

import base64
import json
from hashlib import md5
from typing import Any

import pytest

from ingest_records import MOST_PROBLEMS, NOBODY, Stretch, Taken, cut, decide, sort_records
from lifecycle.aws_events import RecordsArrived
from lifecycle.cause import Cause
from lifecycle.events import DataIngested, DataRejected, Fault
from lifecycle.records import ShardRecord

SHARD = ShardRecord(stream="records", shard="shardId-000000000000", sequence="100")
ROW = {"problem": "churn", "record": {"age": 3, "Churn": "No"}}


def kinesis(sequence: int, content: Any) -> dict[str, Any]:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    data = base64.b64encode(raw).decode()
    return {"kinesis": {"sequenceNumber": str(sequence), "data": data}}


def sorted_after(records: list[dict[str, Any]], shard: ShardRecord) -> dict[str, Stretch]:
    """The records of a batch of one piece, by problem."""
    (piece,) = cut(records)
    return sort_records(piece, shard)


def test_rows_and_truths_of_several_problems_are_told_apart():
    """One stream serves every problem."""
    found = sorted_after(
        [
            kinesis(101, ROW),
            kinesis(102, {"problem": "fraud", "record": {"amount": 1}}),
            kinesis(103, {"problem": "churn", "inference_id": "a", "label": "Yes"}),
        ],
        SHARD,
    )

    assert found["churn"].rows == [ROW["record"]]
    assert found["churn"].truths == [{"inference_id": "a", "label": "Yes"}]
    assert found["fraud"].rows == [{"amount": 1}]


def test_records_before_the_mark_are_not_taken_in_again():
    """A batch that comes again, or overlaps, adds only what is new."""
    found = sorted_after([kinesis(99, ROW), kinesis(100, ROW), kinesis(101, ROW)], SHARD)

    assert len(found["churn"].rows) == 1


def test_sequence_numbers_are_compared_as_numbers():
    """They have no fixed width."""
    assert sorted_after([kinesis(1000, ROW)], SHARD.model_copy(update={"sequence": "999"}))


@pytest.mark.parametrize(
    ("content", "owner", "says"),
    [
        (b"\xff\xfe not json", NOBODY, "not JSON"),
        ([1, 2], NOBODY, "no object"),
        ({"record": {"age": 3}}, NOBODY, "names no problem"),
        ({"problem": "../etc", "record": {"age": 3}}, NOBODY, "names no problem"),
        ({"problem": "churn"}, "churn", "under the key record"),
        ({"problem": "churn", "record": {}}, "churn", "under the key record"),
        ({"problem": "churn", "inference_id": "a"}, "churn", "no label"),
    ],
)
def test_a_bad_record_is_set_aside_by_itself_with_its_reason(content, owner, says):
    """The good ones beside it go on."""
    found = sorted_after([kinesis(101, content), kinesis(102, ROW)], SHARD)

    ((sequence, _, fault),) = found[owner].poison
    assert sequence == "101"
    assert says in fault.message
    assert found["churn"].rows == [ROW["record"]]


def test_a_record_of_a_megabyte_is_a_record():
    """As large as Kinesis takes them."""
    large = {"problem": "churn", "record": {"text": "x" * 1_000_000}}

    assert len(sorted_after([kinesis(101, large)], SHARD)["churn"].rows) == 1


def test_rows_and_the_new_mark_are_one_decision():
    """So that a crash cannot keep one without the other."""
    arrived = RecordsArrived(stream="records", shard=SHARD.shard, first="101", last="102")
    cause = Cause(arrived, "id", "2026-02-03T10:11:12Z", "id")
    fault = Fault(path="record 102", message="the record is not JSON")
    taken = [
        Taken("churn", "s3://lake/x.parquet", 1, 2, 0, (), None),
        Taken(NOBODY, None, 0, 0, 0, (fault,), "s3://lake/aside.jsonl"),
    ]

    moved = SHARD.model_copy(update={"sequence": "102"})
    decision = decide(cause, taken, "stream/shardId-000000000000/100-102", (moved,))

    shard, row = decision.records
    assert shard.sequence == "102"
    assert (row.problem, row.rows, row.origin) == ("churn", 1, "stream")
    assert [type(event) for event in decision.events] == [DataIngested, DataRejected]


def test_a_batch_of_very_many_problems_is_cut_into_transactions():
    """Each small enough for DynamoDB; together they hold every record, in order."""
    records = [
        kinesis(101 + number, {"problem": f"p{number % 70}", "record": {"n": number}})
        for number in range(200)
    ]

    pieces = cut(records)

    assert max(len(piece.problems) for piece in pieces) <= MOST_PROBLEMS
    assert [each[0] for piece in pieces for each in piece.contents] == [
        str(101 + number) for number in range(200)
    ]


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field_of(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


def packed(*documents: Any) -> bytes:
    """As the Kinesis Producer Library packs records: a table of keys, then each with its index."""
    body = field_of(1, b"key")
    for document in documents:
        body += field_of(3, b"\x08\x00" + field_of(3, json.dumps(document).encode()))
    return b"\xf3\x89\x9a\xc2" + body + md5(body, usedforsecurity=False).digest()


def test_records_that_a_producer_packed_together_are_taken_apart():
    """The poison among them is set aside by itself, named by its place."""
    content = packed(ROW, {"record": {}}, {**ROW, "record": {"note": "x" * 1000}})

    found = sorted_after([kinesis(101, content)], SHARD)

    assert [len(row) for row in found["churn"].rows] == [2, 1]
    ((_, _, fault),) = found[NOBODY].poison
    assert fault.path == "record 101/1"


@pytest.mark.parametrize("damage", [slice(0, -1), slice(0, 8), slice(0, 4)])
def test_damaged_packages_are_poison(damage):
    found = sorted_after([kinesis(101, packed(ROW)[damage]), kinesis(102, ROW)], SHARD)

    ((_, _, fault),) = found[NOBODY].poison
    assert "packed together" in fault.message
    assert len(found["churn"].rows) == 1
