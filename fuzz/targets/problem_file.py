"""problem.yaml: refused fault by fault, or accepted and the same when its resolved form is read."""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import Any

from lifecycle.errors import ProblemFaultsError
from lifecycle.problem.parse import parse_problem
from lifecycle.problem.writer import to_yaml

SHORT = b"name: churn\ntarget: Churn\n"
SECTIONS = b"""\
objective: Keep customers who would leave next month
positive: "Yes"
task: binary_classification
learning: supervised
metric: {name: roc_auc, approve_at: 0.80}
columns: {id: customerID, time: null, exclude: [a, b], sensitive: [gender]}
compliance: {pii: [email], retention_days: 365, regions: [us-east-1]}
data: {minimum_rows: 500, sources: [{kind: database, through: glue, connection: crm, tables: [a]}]}
prepare: {missing: auto, duplicates: drop, outliers: clip, text: tokenize, scale: standardize}
features: {store: true}
build: {algorithm: auto}
train: {instance: ml.m5.large, spot: true, max_minutes: 60, rules: [overfit]}
tune: {strategy: bayesian, jobs: 10, parallel: 2}
evaluate: {holdout: 0.15, bias: {facets: [gender], limits: {DPL: 0.2}}, explain: true}
approve: automatic
deploy: {mode: realtime, instance: ml.m5.large, shift: {type: canary, percent: 10, bake_minutes: 5}}
monitor: {every: 1h, drift: 0.2, quality_drop: 0.05}
retrain: {on: [drift, quality], cooldown: 24h, through: events}
budget: {usd_per_run: 5, usd_per_month: 100}
alerts: [ml-team@example.com]
"""
"""A line each. Alone they make short inputs: PyYAML takes most of a case's time, by the letter."""
ODD = (
    b"target: &a Churn\nname: *a\n",
    b"--- !!map\nname: !x churn\n...\n---\nname: b\n",
    b"name: |-\n  churn\ntarget: >+\n  Churn\n\n",
    b"? name\n: 'ch''urn'\n? [a]\n: {\"t\\x41\\u00e4\": ~, <<: x}\n# end\n",
    b"%YAML 1.2\n---\nname: churn\nname: churn\ntarget: null\n",
)
"""What YAML has besides plain keys and values."""
STEPS = b"""\
name: churn
target: Churn
prepare:
  steps:
    - {step: impute, columns: [age], method: median}
    - {step: cast, columns: [income], to: number}
"""


LONGEST = 2048

_written: set[bytes] = set()
"""Digests of the documents that this process has written out and read again."""


def read_problem(data: bytes) -> None:
    """Accept or refuse; what was accepted must be accepted, and mean the same, written out."""
    with contextlib.suppress(ProblemFaultsError):
        document = parse_problem(data, folder="churn").document
        content = json.dumps(document).encode()
        digest = hashlib.sha1(content, usedforsecurity=False).digest()
        if digest not in _written:  # to write and read takes longer than all else, and ends alike
            _read_again(document)
            _written.add(digest)


def _read_again(document: dict[str, Any]) -> None:
    try:
        again = parse_problem(to_yaml(document).encode(), folder="churn").document
    except ProblemFaultsError as error:
        raise AssertionError(f"its resolved form is refused: {error}") from error
    assert again == document, "its resolved form means something else"


def _seeds() -> list[bytes]:
    long = SHORT + SECTIONS
    each = [SHORT + section for section in SECTIONS.splitlines(keepends=True)]
    return [SHORT, long, STEPS, SHORT.decode().encode("utf-16"), *each, *ODD]


READERS = {"problem": read_problem}
SEEDS = {"problem": _seeds}
