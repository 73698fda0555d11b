"""How an analysis is told what to do, and where it leaves its findings.

Pages "Container Contract Inputs" and "Container Contract Outputs" of Model Monitor.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

type Document = dict[str, Any]

OPT_ML = "/opt/ml"
_TERMINATED = 128 + int(signal.SIGTERM)
_METRIC_CHARACTERS = re.compile(r"[^\x20-\x7e]")


class AnalysisError(Exception):
    """The analysis cannot be made; the message is fit for a FailureReason."""


def base() -> Path:
    """The folder that stands for `/opt/ml`."""
    return Path(os.environ["SAGEMAKER_BASE_DIR"])


def relocated(path: str) -> Path:
    """The real place of a path under `/opt/ml`."""
    if path == OPT_ML or path.startswith(f"{OPT_ML}/"):
        return base() / path.removeprefix(OPT_ML).lstrip("/")
    return Path(path)


def setting(name: str, default: str = "") -> str:
    """An environment variable of the container's contract, in its own spelling."""
    return os.environ.get(name, default)


def place(variable: str) -> Path | None:
    """The path in an environment variable; None when it is not set."""
    value = setting(variable)
    return relocated(value.removeprefix("file://")) if value else None


def read_json(path: Path) -> Document:
    """A JSON file; raises `AnalysisError` when it is none."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise AnalysisError(f"{path.name} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise AnalysisError(f"{path.name} is not a JSON object")
    return document


def baseline_file(variable: str) -> Document | None:
    """A baseline's file, named by itself or by its folder; None when there is none."""
    path = place(variable)
    if path is None:
        return None
    if path.is_dir():
        found = sorted(path.rglob("*.json"))
        if not found:
            raise AnalysisError(f"{variable}: there is no file below {path.name}")
        path = found[0]
    return read_json(path)


def write_json(folder: Path, name: str, document: Document) -> None:
    """Leave one of the published files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(document, indent=2))


def say(message: str) -> None:
    """Leave the ExitMessage."""
    print(message)
    (base() / "output").mkdir(parents=True, exist_ok=True)
    (base() / "output/message").write_text(message)


def verdict(violations: int) -> str:
    """The ExitMessage of an analysis that was made."""
    if violations:
        return f"CompletedWithViolations: Job completed successfully with {violations} violations."
    return "Completed: Job completed successfully with no violations."


def emit_metrics(metrics: list[Document], constraints: Document | None = None) -> None:
    """Leave values for CloudWatch, unless the environment or the constraints say not to.

    Args:
        metrics: `MetricName`, `Value` or `StatisticValues`, and further `Dimensions` by name.
        constraints: The baseline's, whose `monitoring_config.emit_metrics` may be `Disabled`.
    """
    config = (constraints or {}).get("monitoring_config") or {}
    if "Disabled" in (setting("publish_cloudwatch_metrics"), config.get("emit_metrics")):
        return
    folder = base() / "output/metrics/cloudwatch"
    folder.mkdir(parents=True, exist_ok=True)
    own = {"MonitoringSchedule": setting("sagemaker_monitoring_schedule_name")}
    if endpoint := setting("sagemaker_endpoint_name"):
        own = {"Endpoint": endpoint} | own
    lines = []
    for metric in metrics:
        dimensions = own | metric.pop("Dimensions", {})
        metric["MetricName"] = _METRIC_CHARACTERS.sub("_", metric["MetricName"])[:255]
        metric["Dimensions"] = [{"Name": k, "Value": v} for k, v in dimensions.items() if v]
        metric["Timestamp"] = time.time()
        lines.append(json.dumps(metric))
    (folder / "cloudwatch_metrics.jsonl").write_text("".join(line + "\n" for line in lines))


def moment(text: str) -> float | None:
    """An ISO time as seconds since the epoch; None for an empty text."""
    if not text:
        return None
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def run(analysis: Callable[[], None]) -> int:
    """Make an analysis; the exit code, and the reason of a failure in `output/failure`."""
    # A job that is stopped ends what it has begun: an endpoint of its own would outlive it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    try:
        analysis()
    except AnalysisError as error:
        return _failed(f"Error: {error}")
    except Exception as error:  # noqa: BLE001 -- a program's last resort: the reason is told, not lost
        print(traceback.format_exc())
        return _failed(f"Error: {type(error).__name__}: {error}")
    return 0


def _failed(text: str) -> int:
    print(text)
    folder = base() / "output"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "failure").write_text(text)
    return 255
