"""The whole way: accepted with every default, or refused with every fault at once."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.errors import ProblemFaultsError
from lifecycle.problem import ResolvedProblem, parse_problem, to_yaml
from tests.unit.lifecycle.problem.helpers import LEAST, faults_of, resolved

KEYS = {
    "name": None,
    "objective": None,
    "target": None,
    "positive": None,
    "task": None,
    "learning": None,
    "metric": {"name", "approve_at"},
    "columns": {"id", "time", "exclude", "sensitive"},
    "compliance": {"pii", "pii_action", "retention_days", "regions"},
    "data": {"minimum_rows", "snapshot", "sources"},
    "prepare": {
        "missing",
        "duplicates",
        "outliers",
        "text",
        "scale",
        "image_size",
        "rare_categories",
        "recipe",
        "steps",
        "flow",
    },
    "features": {"store", "online", "ttl", "join"},
    "label": {"when", "workforce", "active_learning", "classes", "instructions"},
    "build": {"algorithm", "script", "jumpstart"},
    "train": {"instance", "spot", "max_minutes", "rules"},
    "tune": {"strategy", "jobs", "parallel"},
    "evaluate": {"holdout", "bias", "explain"},
    "approve": None,
    "deploy": {"mode", "instance", "shift"},
    "monitor": {"every", "drift", "quality_drop"},
    "retrain": {"on", "cooldown", "through"},
    "budget": {"usd_per_run", "usd_per_month"},
    "alerts": None,
}
"""The contract's keys, in its order."""

FULL = """\
name: churn
objective: Keep customers who would leave next month
target: Churn
positive: "Yes"
task: binary_classification
learning: supervised
metric: {name: roc_auc, approve_at: 0.80}
columns: {id: customerID, time: null, exclude: [], sensitive: [gender]}
compliance: {pii: [], retention_days: 365, regions: [us-east-1]}
data:
  minimum_rows: 500
prepare: {missing: auto, duplicates: drop, outliers: clip, text: tokenize, scale: standardize,
          image_size: [64, 64]}
features: {store: true}
label: {when: target_missing, workforce: private, active_learning: true, classes: [],
        instructions: ""}
build: {algorithm: auto}
train: {instance: ml.m5.large, spot: true, max_minutes: 60,
        rules: [loss_not_decreasing, exploding_gradient, overfit]}
tune: {strategy: bayesian, jobs: 10, parallel: 2}
evaluate: {holdout: 0.15, bias: {facets: [gender], limits: {DPL: 0.2}}, explain: true}
approve: automatic
deploy: {mode: realtime, instance: ml.m5.large, shift: {type: canary, percent: 10, bake_minutes: 5}}
monitor: {every: 1h, drift: 0.2, quality_drop: 0.05}
retrain: {on: [drift, quality], cooldown: 24h, through: events}
budget: {usd_per_run: 5, usd_per_month: 100}
alerts: [ml-team@example.com]
"""


def test_two_keys_are_enough() -> None:
    """Every other key of the contract is there, in its order, with its default."""
    document = resolved()
    assert list(document) == list(KEYS)
    for key, inner in KEYS.items():
        assert inner is None or set(document[key]) == inner
    assert document == json.loads(json.dumps(document))


def test_what_is_written_is_what_is_resolved() -> None:
    """The contract's own example, without the source that is not built yet."""
    document = parse_problem(FULL.encode(), folder="churn").document
    assert document["positive"] == "Yes"
    assert document["metric"] == {"name": "roc_auc", "approve_at": 0.8}
    assert document["columns"]["time"] is None
    assert document["evaluate"]["bias"] == {"facets": ["gender"], "limits": {"DPL": 0.2}}
    assert document["deploy"]["shift"] == {"type": "canary", "percent": 10, "bake_minutes": 5}
    assert document["retrain"]["on"] == ["drift", "quality"]
    assert document["budget"] == {"usd_per_run": 5, "usd_per_month": 100}


@pytest.mark.parametrize("text", [LEAST, FULL, LEAST + "deploy: {shift: {type: all_at_once}}"])
def test_the_resolved_file_is_a_problem_of_its_own(text: str) -> None:
    """Read back, it resolves to itself."""
    document = parse_problem(text.encode(), folder="churn").document
    written = to_yaml(document)
    assert parse_problem(written.encode(), folder="churn").document == document


