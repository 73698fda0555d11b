"""The traffic is watched: drift, and answers that turn out wrong, lead to a new model."""

import json

import pytest

from tests import tables

pytestmark = pytest.mark.e2e

CAPTURED_SECONDS = 30


def opening(cloud):
    cloud.define("drifting", "Churn", columns={"id": "customerID"}, retrain={"cooldown": "0s"})
    cloud.put("drifting/data/old.csv", tables.to_csv(tables.customers(800, seed=51)))
    cloud.define("mistaken", "Churn", columns={"id": "customerID"}, retrain={"on": ["drift"]})
    cloud.put("mistaken/data/rows.csv", tables.to_csv(tables.customers(800, seed=52)))


@pytest.fixture(scope="module")
def drifted(cloud):
    """DriftDetected, after new people came by the stream and asked the endpoint."""
    cloud.event("drifting", "ModelDeployed")
    others = tables.customers(1600, seed=53, shifted=True)
    cloud.stream(*({"problem": "drifting", "record": row} for row in others))
    cloud.event("drifting", "DataIngested", origin="stream")
    asked = tables.questions(others[:300], "Churn")
    for start in range(0, len(asked), 50):
        cloud.ask("drifting", asked[start : start + 50])
    return cloud.event("drifting", "DriftDetected")


def test_drifted_traffic_leads_to_a_retrained_model(cloud, drifted):
    """Drift, alert, retraining, new model.

    Rows of the stream alone start no run while a model serves; the drift does.
    """
    first = cloud.events("drifting", "ModelDeployed", 1)[0]["run"]
    retrained = cloud.event("drifting", "RetrainingStarted")
    second = cloud.events("drifting", "ModelDeployed", 2)[1]["run"]

    columns = {item["column"]: item for item in drifted["columns"]}
    assert {"age", "plan", "monthly"} <= set(columns)
    assert columns["age"]["value"] > columns["age"]["threshold"]
    assert "gender" not in columns
    assert (drifted["run"], retrained["because"]) == (first, "drift")
    assert "age" in cloud.alert("drifting", "DriftDetected")["Message"]
    assert cloud.alert("drifting", "RetrainingStarted")
    assert second != first
    started = cloud.event("drifting", "RunStarted", run=second)
    assert (started["because"], started["rows"] > 1600) == ("drift", True)


def test_drift_is_reported_in_model_monitors_form(cloud, drifted):
    """A page, and constraint_violations.json beside it."""
    assert b"<svg" in cloud.read(drifted["report_uri"])
    folder = drifted["report_uri"].rsplit("/", 1)[0]
    violations = json.loads(cloud.read(f"{folder}/constraint_violations.json"))["violations"]
    kinds = {item["constraint_check_type"] for item in violations if item["feature_name"] == "age"}
    assert "baseline_drift_check" in kinds
    prepared = f"drifting/runs/{drifted['run']}/prepared/documents"
    assert json.loads(cloud.read(f"{prepared}/statistics.json"))["features"]
    assert json.loads(cloud.read(f"{prepared}/constraints.json"))["features"]


def test_answers_that_turn_out_wrong_are_told(cloud):
    """Truth by file and by stream; quality that fell, but this problem retrains on drift alone."""
    cloud.event("mistaken", "ModelDeployed")
    asked = tables.customers(120, seed=54)
    ids = [f"asked-{index}" for index in range(len(asked))]
    questions = tables.questions(asked, "Churn")
    for name, question in zip(ids, questions, strict=True):
        cloud.ask("mistaken", [question], InferenceId=name)
    _await_capture(cloud, "mistaken", set(ids))
    lies = ["No" if row["Churn"] == "Yes" else "Yes" for row in asked]

    lines = [f"{name},{label}\n" for name, label in zip(ids[:90], lies, strict=False)]
    cloud.put("mistaken/truth/last week.csv", "inference_id,label\n" + "".join(lines))
    dropped = cloud.event("mistaken", "QualityDropped")
    cloud.stream(
        *(
            {"problem": "mistaken", "inference_id": name, "label": label}
            for name, label in zip(ids[90:], lies[90:], strict=True)
        )
    )

    taken = cloud.events("mistaken", "GroundTruthTaken", 2)
    assert [event["rows"] for event in taken] == [90, 30]
    assert (dropped["metric"], dropped["rows"]) == ("roc_auc", 90)
    assert dropped["current"] < dropped["baseline"] - 0.05
    assert cloud.alert("mistaken", "QualityDropped")
    held = cloud.event("mistaken", "RetrainingHeldBack")
    assert held["because"] == "quality"
    assert "retrain.on" in held["reason"]
    assert not cloud.heard("mistaken", "DriftDetected", "RetrainingStarted")


def _await_capture(cloud, problem, wanted):
    """Until the lake holds what was asked: SageMaker writes it in its own time."""
    seen = set()

    def captured():
        for key in cloud.keys(f"{problem}/capture/"):
            for line in cloud.read(key).splitlines():
                seen.add(json.loads(line)["eventMetadata"].get("inferenceId"))
        return wanted <= seen

    assert cloud.until(captured, CAPTURED_SECONDS), f"{len(wanted - seen)} requests not captured"


def test_a_file_that_holds_no_truths_is_set_aside(cloud):
    """Beside its reason; nothing else changes."""
    cloud.put("mistaken/truth/wrong.csv", "id,happened\n1,Yes\n")

    refused = cloud.event("mistaken", "DataRejected", source="mistaken/truth/wrong.csv")

    assert "inference_id" in refused["faults"][0]["message"]
    assert cloud.read(refused["quarantine_uri"]) == b"id,happened\n1,Yes\n"
