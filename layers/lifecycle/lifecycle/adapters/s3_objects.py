"""Objects, on S3."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from lifecycle.adapters.clients import client
from lifecycle.errors import ObjectChangedError
from lifecycle.ports import StoredObject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

BINARY = "application/octet-stream"
PIECE = 1 << 20


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an s3:// address.

    Raises:
        ValueError: it is no such address.
    """
    if not uri.startswith("s3://"):
        raise ValueError(f"{uri!r} is no s3:// address")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


@contextmanager
def _missing_told(uri: str) -> Iterator[None]:
    """Tell of a missing object as of a missing file; HEAD answers 404, GET answers NoSuchKey."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
            raise FileNotFoundError(uri) from error
        raise


class S3Objects:
    """Reads and writes objects with the function's own role."""

    def download(self, uri: str, path: Path, etag: str = "") -> Path:
        """Copy an object of any size to a file, in ranges side by side.

        s3transfer asks for every range "if it matches" the first; which object that was is seen
        from the ETag that there is afterwards.

        Raises:
            FileNotFoundError: there is no such object.
            ObjectChangedError: it no longer has this ETag, if one is given.
        """
        from s3transfer.exceptions import S3DownloadFailedError

        bucket, key = split_uri(uri)
        with path.open("wb") as file, _missing_told(uri):
            try:
                client("s3").download_fileobj(bucket, key, file)
            except S3DownloadFailedError as error:
                raise ObjectChangedError(uri) from error
            if etag:
                found = client("s3").head_object(Bucket=bucket, Key=key)["ETag"]
                if found.strip('"') != etag:
                    raise ObjectChangedError(uri)
        return path

    def upload(
        self,
        path: Path,
        uri: str,
        content_type: str = BINARY,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Copy a file to an object, tagged if asked."""
        bucket, key = split_uri(uri)
        extra = {"ContentType": content_type}
        if tags:
            extra["Tagging"] = urlencode(tags)
        client("s3").upload_file(str(path), bucket, key, ExtraArgs=extra)

    def read(self, uri: str) -> bytes:
        """A small object's bytes.

        Raises:
            FileNotFoundError: there is none.
        """
        bucket, key = split_uri(uri)
        with _missing_told(uri):
            body: bytes = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def sha256(self, uri: str) -> str:
        """The SHA-256 of an object of any size, read piece by piece, in hexadecimal.

        Raises:
            FileNotFoundError: there is no such object.
        """
        bucket, key = split_uri(uri)
        found = hashlib.sha256()
        with _missing_told(uri):
            body = client("s3").get_object(Bucket=bucket, Key=key)["Body"]
        for piece in body.iter_chunks(PIECE):
            found.update(piece)
        return found.hexdigest()

    def write(self, uri: str, body: bytes, content_type: str = BINARY) -> None:
        """Make or replace a small object."""
        bucket, key = split_uri(uri)
        client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)

    def copy(self, source: str, target: str) -> None:
        """Copy an object, of any size, as it is.

        Raises:
            FileNotFoundError: there is no such object.
        """
        bucket, key = split_uri(source)
        target_bucket, target_key = split_uri(target)
        with _missing_told(source):
            client("s3").copy({"Bucket": bucket, "Key": key}, target_bucket, target_key)

    def list(self, prefix: str) -> list[str]:
        """The addresses of all objects under a prefix, in key order."""
        bucket, key = split_uri(prefix)
        pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        return [
            f"s3://{bucket}/{item['Key']}" for page in pages for item in page.get("Contents", [])
        ]

    def stored(self, prefix: str) -> Sequence[StoredObject]:
        """All objects under a prefix, in key order, with what tells one content from another."""
        bucket, key = split_uri(prefix)
        pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        return [
            StoredObject(
                f"s3://{bucket}/{item['Key']}",
                item["ETag"].strip('"'),
                item["LastModified"].astimezone(UTC).isoformat(),
            )
            for page in pages
            for item in page.get("Contents", [])
        ]
