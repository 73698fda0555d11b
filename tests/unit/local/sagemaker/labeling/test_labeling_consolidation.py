"""One label of several answers."""

from __future__ import annotations

import random
from typing import Any

import pytest

from local.sagemaker.labeling.labeling_consolidation import (
    boxes,
    classified,
    dawid_skene,
    multi_classified,
    overlap,
    spans,
)

CLASSES = ["a", "b"]


def said(worker: str, **element: Any) -> dict[str, Any]:
    return {"worker": worker, "answer": {"element": element}}


def test_good_workers_count_more_than_careless_ones() -> None:
    """Three workers who guess do not outvote two who know, once all have answered enough."""
    chance = random.Random(7)
    truth = [chance.choice(CLASSES) for _ in range(200)]
    votes = [
        {
            "good": t,
            "better": t if chance.random() < 0.95 else "a",
            "guess": chance.choice(CLASSES),
            "guess more": chance.choice(CLASSES),
            "guess most": chance.choice(CLASSES),
        }
        for t in truth
    ]
    majority = sum(
        max(CLASSES, key=list(vote.values()).count) == true
        for vote, true in zip(votes, truth, strict=True)
    )
    beliefs = dawid_skene(votes, CLASSES)
    right = sum(max(b, key=lambda c: b[c]) == t for b, t in zip(beliefs, truth, strict=True))

    assert right >= max(185, majority + 10)
    assert all(sum(belief.values()) == pytest.approx(1) for belief in beliefs)


def test_one_answer_has_no_confidence() -> None:
    """AWS writes 0 where one worker's word is held against nobody's."""
    found = classified([[said("ann", label="b")]], CLASSES)
    assert found == [{"index": 1, "class": "b", "confidence": 0.0}]


def test_answers_beside_the_classes_make_no_label() -> None:
    """A class that is not in the list is no label, and neither is another form of answer."""
    assert classified([[said("ann", label="c")], [said("ann", labels=["a"])]], CLASSES) == [
        None,
        None,
    ]


def test_several_classes_are_questions_of_their_own() -> None:
    """A class that most workers chose belongs to the object."""
    item = [said("x", labels=["a"]), said("y", labels=["a", "b"]), said("z", labels=["a"])]
    (found,) = multi_classified([item], CLASSES)
    assert found is not None
    assert found["indexes"] == [0]


def test_boxes_of_one_thing_are_averaged() -> None:
    """Boxes that overlap are one thing; what a single worker of three drew is left out."""
    box = {"label": "a", "left": 10, "top": 10, "width": 20, "height": 20}
    stray = box | {"left": 100}
    item = [
        said("x", boundingBoxes=[box], inputImageProperties={"width": 200, "height": 100}),
        said("y", boundingBoxes=[box | {"left": 12}]),
        said("z", boundingBoxes=[box | {"left": 14}, stray]),
    ]
    found = boxes(item, CLASSES)

    assert found is not None
    assert found["annotations"] == [
        {"class_id": 0, "left": 12, "top": 10, "width": 20, "height": 20}
    ]
    assert found["confidences"] == [1.0]
    assert found["size"] == {"width": 200, "height": 100}


def test_overlap_is_shared_over_whole_area() -> None:
    """Half of each box shared is a third of both."""
    first = {"left": 0, "top": 0, "width": 2, "height": 2}
    assert overlap(first, first | {"left": 1}) == pytest.approx(1 / 3)
    assert overlap(first, first | {"left": 5}) == 0


def test_spans_need_a_majority() -> None:
    """A span that two of three marked stays, with the label of most."""
    entity = {"label": "a", "startOffset": 0, "endOffset": 4}
    item = [
        said("x", entities=[entity]),
        said("y", entities=[entity, entity | {"startOffset": 2}]),
        said("z", entities=[]),
    ]
    assert spans(item) == {"entities": [entity], "confidences": [0.67]}
    assert spans([]) is None
