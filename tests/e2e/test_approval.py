"""Who lets a model take traffic: rules, or a person in the registry."""

import pytest

from tests import tables

pytestmark = pytest.mark.e2e

ROWS = tables.to_csv(tables.customers(600, seed=31))


def opening(cloud):
    for problem in ("approved", "refused", "replaced"):
        cloud.define(problem, "Churn", approve="manual")
        cloud.put(f"{problem}/data/rows.csv", ROWS)
    cloud.define("too-weak", "Churn", metric={"name": "roc_auc", "approve_at": 0.9999})
    cloud.put("too-weak/data/rows.csv", ROWS)
    cloud.define(
        "unfair",
        "Churn",
        evaluate={"bias": {"facets": ["plan"], "limits": {"DPL": 0.001}}},
    )
    cloud.put("unfair/data/rows.csv", ROWS)


def test_a_person_approves_in_the_registry(cloud):
    """The candidate waits, with an alert; its approval deploys it."""
    asked = cloud.event("approved", "ApprovalRequested")
    alert = cloud.alert("approved", "ApprovalRequested")
    sagemaker = cloud.client("sagemaker")
    package = sagemaker.describe_model_package(ModelPackageName=asked["model_package"])
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert asked["model_package"] in alert["Message"]
    assert not cloud.heard("approved", "ModelDeployed")

    sagemaker.update_model_package(
        ModelPackageArn=asked["model_package"], ModelApprovalStatus="Approved"
    )

    assert cloud.event("approved", "CandidateApproved")["by"] == "a person"
    assert cloud.event("approved", "ModelDeployed")["run"] == asked["run"]


def test_a_person_refuses_in_the_registry(cloud):
    """Nothing is deployed, and the next file starts the next run."""
    asked = cloud.event("refused", "ApprovalRequested")

    cloud.client("sagemaker").update_model_package(
        ModelPackageArn=asked["model_package"], ModelApprovalStatus="Rejected"
    )

    refused = cloud.event("refused", "CandidateRejected")
    assert "person" in refused["reasons"][0]
    cloud.put("refused/data/more.csv", tables.to_csv(tables.customers(200, seed=32)))
    assert cloud.events("refused", "RunStarted", 2)[1]["inputs"] == 2
    assert not cloud.heard("refused", "DeploymentStarted")


def test_a_model_that_was_replaced_after_it_was_judged_is_refused(cloud):
    """Somebody writes another archive over it while it waits for approval."""
    asked = cloud.event("replaced", "ApprovalRequested")
    key = f"replaced/runs/{asked['run']}/model/model.tar.gz"
    other = cloud.event("approved", "ApprovalRequested")["run"]
    source = {"Bucket": cloud.lake, "Key": f"approved/runs/{other}/model/model.tar.gz"}
    cloud.s3.copy_object(Bucket=cloud.lake, Key=key, CopySource=source)

    cloud.client("sagemaker").update_model_package(
        ModelPackageArn=asked["model_package"], ModelApprovalStatus="Approved"
    )

    refused = cloud.event("replaced", "ModelRefused")
    assert (refused["run"], refused["before"]) == (asked["run"], "deployment")
    assert key in refused["reason"]
    assert key in cloud.alert("replaced", "ModelRefused")["Message"]
    assert not cloud.heard("replaced", "DeploymentStarted")


def test_a_model_below_the_bar_is_rejected_everywhere(cloud):
    """The reason stands in the event, the registry and the alert."""
    rejected = cloud.event("too-weak", "CandidateRejected")

    (reason,) = rejected["reasons"]
    assert "below approve_at 0.9999" in reason
    package = cloud.client("sagemaker").describe_model_package(
        ModelPackageName=rejected["model_package"]
    )
    assert package["ModelApprovalStatus"] == "Rejected"
    assert reason in package["ModelPackageDescription"]
    assert reason in cloud.alert("too-weak", "CandidateRejected")["Message"]
    assert not cloud.heard("too-weak", "DeploymentStarted")


def test_a_model_over_a_bias_limit_is_rejected(cloud):
    reasons = cloud.event("unfair", "CandidateRejected")["reasons"]

    assert any("DPL of plan=" in reason and "over the limit 0.001" in reason for reason in reasons)
