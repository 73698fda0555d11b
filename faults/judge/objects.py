"""Objects of one bucket below one prefix."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from faults.judge.parquet_rows import NotParquetError, row_count

FOOTER_BYTES = 65_536
"""What is fetched of a Parquet file's end at first; the footers of most files are shorter."""


class Store:
    """A listing, taken once, and what is read of the objects in it.

    Attributes:
        etags: ETag by key.
        sizes: bytes by key.
    """

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client, self.bucket = client, bucket
        self.etags: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for item in page.get("Contents", []):
                self.etags[item["Key"]] = item["ETag"].strip('"')
                self.sizes[item["Key"]] = item["Size"]
        self.rows = cache(self._rows)
        self.read = cache(self._read)

    def key(self, uri: str) -> str:
        """The key in an address of this bucket; empty for an address elsewhere."""
        start = f"s3://{self.bucket}/"
        return uri.removeprefix(start) if uri.startswith(start) else ""

    def has(self, uri: str) -> bool:
        """Whether there is an object at this address."""
        return self.key(uri) in self.etags

    def below(self, uri: str, suffix: str = "") -> list[str]:
        """Addresses of all objects below an address."""
        start = self.key(uri)
        return [
            f"s3://{self.bucket}/{key}"
            for key in self.etags
            if start and key.startswith(start) and key.endswith(suffix)
        ]

    def document(self, uri: str) -> Any:
        """A JSON document, or None when there is none."""
        return json.loads(self.read(uri)) if self.has(uri) else None

    def _read(self, uri: str) -> bytes:
        answer = self._client.get_object(Bucket=self.bucket, Key=self.key(uri))
        return bytes(answer["Body"].read())

    def _rows(self, uri: str) -> int | None:
        """Rows of a Parquet file; None when there is no such file."""
        key = self.key(uri)
        if key not in self.etags:
            return None
        for size in (FOOTER_BYTES, self.sizes[key]):
            span = f"bytes=-{max(1, min(size, self.sizes[key]))}"
            answer = self._client.get_object(Bucket=self.bucket, Key=key, Range=span)
            try:
                return row_count(answer["Body"].read())
            except NotParquetError:
                continue
        return None
