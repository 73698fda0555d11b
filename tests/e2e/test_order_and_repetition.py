"""What arrives early, twice, or while a run is under way: nothing is lost, nothing counts twice."""

import threading

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests import tables

pytestmark = pytest.mark.e2e

QUESTIONS = tables.questions(tables.customers(5, seed=9), "Churn")


def opening(cloud):
    """Data whose problem comes only when its test asks for it; and two stories of two runs."""
    cloud.put("early/data/rows.csv", tables.to_csv(tables.customers(700, seed=21)))


class Asking:
    """A thread that asks an endpoint all the time and never tries twice."""

    def __init__(self, cloud, endpoint):
        self._cloud, self._endpoint = cloud, endpoint
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask_on)
        self.answered, self.failures = 0, []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _ask_on(self):
        while not self._over.wait(0.02):
            try:
                answers = self._cloud.answers(self._endpoint, QUESTIONS)
            except (BotoCoreError, ClientError) as error:
                self.failures.append(str(error))
            else:
                self.answered += len(answers) == len(QUESTIONS)


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
    cloud.define("second", "Churn")
    cloud.put("second/data/one.csv", tables.to_csv(tables.customers(600, seed=23, wrong=0.45)))
    first = cloud.event("second", "RunStarted")["run"]
    cloud.put("second/data/two.csv", tables.to_csv(tables.customers(1800, seed=24)))

    served = cloud.event("second", "ModelDeployed", run=first)
    with Asking(cloud, "second") as asking:
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
