"""Joins captured answers with what turned out to be true.

Page "Ingest Ground Truth Labels and Merge Them With Predictions": a label's eventId is the
inference's id if it had one, otherwise the captured event's own.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.monitoring.contract import AnalysisError
from local.sagemaker.containers.monitoring.dataset import Dataset

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.containers.monitoring.dataset import Cell

TRUTH = "groundTruth"


def read_truth(folder: Path) -> dict[str, list[str]]:
    """The labels below a folder: of each event, one for each of its rows.

    Raises:
        AnalysisError: When a line is no label.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        for line in path.read_text("utf-8").splitlines():
            if not line.strip():
                continue
            try:
                document = json.loads(line)
                identity = str(document["eventMetadata"]["eventId"])
                found[identity] = _labels(document["groundTruthData"])
            except (ValueError, KeyError, TypeError) as error:
                raise AnalysisError(f"{path.name} holds no ground truth: {error}") from error
    return found


def merge(data: Dataset, labels: dict[str, list[str]]) -> Dataset:
    """The rows whose truth is known, with a column `groundTruth`.

    Raises:
        AnalysisError: When there is none.
    """
    merged, seen = Dataset(named=data.named), dict.fromkeys(labels, 0)
    for row, identity in zip(data.rows, data.identities, strict=True):
        known = labels.get(identity, [])
        if identity in seen and seen[identity] < len(known):
            merged.add(row | {TRUTH: known[seen[identity]]}, identity)
            seen[identity] += 1
    if not merged.rows:
        raise AnalysisError("No captured answer has a ground truth label")
    return merged


def attribute(data: Dataset, name: str) -> list[Cell]:
    """A column by its name, or by its position from 0; raises `AnalysisError`."""
    if name in data.names:
        return data.column(name)
    if name.isdigit() and int(name) < len(data.names):
        return data.column(data.names[int(name)])
    raise AnalysisError(f"There is no attribute {name}; there are {', '.join(data.names[:50])}")


def _labels(told: dict[str, Any]) -> list[str]:
    text = str(told["data"])
    if told.get("encoding", "CSV") == "JSON":
        value = json.loads(text)
        return [str(item) for item in (value if isinstance(value, list) else [value])]
    return [row[0] for row in csv.reader(io.StringIO(text)) if row]
