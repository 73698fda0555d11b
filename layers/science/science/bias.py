"""Bias towards the problem's sensitive columns, in the form of Clarify's ``analysis.json``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from science.bias_metrics import POST_TRAINING, PRE_TRAINING, Value, post_training, pre_training
from science.metric_names import BINARY, REGRESSION
from science.metrics import decide
from science.predictions import probabilities, threshold_of
from science.values import numbers, text_of

Array = np.ndarray[Any, Any]

MOST_VALUES = 12
"""So many values of a facet, the most frequent ones, are looked at one against the rest. A facet of
numbers with more values is continuous. (Clarify's library calls it so if more than 5 % of the rows
differ, and an age in a large file a category of eighty values.)"""
LEAST_ROWS = 30
"""A group of fewer rows breaks no limit: its shares are chance. It is reported all the same."""
LARGEST = 2.348543e108
"""What stands for infinity where a finite number is needed, as in Clarify's CloudWatch metrics."""
METHODS = ("pre_training_bias_metrics", "post_training_bias_metrics")


@dataclass(frozen=True)
class Outcomes:
    """What happened and what was predicted, as yes or no.

    Attributes:
        label: true for the positive outcome, shape (n,).
        predicted: true where it is predicted, shape (n,).
        meaning: what counts as positive, in words or as the class's name.
    """

    label: Array
    predicted: Array
    meaning: str


def bias_report(
    columns: dict[str, Array],
    features: Optional[Array],
    truth: Array,
    output: Array,
    problem: dict[str, Any],
) -> dict[str, Any]:
    """Every metric for every value of every facet, and what breaks the problem's limits.

    Facets are ``evaluate.bias.facets``, or else ``columns.sensitive``. Conditional disparity is
    taken within the values of the next categorical facet, if there is one.

    Args:
        columns: raw columns of the rows, by name.
        features: the encoded rows, shape (n, f), for the fliptest.
        truth: class numbers or values, shape (n,), without NaN.
        output: what the model said of the rows.
        problem: the prepared problem.
    """
    settings = problem["evaluate"]["bias"]
    names = list(settings["facets"] or problem["columns"]["sensitive"])
    limits = dict(settings["limits"] or {})
    outcomes = binarised(truth, output, problem)
    facets = []
    for position, name in enumerate(names):
        others = [
            columns[other] for other in names[position + 1 :] + names[:position] if other in columns
        ]
        facets.append(_facet(name, columns.get(name), others, features, outcomes))
    return {
        "label": problem["target"],
        "label_value": outcomes.meaning,
        "rows": int(truth.size),
        "facets": facets,
        "limits": limits,
        "least_rows": LEAST_ROWS,
        "violations": violations(facets, limits),
    }


def analysis(report: dict[str, Any], explanations: Optional[dict[str, Any]]) -> dict[str, Any]:
    """The same in Clarify's ``analysis.json`` form ("Analysis results").

    Args:
        report: what ``bias_report`` gave.
        explanations: the ``explanations`` block, if the model was explained.
    """
    document: dict[str, Any] = {"version": "1.0"}
    if report["facets"]:
        for method in METHODS:
            document[method] = {
                "label": report["label"],
                "label_value_or_threshold": report["label_value"],
                "facets": {
                    facet["facet"]: [
                        {"value_or_threshold": value["value"], "metrics": value[method]}
                        for value in facet["values"]
                    ]
                    for facet in report["facets"]
                },
            }
    if explanations:
        document["explanations"] = explanations
    return document


def binarised(truth: Array, output: Array, problem: dict[str, Any]) -> Outcomes:
    """Which rows have, and are predicted to have, the positive outcome.

    Two classes: the positive one. More classes: ``positive`` if the problem names it, else the most
    frequent one. Regression: a value above the median of what happened.
    """
    if problem["task"] == REGRESSION:
        middle = float(np.median(truth)) if truth.size else 0.0
        top = float(truth.max()) if truth.size else 0.0
        return Outcomes(truth > middle, output > middle, f"({middle:g}, {top:g}]")
    scores = probabilities(output, problem["task"])
    chosen = decide(scores, threshold_of(problem))
    classes = problem["classes"]
    if problem["task"] == BINARY:
        positive = 1
    elif problem.get("positive") in classes:
        positive = classes.index(problem["positive"])
    else:
        positive = int(np.bincount(truth.astype(np.int64), minlength=len(classes)).argmax())
    return Outcomes(truth == positive, chosen == positive, str(classes[positive]))


