"""AWS's SageMaker Python SDK 2, unchanged, against the local SageMaker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.sdk.lab import Lab


def test_the_algorithm_is_trained_deployed_asked_and_transforms(lab: Lab) -> None:
    """fit, deploy, predict and transform with the XGBoost image; scores tell the rows apart."""
    result = lab.run("sdk2", "v2_xgboost")

    high, low = result["scores"]
    assert high > 0.5 > low
    assert result["metrics"]["train:auc"] > 0.9
    assert result["data"].endswith("/output/model.tar.gz")
    assert result["left"] == []
    assert result["scored"] == pytest.approx([high, low], abs=1e-4)


def test_scripts_are_run_for_data_for_training_and_for_serving(lab: Lab) -> None:
    """Two processors hand data to a training script, which serves its model."""
    result = lab.run("sdk2", "v2_scripts")

    assert result["ten"] == 10
    assert result["status"] == "InService"
    high, low = result["scores"]
    assert high > 0.5 > low


def test_a_tuner_finds_the_best_of_its_trainings(lab: Lab) -> None:
    """The best training has the best of the values that the analytics list."""
    result = lab.run("sdk2", "v2_tuner")

    best = max(zip(result["values"], result["names"], strict=True))
    assert len(result["values"]) == 3
    assert best[0] > 0.9
    assert result["values"][result["names"].index(result["best"])] == best[0]
    assert result["best"] in result["model"]


def test_a_pipeline_gates_registers_and_remembers(lab: Lab) -> None:
    """The first run registers a model; the second reuses its steps and stops at the gate."""
    result = lab.run("sdk2", "v2_pipeline")

    first, weak = result["first"], result["weak"]
    assert first["status"] == "Succeeded", first
    assert first["cached"] == []
    assert result["packages"] == ["PendingManualApproval"]
    assert weak["status"] == "Failed"
    assert weak["told"]["TooWeak"] == "below 1.5"
    assert weak["cached"] == ["Split", "Train"]
    assert result["kept"] == "2020-12-01"
    assert result["version"] == 2


def test_a_data_frame_becomes_features(lab: Lab) -> None:
    """Types follow the frame's; what was ingested is read again from the online store."""
    result = lab.run("sdk2", "v2_features")

    assert result["status"] == "Created"
    assert result["types"] == {
        "customer": "String",
        "amount": "Fractional",
        "orders": "Integral",
        "at": "Fractional",
    }
    record = result["record"]
    assert record["customer"] == "c3"
    assert float(record["amount"]) == 4.5
    assert record["orders"] == "3"
    assert "customers" in result["listed"]


def test_a_monitor_finds_what_drifted(lab: Lab) -> None:
    """Traffic far from the baseline violates it; the report lies where the SDK looks for it."""
    result = lab.run("sdk2", "v2_monitor")

    assert result["baselining"] == "Completed"
    assert result["features"] == ["label", "a", "b", "c"]
    assert result["rows"] == 400
    assert result["status"] == "CompletedWithViolations"
    assert result["violations"]["violations"]
