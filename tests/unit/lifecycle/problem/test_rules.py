"""What must fit together, and what is not built yet."""

from __future__ import annotations

import pytest

from tests.unit.lifecycle.problem.helpers import LEAST, fault_in, faults_of, resolved


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ("task: clustering\n", "task"),
        ("task: anomaly_detection\n", "task"),
        ("learning: reinforcement\n", "learning"),
        ("learning: unsupervised\n", "learning"),
        ("build: {algorithm: lightgbm}\n", "build.algorithm"),
        ("build: {algorithm: kmeans}\n", "build.algorithm"),
        ("build: {script: code/train.py}\n", "build.script"),
        ("build: {jumpstart: some-model}\n", "build.jumpstart"),
        ("label: {workforce: vendor}\n", "label.workforce"),
        ("label: {workforce: public}\n", "label.workforce"),
        ("retrain: {through: pipeline}\n", "retrain.through"),
        ("data: {sources: [{kind: kinesis}]}\n", "data.sources[0]"),
    ],
)
def test_what_is_not_built_yet_says_so(lines: str, path: str) -> None:
    """Nothing is accepted in silence and then not done."""
    fault = fault_in(lines)
    assert fault.path == path
    assert fault.cure or fault.accepted


@pytest.mark.parametrize("algorithm", ["auto", "xgboost"])
def test_what_is_built_is_accepted(algorithm: str) -> None:
    """Both mean XGBoost today."""
    assert resolved(f"build: {{algorithm: {algorithm}}}\n")["build"]["algorithm"] == algorithm


@pytest.mark.parametrize(
    ("task", "metric"),
    [
        ("regression", "roc_auc"),
        ("binary_classification", "rmse"),
        ("multiclass_classification", "r2"),
    ],
)
def test_a_metric_must_judge_its_task(task: str, metric: str) -> None:
    """The accepted ones are those of the task."""
    fault = fault_in(f"task: {task}\nmetric: {metric}\n")
    assert fault.path == "metric.name"
    assert metric not in fault.accepted
    assert fault.accepted


@pytest.mark.parametrize(
    "metric",
    [
        "{name: roc_auc, approve_at: 80}",
        "{name: r2, approve_at: 1.1}",
        "{name: rmse, approve_at: -1}",
    ],
)
def test_a_bar_must_be_reachable(metric: str) -> None:
    """80 % is written 0.8."""
    assert fault_in(f"metric: {metric}\n").path == "metric.approve_at"


def test_a_bar_may_stand_without_a_metric() -> None:
    """The inferred task brings the metric; where the task is given, its range is known."""
    assert resolved("metric: {approve_at: 0.9}\n")["metric"] == {"name": None, "approve_at": 0.9}
    assert fault_in("metric: {approve_at: 9}\ntask: binary_classification\n").path == (
        "metric.approve_at"
    )


def test_a_positive_class_needs_classes() -> None:
    """Of several, it is the one that bias is looked at for; numbers have none."""
    lines = "positive: Yes\ntask: multiclass_classification\n"
    assert resolved(lines)["positive"] == "Yes"
    assert fault_in("positive: Yes\ntask: regression\n").path == "positive"
    assert fault_in("positive: Yes\nmetric: rmse\n").path == "metric.name"


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ("columns: {id: Churn}\n", "columns.id"),
        ("columns: {time: Churn}\n", "columns.time"),
        ("columns: {exclude: [a, Churn]}\n", "columns.exclude[1]"),
        ("evaluate: {bias: {facets: [Churn]}}\n", "evaluate.bias.facets[0]"),
    ],
)
def test_the_target_has_no_other_role(lines: str, path: str) -> None:
    """Excluding it would leave nothing to learn."""
    assert fault_in(lines).path == path


def test_limits_need_somebody_to_protect() -> None:
    """A limit that is never looked at would promise what it does not keep."""
    assert fault_in("evaluate: {bias: {limits: {DPL: 0.1}}}\n").path == "evaluate.bias.limits"
    lines = "columns: {sensitive: [age]}\nevaluate: {bias: {limits: {DPL: 0.1}}}\n"
    assert resolved(lines)["evaluate"]["bias"] == {"facets": ["age"], "limits": {"DPL": 0.1}}


def test_conditional_disparity_needs_a_second_facet() -> None:
    """With one it would never be known, and its limit never be broken."""
    bias = "evaluate: {bias: {facets: [%s], limits: {CDDL: 0.1}}}\n"
    assert fault_in(bias % "age").path == "evaluate.bias.limits.CDDL"
    assert resolved(bias % "age, city")


@pytest.mark.parametrize(
    ("role", "extra"),
    [
        ("the target", "compliance: {pii: [Churn]}\n"),
        ("columns.time", "columns: {time: day}\ncompliance: {pii: [name, day]}\n"),
        ("columns.sensitive", "columns: {sensitive: [sex]}\ncompliance: {pii: [sex]}\n"),
        ("evaluate.bias.facets", "evaluate: {bias: {facets: [sex]}}\ncompliance: {pii: [sex]}\n"),
        ("columns.id", "columns: {id: who}\ncompliance: {pii: [who], pii_action: drop}\n"),
    ],
)
def test_what_must_be_readable_cannot_be_personal(role: str, extra: str) -> None:
    """An identifier may be hashed, but not dropped."""
    fault = fault_in(extra)

    assert fault.path.startswith("compliance.pii[")
    assert role in fault.message
    assert resolved("columns: {id: who}\ncompliance: {pii: [who]}\n")


