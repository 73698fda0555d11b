"""A training that fails for real: the event says why, people hear of it, and the relay goes on."""

import pytest

from tests import tables

pytestmark = pytest.mark.e2e

ROWS = tables.customers(600, seed=41)


def opening(cloud):
    """Jobs may not read the rows of this problem, as when somebody changed a bucket's policy."""
    cloud.change_policy(cloud.lake, lambda statements: [*statements, _refusal(cloud)])
    cloud.define("failing", "Churn")
    cloud.put("failing/data/rows.csv", tables.to_csv(ROWS))


def _refusal(cloud):
    return {
        "Sid": "NoTraining",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{cloud.lake}/failing/runs/*/prepared/train/*",
    }


def test_a_failed_training_is_told_and_mended_by_dropping_again(cloud):
    """TrainingFailed with its cause and a cure, an alert, and the next file starts anew."""
    failed = cloud.event("failing", "TrainingFailed")

    assert len(failed["reason"]) > 20
    assert failed["cure"]
    alert = cloud.alert("failing", "TrainingFailed")
    assert alert["MessageAttributes"]["severity"]["Value"] == "critical"
    assert failed["reason"][:60] in alert["Message"]
    assert not cloud.heard("failing", "CandidateEvaluated")

    cloud.change_policy(
        cloud.lake,
        lambda statements: [item for item in statements if item.get("Sid") != "NoTraining"],
    )
    cloud.put("failing/data/more.csv", tables.to_csv(tables.customers(100, seed=42)))

    started = cloud.events("failing", "RunStarted", 2)[1]
    assert cloud.event("failing", "ModelDeployed")["run"] == started["run"] != failed["run"]
