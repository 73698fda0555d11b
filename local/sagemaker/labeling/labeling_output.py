"""What a labelling job leaves in S3: answers, consolidation, and the augmented manifest.

Page "Output Data": below `<S3OutputPath>/<job>/` lie `annotations/worker-response/iteration-N/
<object>/<time>.json`, `annotations/consolidated-annotation/…` and `manifests/output/
output.manifest`.
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

MANIFEST = "manifests/output/output.manifest"


class Output:
    """Writes below a job's output path."""

    def __init__(self, platform: Platform, job: Document) -> None:
        self._platform = platform
        self._role = job["RoleArn"]
        self._root = f"{job['OutputConfig']['S3OutputPath'].rstrip('/')}/{job['LabelingJobName']}"

    def uri(self, name: str) -> str:
        """The address of a file of this job."""
        return f"{self._root}/{name}"

    def put(self, name: str, text: str) -> str:
        """Write one file and return its address; raises `ObjectsError`."""
        return self.put_bytes(name, text.encode())

    def put_bytes(self, name: str, content: bytes) -> str:
        """Write one file and return its address; raises `ObjectsError`."""
        uri = self.uri(name)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "content"
            path.write_bytes(content)
            self._platform.objects.upload(path, uri, self._role)
        return uri

    def put_answers(self, item: Document, iteration: int) -> None:
        """Write all answers to one object."""
        told = [
            {
                "acceptanceTime": stamp(answer["accepted"]),
                "submissionTime": stamp(answer["submitted"]),
                "timeSpentInSeconds": round(answer["submitted"] - answer["accepted"], 3),
                "workerId": answer["worker"],
                "answerContent": json.loads(answer["answer"]),
            }
            for answer in item["answers"]
        ]
        folder = f"annotations/worker-response/iteration-{iteration}/{item['index']}"
        name = f"{folder}/{stamp(self._platform.now())}.json"
        self.put(name, json.dumps({"answers": told}))

    def put_manifest(self, items: Iterable[Document], attribute: str) -> str:
        """Write the manifest: each line as it came, the labelled ones with their label."""
        return self.put(MANIFEST, "".join(manifest_line(i, attribute) + "\n" for i in items))


def manifest_line(item: Document, attribute: str) -> str:
    """One line of the output manifest."""
    line = dict(item["line"])
    if item["status"] == "Labeled":
        line |= item["label"]
        line.setdefault(f"{attribute}-metadata", {})
    return json.dumps(line, ensure_ascii=False)


def metadata(job: Document, now: float, kind: str, own: Document, *, human: bool) -> Document:
    """What every label's metadata has, besides its own.

    Args:
        job: The job's document.
        now: Seconds since the epoch.
        kind: For example `groundtruth/text-classification`.
        own: The label's own: class-name, confidence, …
        human: Whether people gave the label.
    """
    created = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return own | {
        "type": kind,
        "job-name": f"labeling-job/{job['LabelingJobName'].lower()}",
        "human-annotated": "yes" if human else "no",
        "creation-date": created,
    }


def stamp(when: float) -> str:
    """`2026-02-03T10:11:12.345Z`."""
    text = datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
