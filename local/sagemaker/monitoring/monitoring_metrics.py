"""Sends the values that a monitoring job left to CloudWatch.

A container leaves them as JSON lines below `/opt/ml/output/metrics/cloudwatch` (page "Container
Contract Outputs").
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from local.sagemaker.clients import CLOUD_ERRORS

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

FAMILIES = {
    "DataQuality": "data-metrics",
    "ModelQuality": "model-metrics",
    "ModelBias": "bias-metrics",
    "ModelExplainability": "explainability-metrics",
}
_BATCH = 500
_MEMBERS = {"MetricName", "Dimensions", "Timestamp", "Value", "StatisticValues", "Unit"}
_log = logging.getLogger(__name__)


def namespace(platform: Platform, job: Document) -> str:
    """Where a monitoring job's metrics go, by its kind and by what it looks at."""
    family = FAMILIES[job.get("_MonitoringType", "DataQuality")]
    place = "Endpoints" if job.get("_EndpointName") else "ModelMonitoring"
    return f"{platform.settings.monitoring_namespace}/{place}/{family}"


def publish(platform: Platform, job: Document, base: Path) -> None:
    """Send what a job of a monitoring schedule left; nothing for any other job.

    Args:
        platform: The platform.
        job: The processing job's document.
        base: The folder that stands for its `/opt/ml`.
    """
    if "MonitoringScheduleArn" not in job or not platform.settings.endpoint_url:
        return
    data = read_metrics(base / "output/metrics/cloudwatch")
    space = namespace(platform, job)
    try:
        client = platform.clients.client("cloudwatch", job["RoleArn"])
        for start in range(0, len(data), _BATCH):
            client.put_metric_data(Namespace=space, MetricData=data[start : start + _BATCH])
    except CLOUD_ERRORS as error:
        _log.info("metrics of %s are lost: %s", space, error)


def read_metrics(folder: Path) -> list[Document]:
    """The values below a folder, as PutMetricData takes them; other lines are left out."""
    found = []
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        for line in path.read_text("utf-8", "replace").splitlines():
            try:
                value = json.loads(line)
            except ValueError:
                _log.warning("%s holds a line that is no metric: %s", path.name, line[:200])
                continue
            if isinstance(value, dict):
                found.append({name: value[name] for name in value.keys() & _MEMBERS})
    return found
