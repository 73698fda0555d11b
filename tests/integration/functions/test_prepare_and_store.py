"""A run's rows: prepared with the run's own code beside them, and kept as features."""

import io
import json
from pathlib import Path

import pytest
from pyarrow import parquet

import handle_prepare_data
from handle_prepare_data import lambda_handler as prepare_data
from handle_store_features import lambda_handler as store_features
from science.feature_rows import definitions
from tests.builders import PROBLEM, RUN, envelope, own_event, prepared_run, problem_record
from tests.builders import run_record as run_that_began
from tests.integration.functions.world import World

INPUT = "s3://lake/churn/ingested/a.parquet"
FOLDER = f"s3://lake/{PROBLEM}/runs/{RUN}"
GROUP = ("sagemaker", "FeatureGroup", PROBLEM)
ROOT = "s3://lake/churn/features/000/sagemaker/us-east-1/offline-store/churn-1/data"


def started():
    data = {"problem": PROBLEM, "run": RUN, "because": "data", "inputs": 1, "rows": 600}
    return own_event("RunStarted", data)


def was_prepared():
    sample = Path(__file__).parents[3] / "events" / "lifecycle" / "DataPrepared.json"
    data = json.loads(sample.read_text())["detail"]["data"]
    return own_event("DataPrepared", data | {"problem": PROBLEM, "run": RUN})


def group_changed():
    detail = {"FeatureGroupName": PROBLEM, "FeatureGroupStatus": "Created"}
    return envelope("aws.sagemaker", "SageMaker Feature Group State Change", detail)


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


def kept_rows(prepared, *, store=True):
    extra = f"features: {{store: {str(store).lower()}}}\n"
    world = World(problem_record(extra, last_run=RUN), prepared_run(extra))
    rows = (prepared / "rows" / "rows.parquet").read_bytes()
    world.objects.write(f"{FOLDER}/rows/rows.parquet", rows)
    return world


def group(prepared, without=0):
    listed = definitions(prepared / "rows" / "rows.parquet")
    features = [{"FeatureName": name, "FeatureType": kind} for name, kind in listed]
    store = {"S3StorageConfig": {"ResolvedOutputS3Uri": ROOT}}
    return {
        "FeatureGroupName": PROBLEM,
        "FeatureGroupStatus": "Created",
        "FeatureDefinitions": features[: len(features) - without],
        "OfflineStoreConfig": store,
    }


def test_the_first_run_makes_the_group_and_its_readiness_fills_it(prepared):
    world = kept_rows(prepared)

    assert world.deliver(store_features, was_prepared()) == []
    assert world.api.operations() == ["CreateFeatureGroup"]
    world.api.things[GROUP] = group(prepared)
    ((name, data),) = world.deliver(store_features, group_changed())

    assert (name, data["rows"]) == ("FeaturesStored", 600)
    assert data["uri"].startswith(f"{ROOT}/year=2026/month=02/day=03/hour=10/")
    table = parquet.read_table(io.BytesIO(world.objects.read(data["uri"])))
    assert table.num_rows == 600
    assert {"event_time", "write_time", "is_deleted"} <= set(table.column_names)


def test_new_columns_widen_the_group_first(prepared):
    world = kept_rows(prepared)
    world.api.things[GROUP] = group(prepared, without=2)

    assert world.deliver(store_features, was_prepared()) == []

    ((operation, request),) = world.api.done
    assert operation == "UpdateFeatureGroup"
    assert len(request["FeatureAdditions"]) == 2


def test_a_group_that_is_being_made_is_waited_for(prepared):
    world = kept_rows(prepared)
    world.api.things[GROUP] = group(prepared) | {"FeatureGroupStatus": "Creating"}

    assert world.deliver(store_features, was_prepared()) == []
    assert "Creating" in world.reasons()[-1]


def test_features_that_are_not_wanted_are_not_kept(prepared):
    world = kept_rows(prepared, store=False)

    assert world.deliver(store_features, was_prepared()) == []
    assert world.api.calls == []


def test_another_feature_group_of_the_account_is_left_alone(prepared):
    world = World()

    assert world.deliver(store_features, group_changed()) == []
    assert "no group of ours" in world.reasons()[-1]
