"""Puts the catalogue into S3, as far as it is not there already."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local.sagemaker.containers.jumpstart.archives import (
    MissingWeightsError,
    model_archive,
    script_archive,
)
from local.sagemaker.containers.jumpstart.catalogue import ENTRIES
from local.sagemaker.containers.jumpstart.specifications import (
    MANIFEST,
    PROPRIETARY_MANIFEST,
    archive_key,
    content_bucket,
    manifest,
    script_key,
    specification,
    specification_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from local.sagemaker.containers.jumpstart.entries import Entry

_log = logging.getLogger(__name__)


@dataclass
class Published:
    """What came of it.

    Attributes:
        bucket: Where it is.
        models: The ids in the manifest.
        missing: Model id → why it is not in the manifest.
        written: The keys that were not there, or were different.
    """

    bucket: str
    models: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)


def publish(
    s3: Any, folder: Path, region: str, bucket: str = "", entries: Iterable[Entry] = ENTRIES
) -> Published:
    """Write archives, scripts, specifications and, at last, the manifest that leads to them.

    Args:
        s3: A client of S3.
        folder: Where archives are kept between calls.
        region: The Region whose images the specifications name.
        bucket: Where to; by default the Region's content bucket, made if it is not there.
        entries: The models.

    Returns:
        What is there now.

    Raises:
        ClientError: When S3 refuses.
    """
    done = Published(bucket or content_bucket(region))
    _make_bucket(s3, done.bucket, region)
    there = []
    for entry in entries:
        try:
            _publish_entry(s3, done, entry, folder, region)
        except MissingWeightsError as error:
            done.missing[entry.model_id] = str(error)
            _log.info("JumpStart without %s: %s", entry.model_id, error)
            continue
        there.append(entry)
        done.models.append(entry.model_id)
    _put_json(s3, done, PROPRIETARY_MANIFEST, [])
    _put_json(s3, done, MANIFEST, manifest(there))
    return done


def publish_one(s3: Any, entry: Entry, folder: Path, region: str) -> None:
    """Write what the document of one model leads to; the manifest stays as it is.

    Raises:
        ClientError: When S3 refuses.
        MissingWeightsError: When the model's package is not installed.
    """
    done = Published(content_bucket(region))
    _make_bucket(s3, done.bucket, region)
    _publish_entry(s3, done, entry, folder, region)


def _publish_entry(s3: Any, done: Published, entry: Entry, folder: Path, region: str) -> None:
    if entry.weights:
        _put_file(s3, done, archive_key(entry), model_archive(entry, folder))
    scripts = script_archive(entry, folder)
    _put_file(s3, done, script_key(entry, "inference"), scripts)
    if entry.training is not None:
        _put_file(s3, done, script_key(entry, "transfer_learning"), scripts)
    _put_json(s3, done, specification_key(entry), specification(entry, region))


def _make_bucket(s3: Any, bucket: str, region: str) -> None:
    """Make the bucket unless it is there; right after a start S3 may need a moment to answer."""
    place = {} if region == "us-east-1" else {"LocationConstraint": region}
    options = {"CreateBucketConfiguration": place} if place else {}
    try:
        s3.create_bucket(Bucket=bucket, **options)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists", "OperationAborted"}:
            raise


def _put_json(s3: Any, done: Published, key: str, document: Any) -> None:
    body = json.dumps(document).encode()
    if not _there(s3, done.bucket, key, len(body), _md5(body).hexdigest()):
        s3.put_object(Bucket=done.bucket, Key=key, Body=body)
        done.written.append(key)


def _put_file(s3: Any, done: Published, key: str, path: Path) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, _md5).hexdigest()
        if not _there(s3, done.bucket, key, path.stat().st_size, digest):
            file.seek(0)
            s3.put_object(Bucket=done.bucket, Key=key, Body=file)
            done.written.append(key)


def _there(s3: Any, bucket: str, key: str, size: int, digest: str) -> bool:
    """Tell whether an object of this size and MD5, which is its ETag, is there."""
    try:
        head = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NOT_FOUND:
            raise
        return False
    return bool(head["ContentLength"] == size and head["ETag"].strip('"') == digest)


def _md5(content: bytes = b"") -> Any:
    return hashlib.md5(content, usedforsecurity=False)