def violations(facets: list[dict[str, Any]], limits: dict[str, float]) -> list[dict[str, Any]]:
    """Each metric that lies further from fair than its limit.

    Fair is 0, and 1 for DI, whose limit may be given as either side of 1: 0.8 and 1.25 both mean
    the four-fifths rule (29 CFR 1607.4 D).
    """
    found = []
    for facet in facets:
        for value in facet["values"]:
            if value["rows"] < LEAST_ROWS or value["other_rows"] < LEAST_ROWS:
                continue
            for metric in [metric for method in METHODS for metric in value[method]]:
                limit = limits.get(metric["name"])
                number = as_number(metric["value"])
                if limit is None or number is None or not _breaks(metric["name"], number, limit):
                    continue
                found.append(
                    {
                        "metric": metric["name"],
                        "facet": facet["facet"],
                        "facet_value": value["value"],
                        "value": max(-LARGEST, min(LARGEST, number)),
                        "limit": limit,
                    }
                )
    return found


def as_number(value: Any) -> Optional[float]:
    """A value as written in ``analysis.json`` as a number again."""
    return None if value is None else float(value)


def _breaks(name: str, value: float, limit: float) -> bool:
    if name != "DI":
        return abs(value) > limit
    lowest = min(limit, 1.0 / limit) if limit > 0 else 0.0
    return value < lowest or (lowest > 0 and value > 1.0 / lowest)


def _facet(
    name: str,
    column: Optional[Array],
    others: list[Array],
    features: Optional[Array],
    outcomes: Outcomes,
) -> dict[str, Any]:
    document: dict[str, Any] = {"facet": name, "kind": "category", "values": [], "note": ""}
    if column is None:
        return {**document, "note": "The held-out rows have no such column."}
    groups, document["kind"] = groups_of(column)
    known = np.array([group is not None for group in groups], dtype=bool)
    document["missing"] = int((~known).sum())
    shown, counts = np.unique(groups[known].astype(str), return_counts=True)
    if shown.size < 2:
        return {**document, "note": "All rows have the same value, so nothing can be compared."}
    order = np.argsort(-counts, kind="stable")[:MOST_VALUES]
    if order.size < shown.size:
        document["note"] = f"The {MOST_VALUES} most frequent of {shown.size} values."
    by = _subgroups(others)
    kept = Outcomes(outcomes.label[known], outcomes.predicted[known], outcomes.meaning)
    encoded = None if features is None else features[known]
    inside = None if by is None else by[known]
    document["values"] = [
        _value(str(shown[at]), groups[known], kept, encoded, inside) for at in order
    ]
    if document["kind"] == "number":
        document["values"] = [v for v in document["values"] if v["value"].startswith("(")]
    return document


def groups_of(column: Array) -> tuple[Array, str]:
    """The group of each row as text (None where it is missing), and the facet's kind.

    A continuous facet is cut at its median: the upper part, ``(median, max]``, is the group asked
    about.
    """
    texts = np.array([text_of(value) for value in column.tolist()], dtype=object)
    present = np.array([text is not None for text in texts], dtype=bool)
    values = np.asarray(numbers(column), dtype=np.float64)
    measured = np.isfinite(values)
    distinct = np.unique(values[measured]).size
    if measured.sum() < 0.99 * max(1, present.sum()) or distinct <= MOST_VALUES:
        return texts, "category"
    middle, top = float(np.median(values[measured])), float(values[measured].max())
    groups = np.full(len(column), None, dtype=object)
    groups[measured & (values > middle)] = f"({middle:g}, {top:g}]"
    groups[measured & (values <= middle)] = f"at most {middle:g}"
    return groups, "number"


def _subgroups(others: list[Array]) -> Optional[Array]:
    for column in others:
        groups, kind = groups_of(column)
        if kind == "category":
            return np.array([str(group) for group in groups])
    return None


def _value(
    shown: str,
    groups: Array,
    outcomes: Outcomes,
    features: Optional[Array],
    inside: Optional[Array],
) -> dict[str, Any]:
    facet = groups == shown
    label, predicted = outcomes.label, outcomes.predicted
    before = pre_training(facet, label, inside)
    after = post_training(facet, label, predicted, features, inside)
    return {
        "value": shown,
        "rows": int(facet.sum()),
        "other_rows": int((~facet).sum()),
        "positive_share": float(label[facet].mean()),
        "predicted_share": float(predicted[facet].mean()),
        METHODS[0]: _written(before, PRE_TRAINING),
        METHODS[1]: _written(after, POST_TRAINING),
    }


def _written(metrics: dict[str, Value], descriptions: dict[str, str]) -> list[dict[str, Any]]:
    """Clarify's list: sorted by name, null with its error, infinity as text."""
    listed = []
    for name in sorted(metrics):
        value, error = metrics[name]
        entry: dict[str, Any] = {"name": name, "description": descriptions[name]}
        if value is not None and math.isinf(value):
            entry["value"] = "Infinity" if value > 0 else "-Infinity"
        else:
            entry["value"] = value
        if error:
            entry["error"] = error
        listed.append(entry)
    return listed
