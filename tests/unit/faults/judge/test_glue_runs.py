"""Whose a run of a Glue job is, is told by what it was started for."""

import boto3
import pytest
from moto import mock_aws

from faults.judge.glue_runs import KIND, glue_runs_of


@pytest.fixture
def glue(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("glue", region_name="eu-west-1")
        for name in ("fetch", "prepare"):
            command = {"Name": "glueetl", "ScriptLocation": "s3://code/job.py"}
            execution = {"MaxConcurrentRuns": 9}
            client.create_job(Name=name, Role="r", Command=command, ExecutionProperty=execution)
        yield client


def started(glue, job, known_by):
    arguments = {"--baton-run": known_by} if known_by else {}
    return glue.start_job_run(JobName=job, Arguments=arguments)["JobRunId"]


def told(runs):
    return {(run.name, run.run, run.purpose, run.source) for run in runs}


def test_runs_of_all_jobs_are_found_and_those_of_others_left_out(glue):
    fetched = started(glue, "fetch", "churn/shop/f1")
    prepared = started(glue, "prepare", "churn/20260203T101112-3fa94c")
    started(glue, "fetch", "churn-eu/shop/f2")
    started(glue, "prepare", None)

    runs = glue_runs_of(glue, "churn", "")

    assert told(runs) == {
        (fetched, "", "fetch", "shop/f1"),
        (prepared, "20260203T101112-3fa94c", "prepare", ""),
    }
    assert {run.kind for run in runs} == {KIND}


def test_runs_of_an_earlier_life_are_not_looked_at(glue):
    started(glue, "fetch", "churn/shop/f1")

    assert glue_runs_of(glue, "churn", "2999-01-01T00:00:00.000Z") == []
