"""Objects in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BINARY = "application/octet-stream"


class FakeObjects:
    """Bytes by s3:// address.

    Attributes:
        bodies: what is stored now.
        content_types: and as what.
        tags: the tags of what was uploaded.
    """

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.content_types: dict[str, str] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def download(self, uri: str, path: Path) -> Path:
        path.write_bytes(self.read(uri))
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

    def write(self, uri: str, body: bytes, content_type: str = BINARY) -> None:
        if not uri.startswith("s3://"):
            raise ValueError(f"{uri!r} is no s3:// address")
        self.bodies[uri] = body
        self.content_types[uri] = content_type

    def copy(self, source: str, target: str) -> None:
        self.write(target, self.read(source), self.content_types[source])

    def list(self, prefix: str) -> list[str]:
        # S3 orders keys by their UTF-8 bytes.
        return sorted((uri for uri in self.bodies if uri.startswith(prefix)), key=str.encode)
