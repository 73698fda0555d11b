# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""S3 and DynamoDB as clients of AWS expect them where ministack is stricter."""

from __future__ import annotations

import copy
import functools
from typing import TYPE_CHECKING, Any

from local.ministack_hooks.inside import module

if TYPE_CHECKING:
    from local.ministack_hooks.inside import Json, Response

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


def hook_sent_again() -> None:
    """Know a transaction that is sent again, as botocore does where no answer came in time.

    ministack keeps what was asked to compare it, and then writes its numbers in their shortest
    form, in that very document: the same request had "a different payload" as soon as one of its
    numbers was written otherwise. On AWS it has the answer that it had ("Idempotency",
    TransactWriteItems).
    """
    service = module("services.dynamodb")
    original = service._transact_write_items

    @functools.wraps(original)
    def write(request: Json) -> Response:
        asked = copy.deepcopy(request)
        token = asked.pop("ClientRequestToken", "")
        known = service._txn_token_lookup(token)
        answer: Response = original(request)
        if not known and (kept := service._txn_token_lookup(token)):
            kept["signature"] = asked
        return answer

    service._transact_write_items = write
