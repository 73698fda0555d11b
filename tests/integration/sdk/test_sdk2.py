"""AWS's SageMaker Python SDK 2, unchanged, against the local SageMaker."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.sdk.lab import Lab


def test_the_algorithm_is_trained_deployed_and_asked(lab: Lab) -> None:
    """fit, deploy and predict with the XGBoost image; the scores tell the rows apart."""
    result = lab.run("sdk2", "v2_xgboost")

    high, low = result["scores"]
    assert high > 0.5 > low
    assert result["metrics"]["train:auc"] > 0.9
    assert result["data"].endswith("/output/model.tar.gz")
    assert result["left"] == []