def test_data_stays_in_an_allowed_region() -> None:
    """The stack's own, which is what counts."""
    fault = fault_in("compliance: {regions: [eu-west-1, eu-central-1]}\n", region="us-east-1")
    assert "us-east-1" in fault.message
    allowed = resolved("compliance: {regions: [eu-west-1]}\n", region="eu-west-1")
    assert allowed["compliance"]["regions"] == ["eu-west-1"]


def test_no_more_jobs_run_at_once_than_there_are() -> None:
    """SageMaker refuses it as well, but later."""
    assert fault_in("tune: {jobs: 3, parallel: 4}\n").path == "tune.parallel"


@pytest.mark.parametrize(
    ("shift", "key"),
    [
        ("{type: canary, percent: 51}", "percent"),
        ("{type: linear, percent: 9}", "percent"),
        ("{type: linear, percent: 51}", "percent"),
        ("{type: all_at_once, percent: 10}", "percent"),
        ("{type: linear, percent: 10, bake_minutes: 60}", "bake_minutes"),
        ("{bake_minutes: 61}", "bake_minutes"),
    ],
)
def test_shifts_keep_within_what_aws_allows(shift: str, key: str) -> None:
    """Percent, minutes, and the eight hours that a deployment may take."""
    assert fault_in(f"deploy: {{shift: {shift}}}\n").path == f"deploy.shift.{key}"


@pytest.mark.parametrize(
    "shift",
    [
        "{type: canary, percent: 1, bake_minutes: 0}",
        "{type: canary, percent: 50, bake_minutes: 0.1}",
        "{type: linear, percent: 50, bake_minutes: 60}",
        "{type: all_at_once, bake_minutes: 60}",
    ],
)
def test_shifts_at_the_bounds_are_accepted(shift: str) -> None:
    """Fractions of a minute included."""
    assert resolved(f"deploy: {{shift: {shift}}}\n")


def test_a_budget_needs_a_known_price() -> None:
    """A limit that cannot be reckoned is none."""
    lines = "train: {instance: ml.z9.large}\n"
    assert resolved(lines)
    assert fault_in(lines + "budget: {usd_per_run: 5}\n").path == "train.instance"


def test_one_mistake_is_told_once() -> None:
    """A rule keeps silent about keys that are at fault already."""
    faults = faults_of(LEAST + "task: clustring\nmetric: {name: rmsee}\ntune: {jobs: 0}\n")
    assert [fault.path for fault in faults] == ["task", "metric.name", "tune.jobs"]


@pytest.mark.parametrize("task", ["text_classification", "image_classification"])
def test_texts_and_pictures_are_classified(task):
    """Whether there are two classes or more the data tells, and with it the usual metric."""
    document = resolved(f"task: {task}\n")

    assert (document["task"], document["metric"]["name"]) == (task, None)
    assert resolved(f"task: {task}\nmetric: f1\n")["metric"]["name"] == "f1"
    fault = fault_in(f"task: {task}\nmetric: rmse\n")
    assert "rmse" not in fault.accepted
    assert "accuracy" in fault.accepted


@pytest.mark.parametrize("content", ["text", "image"])
def test_a_target_does_not_take_the_name_of_what_it_classifies(content):
    (fault,) = faults_of(f"name: churn\ntarget: {content}\ntask: {content}_classification\n")

    assert fault.path == "target"


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ("features: {online: true}\n", "features.online"),
        ("columns: {id: no}\nfeatures: {online: true, store: false}\n", "features.online"),
        ("features: {ttl: 30d}\n", "features.ttl"),
        ("columns: {id: no, time: at}\nfeatures: {join: [{group: churn}]}\n",
         "features.join[0].group"),
        ("columns: {time: at}\nfeatures: {join: [{group: orders}]}\n", "features.join[0]"),
        ("columns: {id: no}\nfeatures: {join: [{group: orders}]}\n", "features.join"),
        ("columns: {id: no, time: at}\nfeatures: {join: [{group: a}, {group: a}]}\n",
         "features.join[1].group"),
    ],
)  # fmt: skip
def test_features_are_asked_for_so_that_they_can_be_found(lines: str, path: str) -> None:
    """By an identifier, at a time, in another problem."""
    fault = fault_in(lines)
    assert fault.path == path
    assert fault.cure


def test_features_of_too_many_problems_are_refused() -> None:
    """The container is told of all their groups in one variable."""
    joins = ", ".join(f"{{group: p{number}, on: no}}" for number in range(11))
    fault = fault_in(f"columns: {{time: at}}\nfeatures: {{join: [{joins}]}}\n")
    assert fault.path == "features.join"


def test_features_online_and_joined_are_accepted() -> None:
    """With all that they need."""
    document = resolved(
        "columns: {id: customerID, time: at}\n"
        "features: {online: true, ttl: 30d, join: [{group: orders, within: 7d}]}\n"
    )
    assert document["features"] == {
        "store": True,
        "online": True,
        "ttl": "30d",
        "join": [{"group": "orders", "columns": [], "on": None, "within": "7d"}],
    }
