"""The built-in task types: what their Lambda functions do, and how their labels are written.

A request names a type by AWS's own functions, `arn:aws:lambda:<region>:<account>:function:
PRE-TextMultiClass` and `…:ACS-TextMultiClass` (API HumanTaskConfig); page "Output Data".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local.sagemaker.labeling.labeling_consolidation import (
    boxes,
    classified,
    multi_classified,
    spans,
)

if TYPE_CHECKING:
    from collections.abc import Callable

type Document = dict[str, Any]
type Labels = tuple[Any, Document]
"""A label and its own metadata, without what all labels have."""

TYPES = {
    "TextMultiClass": "groundtruth/text-classification",
    "ImageMultiClass": "groundtruth/image-classification",
    "TextMultiClassMultiLabel": "groundtruth/text-classification-multilabel",
    "ImageMultiClassMultiLabel": "groundtruth/image-classification-multilabel",
    "BoundingBox": "groundtruth/object-detection",
    "NamedEntityRecognition": "groundtruth/text-span",
    "PassThrough": "groundtruth/custom",
}
CUSTOM = "groundtruth/custom"
_BUILT_IN = re.compile(r":function:(?:PRE|ACS)-([A-Za-z0-9]+)$")


def built_in(arn: str) -> str:
    """The task type of one of AWS's own functions; empty for any other function."""
    match = _BUILT_IN.search(arn)
    return match.group(1) if match else ""


def task_input(line: Document, labels: list[str]) -> Document:
    """What the built-in types' templates get as `task.input`."""
    source = line.get("source", line.get("source-ref"))
    return {"taskObject": source, "labels": labels}


def consolidate(
    task_type: str, objects: list[list[Document]], labels: list[str]
) -> list[Labels | None]:
    """One label of each object; None where the answers make none.

    Args:
        task_type: One of `TYPES`.
        objects: Of each object its answers: `worker` and `answer`.
        labels: The label categories in their order.
    """
    if task_type in ("TextMultiClass", "ImageMultiClass"):
        return [_written(_single, found, labels) for found in classified(objects, labels)]
    if task_type in ("TextMultiClassMultiLabel", "ImageMultiClassMultiLabel"):
        return [_written(_multiple, found, labels) for found in multi_classified(objects, labels)]
    if task_type == "BoundingBox":
        return [_written(_boxes, boxes(answers, labels), labels) for answers in objects]
    if task_type == "NamedEntityRecognition":
        return [_written(_spans, spans(answers), labels) for answers in objects]
    return [_as_they_came(answers) if answers else None for answers in objects]


def _written(
    write: Callable[[Document, list[str]], Labels], found: Document | None, labels: list[str]
) -> Labels | None:
    return None if found is None else write(found, labels)


def _single(found: Document, _labels: list[str]) -> Labels:
    return found["index"], {"class-name": found["class"], "confidence": found["confidence"]}


def _multiple(found: Document, labels: list[str]) -> Labels:
    indexes = found["indexes"]
    confidences = found["confidences"]
    return indexes, {
        "class-map": {str(at): labels[at] for at in indexes},
        "confidence-map": {str(labels.index(name)): value for name, value in confidences.items()},
    }


def _boxes(found: Document, labels: list[str]) -> Labels:
    size = found["size"] | {"depth": 3}
    used = sorted({box["class_id"] for box in found["annotations"]})
    return {"image_size": [size], "annotations": found["annotations"]}, {
        "objects": [{"confidence": value} for value in found["confidences"]],
        "class-map": {str(at): labels[at] for at in used},
    }


def _spans(found: Document, labels: list[str]) -> Labels:
    named = [{"label": label, "shortDisplayName": label} for label in labels]
    return {"annotations": {"labels": named, "entities": found["entities"]}}, {
        "entities": [{"confidence": value} for value in found["confidences"]],
    }


def _as_they_came(answers: list[Document]) -> Labels:
    given = [
        {"workerId": answer["worker"], "annotationData": {"content": answer["answer"]}}
        for answer in answers
    ]
    return {"annotationsFromAllWorkers": given}, {}
