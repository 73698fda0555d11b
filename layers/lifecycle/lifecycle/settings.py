"""What template.yaml tells a function, read once, on first use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

NUMBERS = ("large_from_bytes", "large_from_rows", "memory_mb")
"""Settings that are whole numbers."""

FLAGS = ("isolate_jobs",)
"""Settings that are ``true`` or ``false``."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Names of the stack's resources.

    Attributes:
        landing_bucket: where users drop data.
        lake_bucket: where results and reports are.
        record_table: the DynamoDB table of records.
        event_bus: the bus of own events.
        snapshot_queue: URL of the queue by which close_snapshot wakes itself.
        alert_topic: ARN of the SNS topic that people subscribe to.
        job_role: ARN of the role that SageMaker's jobs and endpoints run under.
        xgboost_image: URI of the SageMaker XGBoost image of this Region.
        personal_secret: ARN of the secret under which personal data is hashed.
        region: the Region of the stack.
        partition: ``aws``, ``aws-cn`` …
        account: the stack's account.
        memory_mb: the function's memory in MB; 0 where nothing limits it.
        prepare_job: the Glue job that prepares what outgrows a function.
        fetch_job: the Glue job that fetches tables of databases.
        large_from_bytes: size of a run's ingested files from which Glue prepares them; 0 is never.
        large_from_rows: likewise, by their rows.
        isolate_jobs: whether SageMaker's containers have neither network nor credentials.
        kms_key: ARN of the customer's key that encrypts what jobs keep; empty for AWS's own.
    """

    landing_bucket: str = ""
    lake_bucket: str = ""
    record_table: str = ""
    event_bus: str = ""
    snapshot_queue: str = ""
    alert_topic: str = ""
    job_role: str = ""
    xgboost_image: str = ""
    personal_secret: str = ""
    region: str = "us-east-1"
    partition: str = "aws"
    account: str = ""
    memory_mb: int = 0
    prepare_job: str = ""
    fetch_job: str = ""
    large_from_bytes: int = 0
    large_from_rows: int = 0
    isolate_jobs: bool = False
    kms_key: str = ""

    def lake(self, *parts: str) -> str:
        """An address in the lake bucket."""
        return "/".join((f"s3://{self.lake_bucket}", *parts))

    def landing(self, *parts: str) -> str:
        """An address in the landing bucket, where personal data may stay as it is."""
        return "/".join((f"s3://{self.landing_bucket}", *parts))

    def run_uri(self, problem: str, run: str, *parts: str) -> str:
        """An address in a run's folder of the lake."""
        return self.lake(problem, "runs", run, *parts)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this function, from its environment."""
    names = Settings.__dataclass_fields__
    found = {name: os.environ.get(f"BATON_{name.upper()}", "") for name in names}
    found["region"] = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")
    found["memory_mb"] = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    given: dict[str, Any] = {name: value for name, value in found.items() if value}
    numbers = {name: int(given[name]) for name in NUMBERS if name in given}
    flags = {name: given[name] == "true" for name in FLAGS if name in given}
    return Settings(**given | numbers | flags)
