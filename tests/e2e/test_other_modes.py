"""Serverless endpoints and models that only score in bulk."""

import json

import pytest

from tests import tables

pytestmark = pytest.mark.e2e

ROWS = tables.to_csv(tables.customers(600, seed=61))
NEW = tables.questions(tables.customers(60, seed=62, shifted=True), "Churn")


def opening(cloud):
    cloud.define("sparing", "Churn", deploy={"mode": "serverless"}, retrain={"on": []})
    cloud.put("sparing/data/rows.csv", ROWS)
    cloud.define("nightly", "Churn", deploy={"mode": "batch"})
    cloud.put("nightly/data/rows.csv", ROWS)


def test_a_serverless_model_is_asked_by_the_front_door_which_captures(cloud):
    """Serverless endpoints capture nothing themselves; through the front door they are watched."""
    assert cloud.event("sparing", "ModelDeployed")["mode"] == "serverless"
    config = cloud.client("sagemaker").describe_endpoint(EndpointName="sparing")
    variants = cloud.client("sagemaker").describe_endpoint_config(
        EndpointConfigName=config["EndpointConfigName"]
    )["ProductionVariants"]
    assert "ServerlessConfig" in variants[0]
    url = f"{cloud.outputs['PredictUrl']}sparing"

    status, text = cloud.fetch(url, json.dumps({"instances": NEW}).encode())

    reply = json.loads(text)
    assert (status, len(reply["predictions"])) == (200, len(NEW))
    assert reply["predictions"] == cloud.answers("sparing", NEW)
    (key,) = [key for key in cloud.keys("sparing/capture/") if reply["inference_id"] in key]
    line = json.loads(cloud.read(key))
    assert line["eventMetadata"]["inferenceId"] == reply["inference_id"]
    assert cloud.event("sparing", "DriftDetected")["rows"] == len(NEW)
    status, text = cloud.fetch(url, tables.to_csv(NEW[:1]).encode(), "text/csv")
    assert json.loads(text)["predictions"] == reply["predictions"][:1]


def test_a_batch_model_scores_files_and_has_no_endpoint(cloud):
    assert cloud.event("nightly", "ModelDeployed")["mode"] == "batch"
    sagemaker = cloud.client("sagemaker")
    assert not sagemaker.list_endpoints(NameContains="nightly")["Endpoints"]

    cloud.put("nightly/score/tonight.csv", tables.to_csv(NEW))

    scored = tables.from_csv(cloud.read(cloud.event("nightly", "PredictionsReady")["uri"]))
    assert [row["customerID"] for row in scored] == [row["customerID"] for row in NEW]
