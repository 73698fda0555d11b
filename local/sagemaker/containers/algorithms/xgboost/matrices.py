"""XGBoost's matrices of a channel, made once and shared by all trainings that are forked from here.

A tuning job's template process fills `shared` with one thread, so that no OpenMP pool exists when
it forks; its children then start with the matrices in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xgboost

from local.sagemaker.containers.algorithms.xgboost.data import Rows, read_channel

if TYPE_CHECKING:
    from pathlib import Path

QUANTIZED = frozenset({"auto", "hist"})
DEFAULT_BINS = 256
MOST_WATCHED = 4_000
"""Rows of the training channel that its own metric is computed on after each round.

Computed on all of 45,000 rows, `train-auc` alone made a training a quarter longer; it is a line in
the log that nothing is decided by (the container defines no `train:` metric), and 4,000 rows give
it to about 0.01. The validation channel is always used whole.
"""
shared: dict[str, Any] = {}
"""Key of `matrix_key` → matrix."""


def matrix_key(digest: str, bins: int) -> str:
    """What the matrix to train on depends on: its rows, and how many bins."""
    return f"{digest}:{bins}"


def quantized(parameters: dict[str, Any]) -> bool:
    """Tell whether a training works on binned values alone."""
    return (
        parameters.get("tree_method", "auto") in QUANTIZED
        and parameters.get("booster", "gbtree") != "gblinear"
        and "updater" not in parameters
        and parameters.get("process_type", "default") == "default"
    )


def watched_key(digest: str) -> str:
    """The key of a channel's rows that metrics are computed on."""
    return f"watched:{digest}"


def watched(rows: Rows) -> Rows | None:
    """An even sample of a training channel's rows for its metric; None if it is small enough."""
    step = -(-len(rows.labels) // MOST_WATCHED)
    if step < 2:
        return None
    weights = rows.weights[::step] if rows.weights is not None else None
    return Rows(rows.features[::step], rows.labels[::step], weights)


def load(folder: Path, content_type: str, *, weighted: bool) -> Rows:
    """Read a channel; raises `UserError`."""
    return read_channel(folder, content_type, weighted=weighted)


def build(rows: Rows, parameters: dict[str, Any], threads: int) -> Any:
    """Make the matrix that a training with these parameters learns from.

    Args:
        rows: The channel's rows.
        parameters: The training's hyperparameters.
        threads: How many threads to use.
    """
    if not quantized(parameters):
        return plain(rows, threads)
    return xgboost.QuantileDMatrix(
        rows.features,
        rows.labels,
        weight=rows.weights,
        nthread=threads,
        max_bin=parameters.get("max_bin", DEFAULT_BINS),
    )


def plain(rows: Rows, threads: int) -> Any:
    """Make a matrix that metrics are computed on after each round.

    Not a quantized one: to predict its rows XGBoost finds each value back from its bin, which made
    a training on 32,000 rows with 7,000 to watch 2.5 times as long (XGBoost 3.4).
    """
    return xgboost.DMatrix(rows.features, rows.labels, weight=rows.weights, nthread=threads)
