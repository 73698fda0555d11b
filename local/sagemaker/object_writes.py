"""Writes one object from memory, under a role and with a key of its own if one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.sagemaker.clients import CLOUD_ERRORS
from local.sagemaker.objects import ObjectsError, split_uri

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform


def write_object(  # noqa: PLR0917 -- what every writer of results says, in the same order
    platform: Platform,
    uri: str,
    body: bytes,
    role: str = "",
    kms_key: str = "",
    content_type: str = "",
) -> None:
    """Write content to an address.

    Args:
        platform: The local SageMaker.
        uri: `s3://bucket/key`.
        body: The content.
        role: Who writes; empty for the local SageMaker itself.
        kms_key: The key that encrypts the object; empty for the bucket's own.
        content_type: Its media type; empty to leave it to S3.

    Raises:
        ObjectsError: When S3 does not take it.
    """
    bucket, key = split_uri(uri)
    more = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
    if content_type:
        more["ContentType"] = content_type
    try:
        platform.clients.client("s3", role).put_object(Bucket=bucket, Key=key, Body=body, **more)
    except CLOUD_ERRORS as error:
        raise ObjectsError(f"Unable to write {uri}: {error}") from error
