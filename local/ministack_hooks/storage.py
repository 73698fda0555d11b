# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""S3 as clients of AWS expect it where ministack is stricter."""

from __future__ import annotations

import functools
from typing import Any

from local.ministack_hooks.inside import module

_ALGORITHM = "x-amz-server-side-encryption"
_KEY = "x-amz-server-side-encryption-aws-kms-key-id"


def hook_default_key() -> None:
    """Let `aws:kms` without a key mean the account's own `aws/s3` key, as on AWS.

    Page "Using server-side encryption with AWS KMS keys (SSE-KMS)". The SageMaker Python SDK writes
    source archives so.
    """
    service, responses = module("services.s3"), module("core.responses")
    original = service._resolve_sse_write_headers

    @functools.wraps(original)
    def resolve(headers: dict[str, str], bucket: str) -> Any:
        if headers.get(_ALGORITHM) == "aws:kms" and not headers.get(_KEY):
            account, region = responses.get_account_id(), responses.get_region()
            headers = {**headers, _KEY: f"arn:aws:kms:{region}:{account}:alias/aws/s3"}
        return original(headers, bucket)

    service._resolve_sse_write_headers = resolve