@pytest.mark.parametrize(
    ("task", "metric"),
    [
        ("binary_classification", "roc_auc"),
        ("multiclass_classification", "balanced_accuracy"),
        ("regression", "rmse"),
    ],
)
def test_a_task_brings_its_metric(task: str, metric: str) -> None:
    """Without a task, both wait until the data is seen."""
    assert resolved(f"task: {task}\n")["metric"]["name"] == metric
    assert resolved()["metric"]["name"] is None


def test_a_metric_may_be_a_bare_name() -> None:
    """With no bar but the champion."""
    assert resolved("metric: f1\n")["metric"] == {"name": "f1", "approve_at": None}


def test_defaults_that_depend_are_written_out() -> None:
    """Facets are the sensitive columns; fewer jobs than two run one at a time."""
    assert resolved("columns: {sensitive: [age]}\n")["evaluate"]["bias"]["facets"] == ["age"]
    assert resolved("tune: {jobs: 1}\n")["tune"]["parallel"] == 1
    assert resolved("deploy: {shift: {type: linear}}\n")["deploy"]["shift"]["percent"] == 10
    assert resolved("deploy: {shift: {type: all_at_once}}\n")["deploy"]["shift"]["percent"] is None
    assert resolved(region="eu-west-1")["compliance"]["regions"] == ["eu-west-1"]


def test_all_faults_are_told_at_once_in_the_order_of_their_lines() -> None:
    """Unknown keys, wrong values and what does not fit together, in one answer."""
    faults = faults_of(
        "name: Churn\n"
        "taget: x\n"
        "metric: {name: rmse, approve_at: high}\n"
        "task: binary_classification\n"
        "tune: {jobs: 2, parallel: 3, stratgy: random}\n"
        "train: {spot: yes, instance: m5.large}\n"
        "alerts: [nobody]\n"
        "deploy:\n"
        "  shift: {type: canary, percent: 80}\n"
    )
    assert [(fault.line, fault.path) for fault in faults] == [
        (1, "name"),
        (1, "target"),
        (2, "taget"),
        (3, "metric.approve_at"),
        (3, "metric.name"),
        (5, "tune.stratgy"),
        (6, "train.instance"),
        (6, "train.spot"),
        (7, "alerts[0]"),
        (9, "deploy.shift.percent"),
    ]
    assert all(fault.message for fault in faults)


def test_the_error_reads_as_a_list_of_faults() -> None:
    """For logs."""
    with pytest.raises(ProblemFaultsError, match=r"line 3: spot: the key spot is not known here"):
        resolved("spot: true\n")


def test_an_accepted_definition_has_no_empty_corners() -> None:
    """Sections that were left empty have their defaults."""
    assert resolved("tune:\ndeploy: {}\nmonitor:\n")["tune"]["jobs"] == 10


def test_a_missing_name_is_told_once() -> None:
    """And not that it does not fit its folder either."""
    (fault,) = faults_of("target: x\n")
    assert (fault.path, fault.cure) == ("name", "Add name: to the file.")


def test_faults_are_bounded() -> None:
    """An event holds 256 KB; what is more than anybody reads is counted."""
    faults = faults_of(LEAST + "".join(f"key{number}: 1\n" for number in range(300)))
    assert len(faults) == 101
    assert faults[-1].message == "200 more faults follow"


@given(st.binary(max_size=300))
def test_whatever_lands_there_is_an_answer(text: bytes) -> None:
    """A definition or faults, never anything else."""
    try:
        assert isinstance(parse_problem(text, folder="churn"), ResolvedProblem)
    except ProblemFaultsError as error:
        assert error.faults  # noqa: PT017  (both answers are right)


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.just("ml.m5.large"),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(sorted(set(re.findall(r"\w+", FULL)))), inner, max_size=3),
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(KEYS)), values, max_size=5))
def test_whatever_stands_under_the_keys_is_an_answer(keys: dict[str, Any]) -> None:
    """JSON is YAML: any mixture of known keys and wild values is accepted or refused in words."""
    text = json.dumps({"name": "churn", "target": "x"} | keys)
    try:
        document = parse_problem(text.encode(), folder="churn").document
    except ProblemFaultsError as error:
        assert all(fault.line == 1 and fault.message for fault in error.faults)  # noqa: PT017
    else:
        assert parse_problem(to_yaml(document).encode(), folder="churn").document == document


def test_the_folder_names_the_problem() -> None:
    """A name that is another's would define a problem nobody dropped data for."""
    (fault,) = faults_of("name: other\ntarget: x\n")
    assert fault.path == "name"
    assert fault.accepted == ("churn",)
    assert "other/problem.yaml" in fault.cure
