"""Objects in S3 as Spark reads and writes them, on Glue and on the laptop.

Glue's Spark reads ``s3://`` by itself. The laptop's Spark has no driver for S3 (Hadoop's needs 300
MB of AWS's Java SDK): where ``AWS_ENDPOINT_URL`` is set, objects are copied to local files first,
and what Spark writes stays local. A script is the same on both sides.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

DELETED_AT_ONCE = 1000
"""DeleteObjects takes at most so many keys."""


class ObjectFiles:
    """The objects of one job run."""

    def __init__(self, folder: Path, client: Any = None) -> None:
        """Take a local folder that is empty, and boto3's client of S3 if there is one."""
        if client is None:
            import boto3

            client = boto3.client("s3")
        self._client, self._folder = client, folder
        self._staged = bool(os.environ.get("AWS_ENDPOINT_URL"))

    def for_spark(self, uris: Sequence[str]) -> list[str]:
        """Objects as addresses that Spark can read, in the same order."""
        if not self._staged:
            return list(uris)
        folder = self._folder / "inputs"
        folder.mkdir(parents=True, exist_ok=True)
        # Spark reads files in the order of their names where it has a choice.
        return [
            str(self.download(uri, folder / f"{number:06d}{Path(uri).suffix}"))
            for number, uri in enumerate(uris)
        ]

    def spark_folder(self, uri: str) -> str:
        """Where Spark may write; on Glue the address itself, which every worker reaches."""
        return str(self._folder / "written") if self._staged else uri

    def fetched(self, uri: str) -> Path:
        """What Spark wrote to ``spark_folder(uri)``, as a local folder."""
        if self._staged:
            return self._folder / "written"
        folder = self._folder / "fetched"
        for key in self.keys(uri):
            bucket, prefix = _place(uri)
            relative = key[len(prefix) :].lstrip("/")
            target = folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            self.download(f"s3://{bucket}/{key}", target)
        return folder

    def forget(self, uri: str) -> None:
        """Delete what Spark wrote to ``spark_folder(uri)``."""
        bucket, _ = _place(uri)
        keys = [] if self._staged else self.keys(uri)
        for start in range(0, len(keys), DELETED_AT_ONCE):
            named = [{"Key": key} for key in keys[start : start + DELETED_AT_ONCE]]
            self._client.delete_objects(Bucket=bucket, Delete={"Objects": named, "Quiet": True})

    def keys(self, uri: str) -> list[str]:
        """The keys of all objects in a folder."""
        bucket, prefix = _place(uri)
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=f"{prefix}/"
        )
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def read(self, uri: str) -> bytes:
        """A small object."""
        bucket, key = _place(uri)
        body: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def download(self, uri: str, path: Path) -> Path:
        """Copy an object to a file."""
        bucket, key = _place(uri)
        self._client.download_file(bucket, key, str(path))
        return path

    def upload(self, path: Path, uri: str, content_type: str, tagging: str = "") -> None:
        """Copy a file to an object, tagged if asked (as PutObject's ``Tagging`` is written)."""
        bucket, key = _place(uri)
        extra = {"ContentType": content_type} | ({"Tagging": tagging} if tagging else {})
        self._client.upload_file(str(path), bucket, key, ExtraArgs=extra)

    def write(self, uri: str, body: bytes, content_type: str) -> None:
        """Make or replace a small object."""
        bucket, key = _place(uri)
        self._client.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)


def _place(uri: str) -> tuple[str, str]:
    """Bucket and key of an address."""
    bucket, _, key = uri[len("s3://") :].partition("/")
    return bucket, key.rstrip("/")
