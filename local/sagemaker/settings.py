"""How one local SageMaker is set up."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def default_jobs_python() -> Path:
    """The jobs environment's interpreter: `BATON_JOBS_PYTHON`, or what `make setup` made."""
    chosen = os.environ.get("BATON_JOBS_PYTHON")
    return Path(chosen) if chosen else ROOT / ".venvs" / "jobs" / "bin" / "python"


@dataclass(frozen=True)
class Settings:
    """Where it listens, where it keeps things, and which AWS it belongs to.

    Attributes:
        data: The folder of all state, logs and caches.
        host: The address to listen on.
        port: The port to listen on; 0 for any free one.
        endpoint_url: The AWS whose S3, STS, logs and events to use; empty for none.
        region: The Region in ARNs.
        account: The account in ARNs; empty to ask STS, or 000000000000 without it.
        partition: The partition in ARNs.
        jobs_python: The interpreter that jobs, algorithms and endpoints run on.
        grace_seconds: From SIGTERM to SIGKILL when a job is stopped; 120 on AWS.
        spot_interruption_seconds: For tests of spot training: training time after which a spot job
            is interrupted, once each; 0 for never.
        labeling_least_objects: Fewer objects are not labelled automatically; 1,250 on AWS.
        monitoring_hour_seconds: How long the hour of a monitoring schedule is; 3,600 on AWS.
        monitoring_namespace: What the namespaces of Model Monitor's metrics begin with: the
            documentation spells it both `aws/sagemaker` and `/aws/sagemaker`.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 0
    endpoint_url: str = ""
    region: str = "us-east-1"
    account: str = ""
    partition: str = "aws"
    jobs_python: Path = field(default_factory=default_jobs_python)
    grace_seconds: float = 120.0
    spot_interruption_seconds: float = 0.0
    labeling_least_objects: int = 1250
    monitoring_hour_seconds: float = 3600.0
    monitoring_namespace: str = "aws/sagemaker"
