"""Bodies of requests to an endpoint: rows, or what is wrong with each of them."""

from __future__ import annotations

import contextlib

from science.rows import BadRequest, parse_rows

PROBLEM = {"inputs": ["age", "city", "plan"], "target": "churn", "target_position": 3}
TYPES = ("text/csv", "application/json", "application/jsonlines", "application/x-image")


def read_rows(data: bytes) -> None:
    """The first byte chooses the media type; every column comes back as long as the others."""
    kind = TYPES[data[0] % len(TYPES)] if data else TYPES[0]
    with contextlib.suppress(BadRequest):
        columns = parse_rows(data[1:], kind, PROBLEM)
        assert list(columns) == PROBLEM["inputs"]
        assert len({len(column) for column in columns.values()}) == 1


READERS = {"rows": read_rows}
SEEDS = {
    "rows": lambda: [
        b'\x00age,city,plan\n34,"Bonn, am Rhein",a\n',
        b"\x0034,Bonn,a,Yes\n7,,b,No\n",
        b'\x01{"instances": [{"age": 34, "city": null}, [1, "x", true]]}',
        b'\x02{"age": 1e5}\n{"city": "x"}\n',
    ]
}
