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
        event_faults: What befalls state change events on their way, such as
            `drop=0.1,repeat=0.5,reorder=0.2,delay=3,seed=7`; empty for nothing.
        quotas: Instances that may run at once, by the name of their quota; none is counted unless
            it is named.
        jumpstart: Whether JumpStart's models are put into S3 at start.
        labeling_least_objects: Fewer objects are not labelled automatically; 1,250 on AWS.
        monitoring_hour_seconds: How long the hour of a monitoring schedule is; 3,600 on AWS.
        monitoring_namespace: What the namespaces of Model Monitor's metrics begin with: the
            documentation spells it both `aws/sagemaker` and `/aws/sagemaker`.
            is interrupted; 0 for never.
        spot_interruptions: How often that happens to one job.
        spot_interruptions_per_hour: Mean number of interruptions, besides, in an hour of training.
        spot_seed: What the moments of these are drawn from, with the job's name.
        spot_wait_seconds: How long a spot job waits for capacity at each start.
        serverless_idle_seconds: After which the process of a serverless variant that nobody asks is
            ended, and the next request is a cold start; 0 for never. AWS does not say how long.
        scaling_period_seconds: What one data point of target tracking stands for; 60 on AWS.
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
    event_faults: str = ""
    quotas: dict[str, int] = field(default_factory=dict)
    jumpstart: bool = False
    labeling_least_objects: int = 1250
    monitoring_hour_seconds: float = 3600.0
    monitoring_namespace: str = "aws/sagemaker"
    spot_interruptions: int = 1
    spot_interruptions_per_hour: float = 0.0
    spot_seed: int = 0
    spot_wait_seconds: float = 0.0
    serverless_idle_seconds: float = 300.0
    scaling_period_seconds: float = 60.0
