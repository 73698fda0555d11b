"""problem.yaml: refused fault by fault, or accepted and the same when its resolved form is read."""

from __future__ import annotations

import contextlib

from lifecycle.errors import ProblemFaultsError
from lifecycle.problem.parse import parse_problem
from lifecycle.problem.writer import to_yaml

SHORT = b"name: churn\ntarget: Churn\n"
LONG = b"""\
name: churn
objective: Keep customers who would leave next month
target: Churn
positive: "Yes"
task: binary_classification
learning: supervised
metric: {name: roc_auc, approve_at: 0.80}
columns: {id: customerID, time: null, exclude: [a, b], sensitive: [gender]}
compliance: {pii: [email], retention_days: 365, regions: [us-east-1]}
data:
  minimum_rows: 500
  sources:
    - {kind: database, through: glue, connection: crm, tables: [customers], schedule: rate(1 day)}
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
STEPS = b"""\
name: churn
target: Churn
prepare:
  steps:
    - {step: impute, columns: [age], method: median}
    - {step: cast, columns: [income], to: number}
"""


def read_problem(data: bytes) -> None:
    """Accept or refuse; what was accepted must be accepted, and mean the same, written out."""
    with contextlib.suppress(ProblemFaultsError):
        document = parse_problem(data, folder="churn").document
        written = to_yaml(document).encode()
        try:
            again = parse_problem(written, folder="churn").document
        except ProblemFaultsError as error:
            raise AssertionError(f"its resolved form is refused: {error}") from error
        assert again == document, "its resolved form means something else"


READERS = {"problem": read_problem}
SEEDS = {"problem": lambda: [SHORT, LONG, STEPS, SHORT.decode().encode("utf-16")]}
