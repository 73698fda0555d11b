"""Objects in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256
from typing import TYPE_CHECKING

from lifecycle.errors import ObjectChangedError
from lifecycle.ports import StoredObject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

BINARY = "application/octet-stream"


class FakeObjects:
    """Bytes by s3:// address.

    Attributes:
        bodies: what is stored now.
        content_types: and as what.
        tags: the tags of what was uploaded.
        etags: and under which ETag.
    """

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.content_types: dict[str, str] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.etags: dict[str, str] = {}
        self.written: dict[str, str] = {}
        self.writes = 0

    def download(self, uri: str, path: Path, etag: str = "") -> Path:
        path.write_bytes(self.read(uri))
        if etag not in {"", self.etags[uri]}:
            raise ObjectChangedError(uri)
        return path

    def upload(
        self,
        path: Path,
        uri: str,
        content_type: str = BINARY,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self.write(uri, path.read_bytes(), content_type)
        self.tags[uri] = dict(tags or {})

    def read(self, uri: str) -> bytes:
        if uri not in self.bodies:
            raise FileNotFoundError(uri)
        return self.bodies[uri]

    def sha256(self, uri: str) -> str:
        return sha256(self.read(uri)).hexdigest()

    def write(self, uri: str, body: bytes, content_type: str = BINARY) -> None:
        if not uri.startswith("s3://"):
            raise ValueError(f"{uri!r} is no s3:// address")
        self.bodies[uri] = body
        self.content_types[uri] = content_type
        self.etags[uri] = md5(body, usedforsecurity=False).hexdigest()
        self.writes += 1
        # S3 keeps whole seconds; every write here is one later than the one before.
        moment = datetime(2026, 2, 3, tzinfo=UTC) + timedelta(seconds=self.writes)
        self.written[uri] = moment.isoformat()

    def copy(self, source: str, target: str) -> None:
        self.write(target, self.read(source), self.content_types[source])

    def list(self, prefix: str) -> list[str]:
        # S3 orders keys by their UTF-8 bytes.
        return sorted((uri for uri in self.bodies if uri.startswith(prefix)), key=str.encode)

    def stored(self, prefix: str) -> Sequence[StoredObject]:
        return [
            StoredObject(uri, md5(self.bodies[uri]).hexdigest(), self.written[uri])
            for uri in self.list(prefix)
        ]
