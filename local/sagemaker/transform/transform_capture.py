"""What a transform job captures: manifests of the objects that it read and wrote.

"Capture data from batch transform job": under `<DestinationS3Uri>/input/yyyy/mm/dd/hh/` and
`<DestinationS3Uri>/output/…` lie manifests, in the form of `S3DataType: ManifestFile`.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.sagemaker.object_writes import write_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.sagemaker.objects import Found
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]


def write_manifests(
    platform: Platform, job: Document, role: str, written: Sequence[tuple[Found, str]]
) -> None:
    """Capture a job's data, if it is to be captured.

    Args:
        platform: The local SageMaker.
        job: The job's document.
        role: Who writes.
        written: Each object that was transformed, and the address of its answers.

    Raises:
        ObjectsError: When S3 does not take a manifest.
    """
    capture = job.get("DataCaptureConfig")
    if not capture or not written:
        return
    hour = datetime.fromtimestamp(platform.clock(), UTC).strftime("%Y/%m/%d/%H")
    inputs = [f"s3://{found.bucket}/{found.key}" for found, _ in written]
    for side, uris in (("input", inputs), ("output", [uri for _, uri in written])):
        place = f"{capture['DestinationS3Uri'].rstrip('/')}/{side}/{hour}/{uuid.uuid4()}.json"
        body = json.dumps(manifest(uris)).encode()
        write_object(platform, place, body, role, capture.get("KmsKeyId", ""), "application/json")


def manifest(uris: Sequence[str]) -> list[Any]:
    """`[{"prefix": …}, name, …]` for addresses, in their order, under what they share."""
    first, last = min(uris), max(uris)
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    prefix = first[:shared].rpartition("/")[0] + "/"
    return [{"prefix": prefix}, *(uri.removeprefix(prefix) for uri in uris)]
