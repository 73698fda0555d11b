"""Hears: HTTP requests. Asks the endpoint; for serverless endpoints it captures the traffic too.

Serverless endpoints have no data capture of their own (SageMaker, "Serverless Inference feature
exclusions"), so the front door writes what the watch needs.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger

from lifecycle.adapters import ports_from_environment
from lifecycle.adapters.clients import client
from lifecycle.clock import now
from predict import Question, RefusedError, answer, capture_record, read_question, refusal_of

logger = Logger(service="baton")


@lru_cache(maxsize=1)
def _ports() -> Any:
    return ports_from_environment()


@lru_cache(maxsize=256)
def _mode(problem: str, _minute: str) -> str:
    """How the problem is deployed; asked at most once a minute.

    Raises:
        RefusedError: there is no such problem.
    """
    found = _ports().records.problem(problem)
    if found is None:
        raise RefusedError(404, f"There is no problem called {problem}.")
    return str(found.definition["deploy"]["mode"])


def lambda_handler(event: dict[str, Any], _context: object = None) -> dict[str, Any]:
    """Answer one request."""
    try:
        question = read_question(event)
        mode = _mode(question.problem, now()[:16])
        inference_id = str(uuid4())
        reply = _ask(question, inference_id)
    except RefusedError as error:
        return answer(error.status, {"error": str(error)})
    if mode == "serverless":
        _capture(question, reply, inference_id)
    return answer(200, {**json.loads(reply), "inference_id": inference_id})


def _ask(question: Question, inference_id: str) -> str:
    from botocore.exceptions import ClientError

    try:
        found = client("sagemaker-runtime").invoke_endpoint(
            EndpointName=question.problem,
            ContentType=question.content_type,
            Accept="application/json",
            Body=question.body,
            InferenceId=inference_id,
        )
    except ClientError as error:
        details: dict[str, Any] = {**error.response}
        message = details.get("OriginalMessage") or details["Error"].get("Message", "")
        code, status = details["Error"]["Code"], details.get("OriginalStatusCode")
        logger.warning("the endpoint refused", code=code, problem=question.problem)
        raise refusal_of(code, message, status) from error
    body: bytes = found["Body"].read()
    return body.decode()


def _capture(question: Question, reply: str, inference_id: str) -> None:
    time = now()
    record = capture_record(question, reply, inference_id, time)
    hour = f"{time[:4]}/{time[5:7]}/{time[8:10]}/{time[11:13]}"
    ports = _ports()
    target = ports.settings.lake(
        question.problem, "capture", question.problem, "primary", hour, f"{inference_id}.jsonl"
    )
    ports.objects.write(target, f"{json.dumps(record)}\n".encode())
