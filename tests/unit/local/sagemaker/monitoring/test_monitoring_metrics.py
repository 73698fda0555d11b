"""What a monitoring job leaves for CloudWatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import botocore.session
from botocore.validate import ParamValidator

from local.sagemaker.containers.monitoring.analyzer import analyse_data
from local.sagemaker.containers.monitoring.dataset import Dataset
from local.sagemaker.monitoring.monitoring_metrics import read_metrics

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_is_left_is_what_cloudwatch_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each column has its values, its share of them, and AWS's names and dimensions."""
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    monkeypatch.setenv("sagemaker_endpoint_name", "live")
    monkeypatch.setenv("sagemaker_monitoring_schedule_name", "hourly")
    data = Dataset()
    for amount in (1.0, None, 3.0, 4.0):
        data.add({"amount": amount})
    analyse_data(data, tmp_path / "out")
    found = read_metrics(tmp_path / "output/metrics/cloudwatch")

    shape = botocore.session.get_session().get_service_model("cloudwatch")
    given = {"Namespace": "aws/sagemaker/Endpoints/data-metrics", "MetricData": found}
    wanted = shape.operation_model("PutMetricData").input_shape
    assert ParamValidator().validate(given, wanted).generate_report() == ""
    assert {entry["MetricName"]: entry for entry in found}.keys() == {
        "feature_non_null_amount",
        "feature_data_amount",
    }
    by_name = {entry["MetricName"]: entry for entry in found}
    assert by_name["feature_non_null_amount"]["Value"] == 0.75
    assert by_name["feature_data_amount"]["StatisticValues"] == {
        "Maximum": 4.0,
        "Minimum": 1.0,
        "Sum": 8.0,
        "SampleCount": 3.0,
    }
    assert by_name["feature_data_amount"]["Dimensions"] == [
        {"Name": "Endpoint", "Value": "live"},
        {"Name": "MonitoringSchedule", "Value": "hourly"},
    ]


def test_metrics_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`publish_cloudwatch_metrics` Disabled leaves nothing."""
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    monkeypatch.setenv("publish_cloudwatch_metrics", "Disabled")
    data = Dataset()
    data.add({"amount": 1.0})
    analyse_data(data, tmp_path / "out")
    assert read_metrics(tmp_path / "output/metrics/cloudwatch") == []


def test_a_line_that_is_no_metric_is_left_out(tmp_path: Path) -> None:
    """A container may print what it likes; the other lines count."""
    (tmp_path / "any.jsonl").write_text('nonsense\n{"MetricName": "a", "Value": 1, "x": 2}\n')
    assert read_metrics(tmp_path) == [{"MetricName": "a", "Value": 1}]
