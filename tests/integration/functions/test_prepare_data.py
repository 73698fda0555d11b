"""A run's rows: prepared, with the run's own code beside them."""

import hashlib
import io
import json

import pytest
from pyarrow import parquet

import handle_prepare_data
from handle_prepare_data import lambda_handler as prepare_data
from tests import encoders
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


HUB = "huggingface-textembedding-all-MiniLM-L6-v2"
ARCHIVE = "s3://jumpstart-cache-prod-us-east-1/some/model.tar.gz"


@pytest.fixture
def embedding(tmp_path, monkeypatch):
    """A run whose texts are to be embedded, and JumpStart with a small model in it."""
    (tmp_path / "jobs.pyz").write_bytes(b"the code")
    monkeypatch.setattr(handle_prepare_data, "JOBS", tmp_path / "jobs.pyz")
    extra = "task: text_classification\nprepare: {text: embed}\n"
    world = World(problem_record(extra, active_run=RUN, last_run=RUN), run_that_began(extra))
    rows = [(f"the new {word} {at}", at % 2) for at, word in enumerate(["rose", "oven"] * 60)]
    columns = {"note": [text for text, _ in rows], "Churn": ["Yes" if y else "No" for _, y in rows]}
    world.objects.write(INPUT, _table(columns))
    world.objects.write(f"{FOLDER}/inputs.json", json.dumps({"inputs": [INPUT]}).encode())
    world.objects.write(ARCHIVE, encoders.archive(encoders.files()))
    world.api.things["sagemaker", "HubContent", HUB] = hub_content(ARCHIVE)
    return world


def hub_content(address):
    return {"HubContentDocument": json.dumps({"HostingArtifactUri": address})}


def test_texts_are_embedded_by_jumpstarts_model_when_asked(embedding):
    """The encoder lies among the run's documents, where the jobs find it."""
    ((name, data),) = embedding.deliver(prepare_data, started())

    assert (name, data["features"]) == ("DataPrepared", encoders.WIDTH)
    features = json.loads(embedding.objects.read(f"{FOLDER}/prepared/documents/features.json"))
    (column,) = features["columns"]
    weights = embedding.objects.read(f"{FOLDER}/prepared/documents/{column['file']}")
    assert hashlib.sha256(weights).hexdigest() == column["sha256"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "has no model"),
        (hub_content("s3://jumpstart-cache-prod-us-east-1/some/folder/"), "is no archive"),
        (hub_content("s3://jumpstart-cache-prod-us-east-1/gone.tar.gz"), "is not at"),
        (hub_content("s3://jumpstart-cache-prod-us-east-1/pickled.tar.gz"), "pickle"),
    ],
)
def test_a_model_that_cannot_be_used_ends_the_run_with_its_reason(embedding, content, told):
    pickled = encoders.files(**{"model.safetensors": None, "pytorch_model.bin": b"\x80"})
    embedding.objects.write(
        "s3://jumpstart-cache-prod-us-east-1/pickled.tar.gz", encoders.archive(pickled)
    )
    embedding.api.things.pop(("sagemaker", "HubContent", HUB))
    if content:
        embedding.api.things["sagemaker", "HubContent", HUB] = content

    ((name, data),) = embedding.deliver(prepare_data, started())

    assert name == "DataRejected"
    assert told in data["faults"][0]["message"]
    assert data["faults"][0]["path"] == "prepare.text"
    assert embedding.records.run(PROBLEM, RUN).stage == "data_rejected"
