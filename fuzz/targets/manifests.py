"""Lists of objects: augmented manifests, and the manifests of channels and of labelling jobs."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from fuzz.folders import memory_folder
from local.sagemaker.labeling.labeling_inputs import BadInput, read_labels, read_manifest
from local.sagemaker.objects import Objects, ObjectsError
from science.examples.listed import address, content, manifest
from science.readers.unreadable import UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path

AUGMENTED = (
    b'{"source-ref": "s3://b/k/a.jpg", "label": 1, "label-metadata": {"class-name": "cat"}}\n'
    b'{"source": "a text", "label": 0}\n'
)
PREFIXED = b'[{"prefix": "s3://b/folder/"}, "one.csv", "deep/two.csv"]'
CATEGORIES = b'{"document-version": "2018-11-28", "labels": [{"label": "cat"}, {"label": "dog"}]}'
JOB = {
    "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": "s3://b/m"}}},
    "LabelAttributeName": "label",
    "LabelCategoryConfigS3Uri": "s3://b/c",
    "RoleArn": "",
}


class _Listed(Objects):
    """S3 with one object, whose content is the case's; whatever a list names is there."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def read(self, uri: str, role: str = "") -> bytes:  # noqa: ARG002  (the base class's names)
        return self.body

    def _head(self, bucket: str, key: str, role: str) -> dict[str, Any]:  # noqa: ARG002
        return {"ETag": "", "ContentLength": 1}


def read_lists(data: bytes) -> None:
    """Each reader of lists makes of the same bytes what it can."""
    path: Path = memory_folder() / "manifest"
    path.write_bytes(data)
    with contextlib.suppress(UnreadableFile):
        for line in manifest(path, "label"):
            content(line, None)
            if line.reference is not None:
                with contextlib.suppress(UnreadableFile):
                    found = address(line.reference, "s3://landing/churn/images")
                    assert found.startswith("s3://")
                    assert ".." not in found.removeprefix("s3://landing/churn/images").split(
                        "/"
                    ) or line.reference.startswith("s3://")
    objects: Any = _Listed(data)
    with contextlib.suppress(ObjectsError):
        for item in objects.find_in_manifest("s3://b/m"):
            assert not item.path.startswith("/")
    platform: Any = SimpleNamespace(objects=objects)
    with contextlib.suppress(BadInput):
        read_manifest(platform, JOB)
    with contextlib.suppress(BadInput):
        read_labels(platform, JOB)


def _seeds() -> list[bytes]:
    both = json.dumps([{"prefix": "s3://b/"}, *(f"{n}.csv" for n in range(20))]).encode()
    return [AUGMENTED, PREFIXED, CATEGORIES, both]


READERS = {"manifest": read_lists}
SEEDS = {"manifest": _seeds}
