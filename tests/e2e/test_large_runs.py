"""A run that outgrows a function is prepared by Spark on Glue, and comes to the same model."""

import json

import pytest

from science.prepare import prepare
from science.run_files import placed
from tests import tables
from tests.row_files import file_differences

pytestmark = pytest.mark.e2e

PROBLEM = "large"
FUNCTION = "baton-PrepareData"
LARGE_FROM = 4000
"""More rows than any other problem of the suite has."""
PATIENCE_SECONDS = 600
"""Spark starts in seconds on a machine with nothing else to do, and here there is much else."""


def opening(cloud):
    """Lower the threshold, as the template's LargeFromRows does, and drop what lies above it."""
    functions = cloud.client("lambda")
    told = functions.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]
    told["BATON_LARGE_FROM_ROWS"] = str(LARGE_FROM)
    functions.update_function_configuration(FunctionName=FUNCTION, Environment={"Variables": told})
    cloud.define(PROBLEM, "Churn", columns={"id": "customerID"}, retrain={"on": []})
    cloud.put(f"{PROBLEM}/data/rows.csv", tables.to_csv(tables.customers(LARGE_FROM, seed=71)))


@pytest.fixture(scope="module")
def prepared(cloud):
    return cloud.event(PROBLEM, "DataPrepared", PATIENCE_SECONDS)


def test_spark_prepared_the_rows_on_glue(cloud, prepared):
    """One job run, under the job's own role, known by the run it was started for."""
    (run,) = cloud.client("glue").get_job_runs(JobName="baton-PrepareLarge")["JobRuns"]

    assert run["JobRunState"] == "SUCCEEDED"
    assert run["Arguments"]["--baton-run"] == f"{PROBLEM}/{prepared['run']}"
    assert "outgrow a function" in cloud.story(PROBLEM)


def test_the_rows_are_those_that_the_function_would_have_made(cloud, prepared, tmp_path):
    """Every file of the run's folder, prepared here once more by the small path."""
    folder = f"{PROBLEM}/runs/{prepared['run']}"
    inputs = []
    for number, uri in enumerate(json.loads(cloud.read(f"{folder}/inputs.json"))["inputs"]):
        inputs.append(tmp_path / f"{number:06d}.parquet")
        inputs[-1].write_bytes(cloud.read(uri))
    out = tmp_path / "out"
    out.mkdir()

    small = prepare(inputs, json.loads(cloud.read(f"{folder}/definition.json")), out)

    assert prepared["rows"] == small.summary["rows"]
    for file in placed(out):
        made, wanted = cloud.read(f"{folder}/{file.where}"), file.path.read_bytes()
        assert file_differences(file.where, made, wanted) == []


def test_its_model_serves(cloud, prepared):
    """Whoever prepared the rows, the relay goes on the same."""
    assert cloud.event(PROBLEM, "ModelDeployed", PATIENCE_SECONDS)["run"] == prepared["run"]
    asked = tables.questions(tables.customers(20, seed=72), "Churn")

    answers = cloud.answers(PROBLEM, asked)

    assert {answer["label"] for answer in answers} <= {"Yes", "No"}
