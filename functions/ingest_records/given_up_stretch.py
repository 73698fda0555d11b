"""A stretch of the stream that Lambda gave up on, read again while the stream still holds it.

Lambda notes such a stretch in the dead letters by shard and sequence numbers alone ("Using Lambda
with Kinesis", retaining discarded batches). Meanwhile the shard's mark has gone on, so that it no
longer tells what of the stretch was taken in; the stretches that were, each a row, do.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lifecycle.stretches import StretchRecord

PAGE = 10_000
"""GetRecords returns so many at most, or 10 MB."""

MOST_EMPTY_PAGES = 200
"""GetRecords may answer with nothing and go on (Kinesis, GetRecords); an end must be found."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A stretch of one shard, both ends included.

    Attributes:
        stream_arn: the stream.
        shard: the shard's id.
        first: the sequence number of the first record.
        last: and of the last.
        records: how many there were.
    """

    stream_arn: str
    shard: str
    first: str
    last: str
    records: int

    @classmethod
    def of(cls, note: dict[str, Any]) -> GivenUp:
        """Read Lambda's note.

        Raises:
            KeyError: it is none.
        """
        info = note["KinesisBatchInfo"]
        return cls(
            info["streamArn"],
            info["shardId"],
            info["startSequenceNumber"],
            info["endSequenceNumber"],
            int(info["batchSize"]),
        )

    @property
    def stream(self) -> str:
        """The stream's name."""
        return self.stream_arn.rsplit("/", 1)[-1]

    def meets(self, other: StretchRecord) -> bool:
        """Whether both hold some number."""
        return int(other.first) <= int(self.last) and int(self.first) <= int(other.last)


def is_taken(sequence: str, taken: Iterable[StretchRecord]) -> bool:
    """Whether the record of this sequence number lies in a stretch that was taken in."""
    return any(int(each.first) <= int(sequence) <= int(each.last) for each in taken)


def untaken(records: Iterable[dict[str, Any]], taken: list[StretchRecord]) -> list[dict[str, Any]]:
    """Those records that lie in no stretch that was taken in."""
    return [each for each in records if not is_taken(each["kinesis"]["sequenceNumber"], taken)]


def read_again(client: Any, stretch: GivenUp) -> list[dict[str, Any]]:
    """What the stream still holds of a stretch, as Lambda passes records on.

    Args:
        client: boto3's client of Kinesis.
        stretch: which.
    """
    iterator = _begin(client, stretch)
    found: list[dict[str, Any]] = []
    empty = 0
    while iterator and empty < MOST_EMPTY_PAGES:
        page = client.get_records(ShardIterator=iterator, Limit=PAGE)
        for record in page["Records"]:
            if int(record["SequenceNumber"]) > int(stretch.last):
                return found
            if int(record["SequenceNumber"]) >= int(stretch.first):
                found.append(_as_passed_on(record, stretch))
        if found and int(found[-1]["kinesis"]["sequenceNumber"]) == int(stretch.last):
            return found
        if not page["Records"]:
            empty += 1
            if page.get("MillisBehindLatest") == 0:
                return found
        iterator = page.get("NextShardIterator")
    return found


def _begin(client: Any, stretch: GivenUp) -> str | None:
    """Where to read from; the oldest there is, where the first record is gone."""
    common = {"StreamName": stretch.stream, "ShardId": stretch.shard}
    exceptions = client.exceptions
    try:
        answer = client.get_shard_iterator(
            **common,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            StartingSequenceNumber=stretch.first,
        )
    except exceptions.InvalidArgumentException:
        answer = client.get_shard_iterator(**common, ShardIteratorType="TRIM_HORIZON")
    except exceptions.ResourceNotFoundException:
        return None  # the shard was closed, and all it held is gone
    return str(answer["ShardIterator"])


def _as_passed_on(record: dict[str, Any], stretch: GivenUp) -> dict[str, Any]:
    return {
        "eventID": f"{stretch.shard}:{record['SequenceNumber']}",
        "eventSourceARN": stretch.stream_arn,
        "kinesis": {
            "sequenceNumber": record["SequenceNumber"],
            "data": base64.b64encode(record["Data"]).decode(),
        },
    }
