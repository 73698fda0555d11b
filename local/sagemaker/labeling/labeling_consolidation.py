"""Makes one label of several workers' answers, for the built-in task types.

Classes: expectation maximisation over workers' confusion matrices (Dawid and Skene, "Maximum
Likelihood Estimation of Observer Error-Rates Using the EM Algorithm", 1979) with priors that make a
worker of few answers neither perfect nor useless; page "Annotation Consolidation". Boxes are
matched by their overlap and averaged, spans by their overlap and a majority.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from typing import Any

type Document = dict[str, Any]
type Votes = dict[str, str]
"""Of one object: worker → class."""

ITERATIONS = 50
AGREED = 1e-6
SAME_BOX = 0.5
"""Boxes that overlap so much are taken to be of one thing."""
RIGHT_PRIOR, WRONG_PRIOR = 4.0, 1.0
"""Answers that a worker is taken to have given already: so many right, so many of each wrong."""


def dawid_skene(votes: list[Votes], classes: list[str]) -> list[dict[str, float]]:
    """The probability of each class, of each object.

    Args:
        votes: Of each object the workers' answers; at least one.
        classes: All classes; answers that are none of them are left out.
    """
    known = [{w: c for w, c in item.items() if c in classes} for item in votes]
    beliefs = [_shares(item.values(), classes) for item in known]
    for _ in range(ITERATIONS):
        prior = _prior(beliefs, classes)
        skill = _skill(known, beliefs, classes)
        renewed = [_belief(item, prior, skill, classes) for item in known]
        pairs = zip(renewed, beliefs, strict=True)
        moved = max((abs(new[c] - old[c]) for new, old in pairs for c in classes), default=0.0)
        beliefs = renewed
        if moved < AGREED:
            break
    return beliefs


def _shares(answers: Any, classes: list[str]) -> dict[str, float]:
    counts = Counter(answers)
    whole = sum(counts.values())
    return {c: counts[c] / whole if whole else 1 / len(classes) for c in classes}


def _prior(beliefs: list[dict[str, float]], classes: list[str]) -> dict[str, float]:
    sums = {c: 1.0 + sum(belief[c] for belief in beliefs) for c in classes}
    whole = sum(sums.values())
    return {c: value / whole for c, value in sums.items()}


def _skill(
    votes: list[Votes], beliefs: list[dict[str, float]], classes: list[str]
) -> dict[tuple[str, str], dict[str, float]]:
    """(worker, true class) → probability of each answer."""
    counts: dict[tuple[str, str], dict[str, float]] = {}
    for item, belief in zip(votes, beliefs, strict=True):
        for worker, answer in item.items():
            for true in classes:
                row = counts.setdefault(
                    (worker, true),
                    {c: RIGHT_PRIOR if c == true else WRONG_PRIOR for c in classes},
                )
                row[answer] += belief[true]
    return {key: {c: v / sum(row.values()) for c, v in row.items()} for key, row in counts.items()}


def _belief(
    item: Votes,
    prior: dict[str, float],
    skill: dict[tuple[str, str], dict[str, float]],
    classes: list[str],
) -> dict[str, float]:
    logs = {
        true: math.log(prior[true])
        + sum(math.log(skill[worker, true][answer]) for worker, answer in item.items())
        for true in classes
    }
    top = max(logs.values())
    weights = {true: math.exp(value - top) for true, value in logs.items()}
    whole = sum(weights.values())
    return {true: weight / whole for true, weight in weights.items()}


def classified(objects: list[list[Document]], classes: list[str]) -> list[Document | None]:
    """Class, index and confidence of each object; None where no answer names a class.

    Args:
        objects: Of each object its answers: `worker` and `answer`.
        classes: All classes in the order of the category file.
    """
    votes = [{a["worker"]: label for a in item if (label := label_of(a))} for item in objects]
    found: list[Document | None] = []
    for item, belief in zip(votes, dawid_skene(votes, classes), strict=True):
        if not set(item.values()) & set(classes):
            found.append(None)
            continue
        best = max(classes, key=lambda c: belief[c])
        # One worker's word is not measured against anybody's: AWS writes 0 for it.
        confidence = round(belief[best], 2) if len(item) > 1 else 0.0
        found.append({"index": classes.index(best), "class": best, "confidence": confidence})
    return found


def multi_classified(objects: list[list[Document]], classes: list[str]) -> list[Document | None]:
    """Several classes of each object: each class is a question of yes or no.

    Returns:
        `indexes` and `confidences` by class, or None where nobody answered.
    """
    answers = [{a["worker"]: labels_of(a) for a in item} for item in objects]
    beliefs = {
        c: dawid_skene(
            [{w: "yes" if c in said else "no" for w, said in item.items()} for item in answers],
            ["yes", "no"],
        )
        for c in classes
    }
    found: list[Document | None] = []
    for at, item in enumerate(answers):
        if not item:
            found.append(None)
            continue
        chosen = {c: beliefs[c][at]["yes"] for c in classes if beliefs[c][at]["yes"] > 0.5}
        found.append(
            {
                "indexes": [classes.index(c) for c in chosen],
                "confidences": {
                    c: round(p, 2) if len(item) > 1 else 0.0 for c, p in chosen.items()
                },
            }
        )
    return found


def boxes(item: list[Document], classes: list[str]) -> Document | None:
    """One object's boxes: those that most workers drew, averaged.

    Returns:
        `annotations`, `confidences` and `size`, or None where nobody answered.
    """
    drawn, size = [], {"width": 0, "height": 0}
    for answer in item:
        part = _element(answer, "boundingBoxes")
        if part is None:
            continue
        size = part.get("inputImageProperties") or size
        drawn.append([box for box in part["boundingBoxes"] if box.get("label") in classes])
    if not drawn:
        return None
    groups: list[list[Document]] = []
    for worker_boxes in drawn:
        for box in worker_boxes:
            near = next((g for g in groups if _same(g[0], box)), None)
            if near is None:
                groups.append([box])
            else:
                near.append(box)
    kept = [group for group in groups if len(group) * 2 > len(drawn)]
    sides = ("left", "top", "width", "height")
    return {
        "annotations": [
            {"class_id": classes.index(g[0]["label"])}
            | {side: round(sum(box[side] for box in g) / len(g)) for side in sides}
            for g in kept
        ],
        "confidences": [round(len(g) / len(drawn), 2) if len(drawn) > 1 else 0.0 for g in kept],
        "size": size,
    }


def _same(first: Document, second: Document) -> bool:
    return first["label"] == second["label"] and overlap(first, second) >= SAME_BOX


def overlap(first: Document, second: Document) -> float:
    """The shared part of two boxes' whole area (intersection over union), 0 to 1."""
    width = min(first["left"] + first["width"], second["left"] + second["width"]) - max(
        first["left"], second["left"]
    )
    height = min(first["top"] + first["height"], second["top"] + second["height"]) - max(
        first["top"], second["top"]
    )
    shared = max(0.0, width) * max(0.0, height)
    whole = first["width"] * first["height"] + second["width"] * second["height"] - shared
    return shared / whole if whole else 0.0


