"""A run's rows: prepared, with the run's own code beside them."""

import hashlib
import io
import json

import pytest
from pyarrow import parquet

import handle_prepare_data
from handle_prepare_data import lambda_handler as prepare_data
from lifecycle.records import FeatureGroupRecord
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
def jobs(tmp_path, monkeypatch):
    (tmp_path / "jobs.pyz").write_bytes(b"the code")
    monkeypatch.setattr(handle_prepare_data, "JOBS", tmp_path / "jobs.pyz")


@pytest.fixture
def world(ingested, jobs):
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


JOIN = """columns: {id: customerID, time: seen}
features: {join: [{group: orders, columns: [total], within: 3650d}]}
"""
STORE = "s3://lake/orders/features/0/sagemaker/us-east-1/offline-store/orders-1/data"


def joining(ingested, stores=()):
    """A run whose rows have a time, and a problem ``orders`` that keeps features."""
    import pyarrow as pa

    rows = parquet.ParquetFile(ingested).read()
    seen = pa.array([f"2026-02-{day % 28 + 1:02d}" for day in range(rows.num_rows)])
    row = FeatureGroupRecord(problem="orders", group="orders", stores=stores)
    world = World(problem_record(JOIN, active_run=RUN, last_run=RUN), run_that_began(JOIN), row)
    body = io.BytesIO()
    parquet.write_table(rows.append_column("seen", seen), body)
    world.objects.write(INPUT, body.getvalue())
    world.objects.write(f"{FOLDER}/inputs.json", json.dumps({"inputs": [INPUT]}).encode())
    customers = rows.column("customerID").to_pylist()
    moments = pa.array([0] * len(customers), pa.timestamp("ms"))
    orders = {
        "record_id": customers,
        "event_time": ["2026-02-14T00:00:00.000Z"] * len(customers),
        "total": [float(number) for number in range(len(customers))],
        "write_time": moments,
        "api_invocation_time": moments,
        "is_deleted": [False] * len(customers),
    }
    key = f"{STORE}/year=2026/month=02/day=14/hour=00/20260214T000000Z_0123456789abcdef.parquet"
    world.objects.write(key, _table(orders))
    return world


def test_features_of_another_problem_are_joined_as_they_were_known(ingested, jobs):
    """Rows of before the orders know nothing of them; the model has the column all the same."""
    world = joining(ingested, stores=(STORE,))

    ((name, _),) = world.deliver(prepare_data, started())

    assert name == "DataPrepared"
    problem = json.loads(world.objects.read(f"{FOLDER}/prepared/documents/problem.json"))
    assert "orders.total" in problem["inputs"]
    assert problem["joined"][0]["columns"]["orders.total"]["name"] == "total"
    held = parquet.read_table(io.BytesIO(world.objects.read(f"{FOLDER}/holdout/holdout.parquet")))
    assert None not in held.column("orders.total").to_pylist()  # the newest rows know of them
    train = io.BytesIO(world.objects.read(f"{FOLDER}/prepared/train/train.parquet"))
    totals = parquet.read_table(train).column("orders.total").to_pylist()
    assert 0.3 < totals.count(None) / len(totals) < 0.9  # of the others not all do
    kept = parquet.read_table(io.BytesIO(world.objects.read(f"{FOLDER}/rows/rows.parquet")))
    assert not [column for column in kept.column_names if "total" in column]


def test_a_problem_that_keeps_no_features_is_told_with_its_cure(ingested, jobs):
    world = joining(ingested)

    ((name, data),) = world.deliver(prepare_data, started())

    assert name == "DataRejected"
    (fault,) = data["faults"]
    assert fault["path"] == "features.join[0]"
    assert "define the problem orders" in fault["cure"]


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


FLOW = {
    "metadata": {"version": 1},
    "nodes": [
        {"node_id": "s", "type": "SOURCE", "operator": "sagemaker.s3_source_0.1"},
        {
            "node_id": "t",
            "type": "TRANSFORM",
            "operator": "sagemaker.spark.manage_columns_0.1",
            "parameters": {
                "operator": "Drop column",
                "drop_column_parameters": {"column_to_drop": ["note"]},
            },
            "inputs": [{"node_id": "s"}],
        },
        {
            "node_id": "u",
            "type": "TRANSFORM",
            "operator": "sagemaker.spark.handle_outliers_0.1",
            "parameters": {
                "operator": "Min-max numeric outliers",
                "min_max_numeric_outliers_parameters": {
                    "input_column": ["age"],
                    "fix_method": "Clip",
                    "lower_threshold": 30,
                    "upper_threshold": 60,
                },
            },
            "inputs": [{"node_id": "t"}],
        },
    ],
}


