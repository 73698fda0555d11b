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


def default_jupyter_lab() -> Path:
    """JupyterLab's program: `BATON_JUPYTER_LAB`, or that of the notebooks environment."""
    chosen = os.environ.get("BATON_JUPYTER_LAB")
    return Path(chosen) if chosen else ROOT / ".venvs" / "notebooks" / "bin" / "jupyter-lab"


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
        jupyter_lab: The program that notebook instances and Studio apps run.
        grace_seconds: From SIGTERM to SIGKILL when a job is stopped; 120 on AWS.
        spot_interruption_seconds: For tests of spot training: training time after which a spot job
            is interrupted, once each; 0 for never.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 0
    endpoint_url: str = ""
    region: str = "us-east-1"
    account: str = ""
    partition: str = "aws"
    jobs_python: Path = field(default_factory=default_jobs_python)
    jupyter_lab: Path = field(default_factory=default_jupyter_lab)
    grace_seconds: float = 120.0
    spot_interruption_seconds: float = 0.0
