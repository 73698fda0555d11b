"""A run's rows: prepared, with the run's own code beside them."""

import io
import json

import pytest
from pyarrow import parquet

import handle_prepare_data
from handle_prepare_data import lambda_handler as prepare_data
from tests.builders import PROBLEM, RUN, own_event, problem_record
from tests.builders import run_record as run_that_began
from tests.integration.functions.world import World

INPUT = "s3://lake/churn/ingested/a.parquet"
FOLDER = f"s3://lake/{PROBLEM}/runs/{RUN}"


def started():
    data = {"problem": PROBLEM, "run": RUN, "because": "data", "inputs": 1, "rows": 600}
    return own_event("RunStarted", data)


@pytest.fixture
def world(ingested, tmp_path, monkeypatch):
    (tmp_path / "jobs.pyz").write_bytes(b"the code")
    monkeypatch.setattr(handle_prepare_data, "JOBS", tmp_path / "jobs.pyz")
    extra = "columns: {id: customerID}\n"
    world = World(problem_record(extra, active_run=RUN, last_run=RUN), run_that_began(extra))
    world.objects.write(INPUT, ingested.read_bytes())
    world.objects.write(f"{FOLDER}/inputs.json", json.dumps({"inputs": [INPUT]}).encode())
    return world


def test_all_that_a_run_needs_lies_in_its_folder(world):
    """Documents apart from the training rows, reports for people, and the code of the jobs."""
    ((name, data),) = world.deliver(prepare_data, started())

    assert (name, data["rows"], data["task"]) == ("DataPrepared", 600, "binary_classification")
    run = world.records.run(PROBLEM, RUN)
    assert (run.stage, run.features) == ("prepared", data["features"])
    for key in (
        "prepared/train/train.parquet",
        "prepared/validation/validation.parquet",
        "prepared/documents/features.json",
        "prepared/documents/problem.json",
        "prepared/documents/baseline.json",
        "holdout/holdout.parquet",
        "rows/rows.parquet",
        "reports/cleaning.html",
    ):
        assert world.objects.read(f"{FOLDER}/{key}")
    assert world.objects.read(f"{FOLDER}/code/jobs.pyz") == b"the code"
    kinds = world.objects.content_types
    assert kinds[f"{FOLDER}/reports/profile.html"] == "text/html; charset=utf-8"


def test_rows_that_nothing_can_be_learned_from_end_the_run(world):
    """The problem is free for its next run."""
    world = World(
        problem_record(active_run=RUN, last_run=RUN),
        run_that_began(definition=problem_record().definition | {"target": "Nothing"}),
    )
    world.objects.write(INPUT, _table({"a": ["1", "2"], "b": ["x", "y"]}))
    world.objects.write(f"{FOLDER}/inputs.json", json.dumps({"inputs": [INPUT]}).encode())

    ((name, data),) = world.deliver(prepare_data, started())

    assert name == "DataRejected"
    assert "Nothing" in data["faults"][0]["message"]
    assert world.records.run(PROBLEM, RUN).stage == "data_rejected"
    assert world.records.problem(PROBLEM).active_run is None


def _table(columns):
    import pyarrow as pa

    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out)
    return out.getvalue()


def test_a_run_that_went_on_is_not_prepared_again(world):
    """A late repeat of its start finds it past."""
    world.deliver(prepare_data, started())

    assert world.deliver(prepare_data, started()) == []