def spans(item: list[Document]) -> Document | None:
    """One text's entities: the spans that most workers marked; None where nobody answered."""
    marked = [part["entities"] for answer in item if (part := _element(answer, "entities"))]
    if not marked:
        return None
    counts: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for entities in marked:
        for entity in entities:
            counts[entity["startOffset"], entity["endOffset"]][entity["label"]] += 1
    kept = []
    for (start, end), labels in sorted(counts.items()):
        label, times = labels.most_common(1)[0]
        if times * 2 > len(marked):
            share = round(times / len(marked), 2) if len(marked) > 1 else 0.0
            kept.append((share, {"label": label, "startOffset": start, "endOffset": end}))
    return {"entities": [e for _, e in kept], "confidences": [share for share, _ in kept]}


def label_of(answer: Document) -> str | None:
    """The one class that an answer names: `{"<element>": {"label": "x"}}`."""
    part = _element(answer, "label")
    return None if part is None else str(part["label"])


def labels_of(answer: Document) -> list[str]:
    """The classes that an answer names: `{"<element>": {"labels": ["x", "y"]}}`."""
    part = _element(answer, "labels")
    return [] if part is None else [str(label) for label in part["labels"]]


def _element(answer: Document, member: str) -> Document | None:
    content = answer["answer"]
    content = json.loads(content) if isinstance(content, str) else content
    if not isinstance(content, dict):
        return None
    parts = [content, *content.values()]
    return next((part for part in parts if isinstance(part, dict) and member in part), None)
