"""What arrives early, twice, or while a run is under way: nothing is lost, nothing counts twice."""

import pytest

from tests import tables
from tests.e2e.asking import Asking
from tests.e2e.cloud import PATIENCE_SECONDS

pytestmark = pytest.mark.e2e

QUESTIONS = tables.questions(tables.customers(5, seed=9), "Churn")


def opening(cloud):
    """Data whose problem comes only when its test asks for it; and two stories of two runs."""
    cloud.put("early/data/rows.csv", tables.to_csv(tables.customers(700, seed=21)))


def test_data_before_its_problem_waits_for_it(cloud):
    """It is read when the problem is defined, and once."""
    cloud.define("early", "Churn")

    cloud.event("early", "ModelDeployed")

    assert len(cloud.heard("early", "DataIngested")) == 1
    assert len(cloud.heard("early", "RunStarted")) == 1


def test_the_same_file_twice_counts_once(cloud):
    """Same key, same content: one input, one run."""
    body = tables.to_csv(tables.customers(600, seed=22))
    cloud.define("twice", "Churn")
    cloud.put("twice/data/rows.csv", body)
    cloud.event("twice", "DataIngested")
    cloud.put("twice/data/rows.csv", body)

    cloud.event("twice", "ModelDeployed")

    assert len(cloud.heard("twice", "DataIngested")) == 1
    started = [event["detail"]["data"] for event in cloud.heard("twice", "RunStarted")]
    assert [(run["inputs"], run["rows"]) for run in started] == [(1, 600)]
    assert "counts once" in cloud.story("twice")


def test_a_file_dropped_during_a_run_starts_the_next_and_no_request_fails(cloud):
    """The second model goes blue/green behind the same endpoint while it is asked all the time."""
    shift = {"type": "canary", "percent": 50, "bake_minutes": 0.05}
    cloud.define("second", "Churn", deploy={"shift": shift})
    cloud.put("second/data/one.csv", tables.to_csv(tables.customers(600, seed=23, wrong=0.45)))
    first = cloud.event("second", "RunStarted")["run"]
    cloud.put("second/data/two.csv", tables.to_csv(tables.customers(1800, seed=24)))

    served = cloud.event("second", "ModelDeployed", run=first)
    with Asking(cloud, "second", QUESTIONS) as asking:
        next_run = cloud.events("second", "RunStarted", 2)[1]
        cloud.event("second", "ModelDeployed", run=next_run["run"])
        before = asking.answered
        cloud.answers("second", QUESTIONS)

    assert asking.failures == []
    assert before > 10
    assert served["run"] != next_run["run"]
    assert (next_run["because"], next_run["inputs"], next_run["rows"]) == ("data", 2, 2400)
    endpoint = cloud.client("sagemaker").describe_endpoint(EndpointName="second")
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointConfigName"].endswith(next_run["run"].replace("T", "-").lower())
    evaluation = cloud.report("second", next_run["run"], "evaluation")
    assert evaluation["champion"]["value"] < evaluation["metric"]["value"]


def test_a_problem_redefined_during_a_run_is_learned_anew_when_it_ends(cloud):
    """The run under way keeps the definition it began with."""
    table = tables.houses(700, seed=25)
    cloud.define("redefined", "price")
    cloud.put("redefined/data/rows.csv", tables.to_csv(table))
    cloud.event("redefined", "RunStarted")
    cloud.define("redefined", "place", retrain={"on": []})

    first, second = cloud.events("redefined", "RunStarted", 2)

    assert [first["because"], second["because"]] == ["data", "redefined"]
    prepared = cloud.events("redefined", "DataPrepared", 2)
    assert [event["task"] for event in prepared] == ["regression", "multiclass_classification"]
    assert cloud.event("redefined", "ModelDeployed", run=first["run"])
    ends = {"ModelDeployed", "CandidateRejected"}
    cloud.event("redefined", "CandidateEvaluated", run=second["run"])
    assert ends & {event["detail-type"] for event in cloud.heard("redefined")}


def test_events_that_are_delivered_again_change_nothing(cloud):
    """All that was said of a problem is put on the bus once more: no second run, job or package."""
    cloud.define("repeated", "Churn", retrain={"on": []})
    cloud.put("repeated/data/rows.csv", tables.to_csv(tables.customers(600, seed=26)))
    run = cloud.event("repeated", "ModelDeployed")["run"]
    cloud.event("repeated", "FeaturesStored")
    before = len(cloud.heard("repeated"))

    for event in cloud.heard("repeated"):
        cloud.say(event["detail-type"], event["detail"])
    cloud.say("DriftDetected", _drift("repeated", run))

    cloud.event("repeated", "RetrainingHeldBack")
    assert cloud.until(cloud.queues_are_empty, PATIENCE_SECONDS)
    assert len(cloud.heard("repeated")) == before + 2
    sagemaker = cloud.client("sagemaker")
    packages = sagemaker.list_model_packages(ModelPackageGroupName="repeated")
    assert len(packages["ModelPackageSummaryList"]) == 1
    tunings = sagemaker.list_hyper_parameter_tuning_jobs(NameContains="repeated")
    assert len(tunings["HyperParameterTuningJobSummaries"]) == 1
    assert [row["run"]["S"] for row in cloud.rows("repeated", "run")] == [run]


def _drift(problem, run):
    column = {"column": "age", "statistic": "psi", "value": 0.4, "threshold": 0.2}
    return {
        "data": {
            "problem": problem,
            "run": run,
            "rows": 500,
            "columns": [column],
            "report_uri": "s3://nowhere/drift.html",
        },
        "metadata": {
            "event_id": f"drift-of-{run}",
            "version": 1,
            "correlation_id": run,
            "causation_id": run,
            "occurred_at": "2026-01-01T00:00:00Z",
        },
    }