def with_flow(ingested, tmp_path, monkeypatch, flow, asked="flow: code/clean.flow"):
    """A run whose definition names a flow, or another file of steps."""
    for name in ("JOBS", "GLUE"):
        (tmp_path / name).write_bytes(b"the code")
        monkeypatch.setattr(handle_prepare_data, name, tmp_path / name)
    extra = f"columns: {{id: customerID}}\nprepare: {{{asked}}}\n"
    world = World(problem_record(extra, active_run=RUN, last_run=RUN), run_that_began(extra))
    world.objects.write(INPUT, ingested.read_bytes())
    world.objects.write(f"{FOLDER}/inputs.json", json.dumps({"inputs": [INPUT]}).encode())
    if flow is not None:
        address = f"s3://landing/{PROBLEM}/code/clean.flow"
        world.objects.write(address, json.dumps(flow).encode())
    return world


def test_the_steps_of_a_data_wrangler_flow_are_carried_out(ingested, tmp_path, monkeypatch):
    world = with_flow(ingested, tmp_path, monkeypatch, FLOW)

    ((name, _),) = world.deliver(prepare_data, started())

    assert name == "DataPrepared"
    features = json.loads(world.objects.read(f"{FOLDER}/prepared/documents/features.json"))
    assert "note" not in {each["column"] for each in features["columns"]}
    told = json.loads(world.objects.read(f"{FOLDER}/reports/profile.json"))
    (age,) = [each for each in told["columns"] if each["name"] == "age"]
    assert (age["numbers"]["min"], age["numbers"]["max"]) == (30, 60)


def test_a_recipe_of_ones_own_is_carried_out_and_kept_with_the_run(ingested, tmp_path, monkeypatch):
    """The run's own recipe tells its steps, and its folder has the file that asked."""
    world = with_flow(ingested, tmp_path, monkeypatch, None, "recipe: code/own.json")
    steps = [
        {"step": "leave_out", "columns": ["note", "customerID"]},
        {"step": "outliers", "method": "bounds", "columns": ["age"], "low": 30, "high": 60},
        {"step": "split", "holdout": 0.3, "identifier": "customerID"},
    ]
    text = json.dumps({"version": 2, "steps": steps}).encode()
    world.objects.write(f"s3://landing/{PROBLEM}/code/own.json", text)

    ((name, data),) = world.deliver(prepare_data, started())

    assert name == "DataPrepared"
    assert 0.2 < data["holdout_rows"] / data["rows"] < 0.4
    assert world.objects.read(f"{FOLDER}/code/recipe.json") == text
    prepared = json.loads(world.objects.read(f"{FOLDER}/prepared/documents/problem.json"))
    assert prepared["prepare"]["recipe_sha256"] == hashlib.sha256(text).hexdigest()
    written = json.loads(world.objects.read(f"{FOLDER}/prepared/documents/recipe.json"))
    assert "outliers" in [step["step"] for step in written["steps"]]
    told = json.loads(world.objects.read(f"{FOLDER}/reports/profile.json"))
    (age,) = [each for each in told["columns"] if each["name"] == "age"]
    assert (age["numbers"]["min"], age["numbers"]["max"]) == (30, 60)


def test_a_flow_that_is_not_honoured_ends_the_run_and_names_its_nodes(
    ingested, tmp_path, monkeypatch
):
    custom = {**FLOW["nodes"][1], "operator": "sagemaker.spark.custom_pandas_0.1"}
    flow = {**FLOW, "nodes": [FLOW["nodes"][0], custom, FLOW["nodes"][2]]}
    world = with_flow(ingested, tmp_path, monkeypatch, flow)

    ((name, data),) = world.deliver(prepare_data, started())

    assert name == "DataRejected"
    (fault,) = data["faults"]
    assert "custom_pandas_0.1" in fault["message"]
    assert "node t" in fault["path"]
    assert "prepare.steps" in fault["cure"]


def test_a_flow_that_is_not_there_ends_the_run(ingested, tmp_path, monkeypatch):
    world = with_flow(ingested, tmp_path, monkeypatch, None)

    ((name, data),) = world.deliver(prepare_data, started())

    assert name == "DataRejected"
    assert data["faults"][0]["path"] == "prepare.flow"
