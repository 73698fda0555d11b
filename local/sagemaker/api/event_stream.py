"""AWS's event stream encoding: messages of headers and payload with a checksum each.

`application/vnd.amazon.eventstream`: total length, headers' length, CRC of both; headers (name,
type 7 for strings, value); payload; CRC of all before it ("Event stream encoding", Amazon
Transcribe developer guide, and the Smithy specification). Numbers are big endian.
"""

from __future__ import annotations

import json
import struct
import zlib

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7


def event(kind: str, payload: bytes) -> bytes:
    """An event whose payload is bytes, for example `PayloadPart`."""
    headers = {
        ":event-type": kind,
        ":content-type": "application/octet-stream",
        ":message-type": "event",
    }
    return _message(headers, payload)


def exception(kind: str, **members: str) -> bytes:
    """An exception within a stream, which ends it: for example `ModelStreamError`."""
    headers = {
        ":exception-type": kind,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return _message(headers, json.dumps(members).encode())


def _message(headers: dict[str, str], payload: bytes) -> bytes:
    encoded = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack(">II", 16 + len(encoded) + len(payload), len(encoded))
    checked = prelude + struct.pack(">I", zlib.crc32(prelude)) + encoded + payload
    return checked + struct.pack(">I", zlib.crc32(checked))


def _header(name: str, value: str) -> bytes:
    raw_name, raw_value = name.encode(), value.encode()
    head = struct.pack(">B", len(raw_name)) + raw_name
    return head + struct.pack(">BH", _STRING, len(raw_value)) + raw_value
