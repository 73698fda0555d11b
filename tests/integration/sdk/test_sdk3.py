"""AWS's SageMaker Python SDK 3, unchanged, against the local SageMaker."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.sdk.lab import Lab


def test_a_model_trainer_trains_and_resources_serve(lab: Lab) -> None:
    """The algorithm and a script run under ModelTrainer; the resources' endpoint scores."""
    result = lab.run("sdk3", "v3_trainer")

    assert result["status"] == "Completed"
    assert result["metrics"]["train:auc"] > 0.9
    assert result["scripted"] == "Completed"
    high, low = result["scores"]
    assert high > 0.5 > low
    packed = lab.cloud.objects["lake", result["artifact"].removeprefix("s3://lake/")]
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        file = archive.extractfile("rows.json")
        assert file is not None
        assert json.load(file) == [400, {"depth": 3}]


def test_processors_pipelines_and_feature_groups(lab: Lab) -> None:
    """A processor's report gates a pipeline both ways; a record is put and read again."""
    result = lab.run("sdk3", "v3_workflow")

    assert result["status"] == "Completed"
    assert result["report"] == {"rows": {"value": 400}}
    assert (result["many"], result["few"]) == ("Succeeded", "Failed")
    assert result["record"] == result["wanted"]


def test_a_model_builder_serves_with_and_without_a_script(lab: Lab) -> None:
    """The same archive scores as it is, and through a script that doubles its scores."""
    result = lab.run("sdk3", "v3_builder")

    high, low = result["plain"]
    assert high > 0.5 > low
    assert result["scripted"] == pytest.approx([2 * high, 2 * low], abs=1e-4)
