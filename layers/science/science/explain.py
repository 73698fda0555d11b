"""Why a model says what it says: Shapley values of its trees, gathered per raw column.

XGBoost computes exact Shapley values of a tree ensemble in polynomial time (TreeSHAP: Lundberg et
al., Nature Machine Intelligence 2020). They add up, so the contributions of all features made from
one raw column are that column's contribution. Values are in the model's own unit: log odds for
classes, the target's unit for regression.
"""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from science.metric_names import REGRESSION
from science.values import numbers

Array = np.ndarray[Any, Any]


def explanation(
    contributions: Array,
    columns: dict[str, Array],
    sources: list[str],
    problem: dict[str, Any],
) -> dict[str, Any]:
    """Global importance of each raw column: the mean of |its contribution| over the rows.

    Args:
        contributions: XGBoost's ``pred_contribs``, shape (n, f + 1) or (n, k, f + 1); the last
            entry of a row is the bias, the model's mean answer.
        columns: the raw columns of the same rows.
        sources: for each of the f features, the raw column it is made from.
        problem: the prepared problem.

    Returns:
        ``columns`` by falling importance, each with its ``share`` of the whole and, for numbers,
        the ``direction``: the correlation of the value with its contribution; and ``by_label``,
        Clarify's ``global_shap_values`` and ``expected_value`` of each label.
    """
    if contributions.ndim == 2:
        contributions = contributions[:, None, :]
    names = sorted(set(sources))
    gathered = _gathered(contributions[:, :, :-1], sources, names)
    return {
        "method": "TreeSHAP, exact, on a sample of the held-out rows",
        "unit": problem["target"] if problem["task"] == REGRESSION else "log odds",
        "rows": int(contributions.shape[0]),
        "columns": _ranked(gathered, names, columns),
        "by_label": _by_label(contributions, gathered, names),
    }


def clarify_block(found: dict[str, Any]) -> dict[str, Any]:
    """The ``explanations`` block of ``analysis.json``.

    Readers of that form look under ``kernel_shap``; these values are those that Kernel SHAP
    approximates, computed exactly from the trees.
    """
    return {"kernel_shap": found["by_label"]}


def sample_rows(rows: int, wanted: int, seed: int = 0) -> Array:
    """Positions of a random sample without repeats, in rising order."""
    return np.sort(np.random.default_rng(seed).permutation(rows)[:wanted])


def _gathered(contributions: Array, sources: list[str], names: list[str]) -> Array:
    """Contributions per raw column, shape (n, labels, columns)."""
    position = {name: at for at, name in enumerate(names)}
    belongs = np.zeros((len(sources), len(names)), dtype=np.float32)
    belongs[np.arange(len(sources)), [position[source] for source in sources]] = 1.0
    gathered: Array = contributions @ belongs
    return gathered


def _ranked(gathered: Array, names: list[str], columns: dict[str, Array]) -> list[dict[str, Any]]:
    """The columns by falling importance."""
    importance = np.abs(gathered).mean(axis=(0, 1))
    whole = float(importance.sum()) or 1.0
    return [
        {
            "column": names[at],
            "importance": float(importance[at]),
            "share": float(importance[at]) / whole,
            "direction": _direction(columns.get(names[at]), gathered[:, -1, at]),
        }
        for at in np.argsort(-importance, kind="stable")
    ]


def _by_label(contributions: Array, gathered: Array, names: list[str]) -> dict[str, Any]:
    importance = np.abs(gathered).mean(axis=0)
    return {
        f"label{label}": {
            "global_shap_values": {
                name: float(value) for name, value in zip(names, importance[label])
            },
            "expected_value": float(contributions[:, label, -1].mean()),
        }
        for label in range(gathered.shape[1])
    }


def _direction(column: Optional[Array], contribution: Array) -> Optional[float]:
    """Correlation of a number with what it contributes: does more of it mean a higher answer?"""
    if column is None:
        return None
    values = np.asarray(numbers(column), dtype=np.float64)
    known = np.isfinite(values)
    if known.sum() < 10 or known.mean() < 0.5:
        return None
    values, contribution = values[known], contribution[known].astype(np.float64)
    if values.std() == 0 or contribution.std() == 0:
        return None
    return round(float(np.corrcoef(values, contribution)[0, 1]), 4)
