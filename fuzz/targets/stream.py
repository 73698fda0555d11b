"""Records of the Kinesis stream, packed together by the producers' library or not."""

from __future__ import annotations

import base64
import json
from hashlib import md5

from aggregated import DIGEST_BYTES, MARK
from ingest_records import cut, sort_records
from lifecycle.records import ShardRecord

SEQUENCE = "49590338271490256608559692538361571095921575989136588898"
ROW = json.dumps({"problem": "churn", "record": {"a": 1, "b": None}}).encode()
TRUTH = json.dumps({"problem": "churn", "inference_id": "x", "label": "Yes"}).encode()


def read_record(data: bytes) -> None:
    """One record: its rows are sorted by problem, or it is set aside with its reason.

    Bytes that begin as packed records do get the digest that belongs to them, which no mutation
    would ever hit.
    """
    if data.startswith(MARK):
        digest = md5(data[len(MARK) :], usedforsecurity=False).digest()
        assert len(digest) == DIGEST_BYTES
        data += digest
    raw = base64.b64encode(data).decode()
    pieces = cut([{"kinesis": {"sequenceNumber": SEQUENCE, "data": raw}}])
    shard = ShardRecord(stream="s", shard="shardId-000000000000")
    for piece in pieces:
        for owner, stretch in sort_records(piece, shard).items():
            assert owner
            json.dumps([stretch.rows, stretch.truths]).encode()
            assert all(fault.message for _, _, fault in stretch.poison)


def _packed(*records: bytes) -> bytes:
    """An aggregated record without its digest ("KPL Aggregated Record Format")."""
    items = []
    for record in records:
        inner = b"\x08\x00" + b"\x1a" + _length(len(record)) + record
        items.append(b"\x1a" + _length(len(inner)) + inner)
    return MARK + b"\x0a\x01k" + b"".join(items)


def _length(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _length(rest) if rest else bytes([low])


READERS = {"record": read_record}
SEEDS = {
    "record": lambda: [ROW, TRUTH, _packed(ROW), _packed(ROW, TRUTH, ROW), b'{"problem": "churn"}']
}
