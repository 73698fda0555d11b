"""A model's raw output, said as callers read it.

The endpoint imports this: NumPy alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from science.metric_names import BINARY, MULTICLASS, REGRESSION

Array = np.ndarray[Any, Any]

DECIMALS = 6
"""Digits after the point of a score: a float32 has no more to tell."""


def threshold_of(problem: dict[str, Any]) -> float:
    """The score from which on a row counts as positive: 0.5 unless the problem carries its own."""
    found = problem.get("threshold")
    return 0.5 if found is None else float(found)


def probabilities(output: Array, task: str) -> Array:
    """XGBoost's output as class probabilities, shape (n, k); for regression unchanged, shape (n,).

    Args:
        output: shape (n,) from ``binary:logistic`` and regression, (n, k) from ``multi:softprob``.
        task: the problem's task.
    """
    if task == BINARY:
        positive = output.reshape(len(output), -1)[:, -1]
        return np.stack([1.0 - positive, positive], axis=1)
    return output


def answers(output: Array, problem: dict[str, Any]) -> list[dict[str, Any]]:
    """One answer a row, in the order asked.

    Binary: ``{"label", "score"}``, the score being the positive class's. More classes: also
    ``"scores"`` by class, and the score is that of the label. Regression: ``{"value"}``.

    Args:
        output: what the model said, as for ``probabilities``.
        problem: the prepared problem, with ``task`` and ``classes`` (two: negative, positive).
    """
    task = problem["task"]
    if task == REGRESSION:
        return [{"value": float(value)} for value in output]
    names = problem["classes"]
    scores = probabilities(output, task)
    if task == MULTICLASS:
        return [_one_of_many(row, names) for row in scores.astype(np.float64).tolist()]
    bar = threshold_of(problem)
    return [
        {"label": names[int(score >= bar)], "score": round(score, DECIMALS)}
        for score in scores[:, 1].astype(np.float64).tolist()
    ]


def _one_of_many(row: list[float], names: list[Any]) -> dict[str, Any]:
    top = max(range(len(row)), key=row.__getitem__)
    scores = {str(name): round(score, DECIMALS) for name, score in zip(names, row)}
    return {"label": names[top], "score": round(row[top], DECIMALS), "scores": scores}


def answer_columns(output: Array, problem: dict[str, Any]) -> dict[str, list[Any]]:
    """The answers as columns to put beside the rows: ``prediction``, and ``score`` of classes.

    With more than two classes there is a ``score_<class>`` for each as well.
    """
    said = answers(output, problem)
    if problem["task"] == REGRESSION:
        return {"prediction": [answer["value"] for answer in said]}
    columns: dict[str, list[Any]] = {
        "prediction": [answer["label"] for answer in said],
        "score": [answer["score"] for answer in said],
    }
    if problem["task"] == MULTICLASS:
        for name in problem["classes"]:
            columns[f"score_{name}"] = [answer["scores"][str(name)] for answer in said]
    return columns
