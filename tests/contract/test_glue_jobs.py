"""The jobs of AWS Glue: packed, bounded, and under roles that can do no more than they must."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from events.wiring import of_type, resolved
from lifecycle.requests.glue import start_job_run
from lifecycle.retention import TAG
from tests.contract.test_requests import faults

ROOT = Path(__file__).parents[2]
JOBS = of_type("AWS::Glue::Job")


@pytest.mark.parametrize("name", JOBS)
def test_a_jobs_script_is_a_file_of_this_repository(name):
    """`sam` uploads it and puts its address in its place."""
    assert (ROOT / JOBS[name]["Command"]["ScriptLocation"]).is_file()


@pytest.mark.parametrize("name", JOBS)
def test_a_job_is_never_tried_again_by_glue_and_ends_some_day(name):
    """The relay says what failed, and decides what to do."""
    assert JOBS[name]["MaxRetries"] == 0
    assert JOBS[name]["Timeout"] <= 480
    assert resolved(JOBS[name]["Name"]) == f"baton-{name}"


@pytest.mark.parametrize("name", JOBS)
def test_a_job_has_a_role_of_its_own_that_glue_alone_takes_on(name):
    (statement,) = of_type("AWS::IAM::Role")[f"{name}Role"]["AssumeRolePolicyDocument"]["Statement"]

    assert resolved(JOBS[name]["Role"]) == f"{name}Role.Arn"
    assert statement["Principal"] == {"Service": "glue.amazonaws.com"}


def test_the_versions_on_glue_are_those_of_the_layer():
    """DuckDB is not there; what is fetched must be what the functions run."""
    wanted = JOBS["PrepareLarge"]["DefaultArguments"]["--additional-python-modules"]

    assert f"\n{wanted} " in (ROOT / "layers/science/requirements.txt").read_text()


def test_rows_that_glue_writes_age_as_those_of_the_function_do():
    """The job knows nothing of the lifecycle; what S3 finds them by is the same all the same."""
    tree = ast.parse((ROOT / "glue/prepare_large.py").read_text())
    told = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    assert ast.literal_eval(told["TAG"]) == TAG


def test_starting_a_job_run_is_valid():
    """The search for a former start, too."""
    call = start_job_run("baton-PrepareLarge", "churn/r", {"--run-uri": "s3://lake/churn/runs/r"})

    assert faults("glue", call.operation, call.request) == []
    assert call.search is not None
    assert faults("glue", call.search.operation, call.search.request) == []
