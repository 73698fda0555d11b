"""The commented problem.yaml that `baton init` writes, with a target guessed from a header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TARGET_NAMES = (
    "target", "label", "class", "y", "outcome", "churn", "churned", "default", "fraud", "price",
    "quality", "late", "survived", "response", "result",
)  # fmt: skip
POSITIVE_VALUES = ("yes", "true", "1", "y", "t", "positive")
SENSITIVE_NAMES = ("gender", "sex", "age", "race", "ethnicity", "religion", "nationality")
ROWS_LOOKED_AT = 1000

_TEMPLATE = """\
# What to predict, and from what. Only name and target are needed; what is left out has the
# default that stands behind its #. Every key: docs/problem.md, or the resolved copy that the
# cloud writes to the lake bucket under {name}/problem.resolved.yaml.
name: {name}
objective: {objective}
target: {target}{choice}
{positive}# task: binary_classification       # inferred: also multiclass_classification, regression

metric: {{approve_at: null}}            # a score to reach on the hold-out, such as 0.8
columns: {{id: {identity}, time: null, exclude: [], sensitive: {sensitive}}}

# data: {{minimum_rows: 500}}           # wait until there are so many
# prepare: {{missing: auto, duplicates: drop, outliers: clip, text: tokenize, scale: standardize}}
# train: {{instance: ml.m5.large, spot: true, max_minutes: 60}}
# tune: {{strategy: bayesian, jobs: 10, parallel: 2}}
# evaluate: {{holdout: 0.15, explain: true}}
# approve: automatic                  # manual: waits for a person
# deploy: {{mode: realtime}}           # serverless, or batch: no endpoint, files are scored
#   with shift: {{type: canary, percent: 10, bake_minutes: 5}}, how traffic moves to a new model
# monitor: {{every: 1h, drift: 0.2, quality_drop: 0.05}}
# retrain: {{on: [drift, quality], cooldown: 24h}}
# budget: {{usd_per_run: 5, usd_per_month: 100}}
# alerts: [you@example.com]
"""


@dataclass(frozen=True)
class Guess:
    """What a look at some rows suggests."""

    target: str = "outcome"
    positive: str | None = None
    identity: str | None = None
    sensitive: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


def guess(rows: Iterable[dict[str, Any]]) -> Guess:
    """Propose target, positive value, id and sensitive columns from the first rows of a file."""
    sample = list(islice(rows, ROWS_LOOKED_AT))
    if not sample:
        return Guess()
    columns = tuple(sample[0])
    target = guess_target(columns)
    return Guess(
        target=target,
        positive=_positive({str(row.get(target)) for row in sample if row.get(target) is not None}),
        identity=_identity(columns, target, sample),
        sensitive=tuple(name for name in columns if name.lower() in SENSITIVE_NAMES),
        columns=columns,
    )


def guess_target(columns: Sequence[str]) -> str:
    """Propose the column to predict: one with a telling name, else the last."""
    by_name = {column.strip().lower(): column for column in columns}
    return next((by_name[name] for name in TARGET_NAMES if name in by_name), columns[-1])


def _positive(values: set[str]) -> str | None:
    """The value that means yes, where there are two values and one of them does."""
    if len(values) != 2:
        return None
    return next((value for value in sorted(values) if value.lower() in POSITIVE_VALUES), None)


def _identity(columns: Sequence[str], target: str, sample: list[dict[str, Any]]) -> str | None:
    """The column that names a row: called an id, and different in every row."""
    for column in columns:
        words = re.split(r"[^a-z]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column).lower())
        values = [row.get(column) for row in sample]
        if column != target and "id" in words and len(set(values)) == len(values):
            return column
    return None


def render(name: str, found: Guess) -> str:
    """Write the definition as YAML that people go on from."""
    positive = ""
    if found.positive is not None:
        positive = f"positive: {_scalar(found.positive, quote=True)}\n"
    others = [column for column in found.columns if column != found.target]
    choice = (
        f"    # or one of: {', '.join(others[:8])}" if others else "    # the column to predict"
    )
    return _TEMPLATE.format(
        name=name,
        objective=_scalar(f"Predict {found.target}"),
        target=_scalar(found.target),
        choice=choice.replace("\n", " "),
        positive=positive,
        identity=_scalar(found.identity) if found.identity else "null",
        sensitive="[" + ", ".join(_scalar(column) for column in found.sensitive) + "]",
    )


def _scalar(value: str, *, quote: bool = False) -> str:
    """A text as YAML within a flow, quoted where it must be."""
    style = '"' if quote else None
    text: str = yaml.safe_dump(
        [value], default_flow_style=True, default_style=style, allow_unicode=True, width=10_000
    )
    return text.strip().removeprefix("[").removesuffix("]")
