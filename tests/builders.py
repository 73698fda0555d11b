"""Ready-made definitions, records and events for tests; each takes what the test is about."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from lifecycle.cause import parse_cause
from lifecycle.events import SOURCE
from lifecycle.problem import parse_problem
from lifecycle.records import InputRecord, JobRecord, ProblemRecord, RunRecord

PROBLEM = "churn"
RUN = "20260203T101112-3fa94c"
TIME = "2026-02-03T10:11:12Z"


def definition(extra: str = "", *, name: str = PROBLEM, target: str = "Churn") -> dict[str, Any]:
    """A resolved definition; ``extra`` is more of its problem.yaml."""
    text = f"name: {name}\ntarget: {target}\n{extra}"
    return parse_problem(text.encode(), folder=name).document


def problem_record(extra: str = "", **changes: Any) -> ProblemRecord:
    """A defined problem, at rest."""
    name = changes.pop("problem", PROBLEM)
    row = ProblemRecord(
        problem=name, definition=definition(extra, name=name), defined_at=TIME, etag="first"
    )
    return row.model_copy(update=changes)


def run_record(extra: str = "", **changes: Any) -> RunRecord:
    """A run that began."""
    name = changes.pop("problem", PROBLEM)
    row = RunRecord(
        problem=name,
        run=RUN,
        started_at=TIME,
        stage_at=TIME,
        definition=definition(extra, name=name),
        inputs=1,
        rows=1000,
    )
    return row.model_copy(update=changes)


def prepared_run(extra: str = "", **changes: Any) -> RunRecord:
    """A run whose rows are prepared: two classes, twelve features."""
    prepared: dict[str, Any] = {
        "stage": "prepared",
        "task": "binary_classification",
        "classes": 2,
        "features": 12,
        "holdout_rows": 150,
        "metric": "roc_auc",
    }
    return run_record(extra, **(prepared | changes))


def input_record(name: str = "data/first.csv", **changes: Any) -> InputRecord:
    """A file that was taken in."""
    row = InputRecord(
        problem=PROBLEM,
        digest=name.replace("/", "-"),
        source=f"{PROBLEM}/{name}",
        origin="file",
        uri=f"s3://lake/{PROBLEM}/ingested/{name.replace('/', '-')}.parquet",
        rows=1000,
        columns=8,
        at=TIME,
        bucket="landing",
        etag="first",
    )
    return row.model_copy(update=changes)


def job_record(
    kind: str = "training-job", name: str = "churn-0123456", **changes: Any
) -> JobRecord:
    """A job under way."""
    row = JobRecord(job_kind=kind, name=name, problem=PROBLEM, run=RUN, started_at=TIME)
    return row.model_copy(update=changes)


def envelope(
    source: str, detail_type: str, detail: dict[str, Any], **changes: Any
) -> dict[str, Any]:
    """An EventBridge event as a rule passes it on."""
    return {
        "version": "0",
        "id": str(uuid4()),
        "source": source,
        "detail-type": detail_type,
        "time": TIME,
        "account": "123456789012",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    } | changes


def object_created(key: str, *, bucket: str = "landing", etag: str = "first") -> dict[str, Any]:
    """S3's "Object Created"."""
    item = {"key": key, "size": 10, "etag": etag, "sequencer": "0055AED6DCD90281E5"}
    detail = {
        "version": "0",
        "bucket": {"name": bucket},
        "object": item,
        "request-id": "C3D13FE58DE4C810",
        "requester": "123456789012",
        "reason": "PutObject",
    }
    return envelope("aws.s3", "Object Created", detail)


def training_ended(name: str, status: str = "Completed", **detail: Any) -> dict[str, Any]:
    """SageMaker's "Training Job State Change"."""
    told = {"TrainingJobName": name, "TrainingJobStatus": status} | detail
    return envelope("aws.sagemaker", "SageMaker Training Job State Change", told)


def own_event(detail_type: str, data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """One of our own events as a rule passes it on; the bus gives it an id of its own."""
    metadata = {
        "event_id": str(uuid4()),
        "version": 1,
        "correlation_id": str(uuid4()),
        "causation_id": str(uuid4()),
        "occurred_at": TIME,
    } | changes
    return envelope(SOURCE, detail_type, {"data": data, "metadata": metadata})


def cause_of(event: dict[str, Any]) -> Any:
    """The typed cause in an envelope."""
    return parse_cause(event)


def sqs_event(*envelopes: dict[str, Any]) -> dict[str, Any]:
    """What Lambda passes to a function: a batch of messages, one event in each."""
    return {
        "Records": [
            {"messageId": f"message-{index}", "body": json.dumps(item)}
            for index, item in enumerate(envelopes)
        ]
    }
