"""Hears: HTTP requests. Asks the endpoint; for serverless endpoints it captures the traffic too.

Rows that give an identifier and not all of their columns are completed from the online store
first, so that what is asked, and captured, is the whole row.

Serverless endpoints have no data capture of their own (SageMaker, "Serverless Inference feature
exclusions"), and those of problems with personal data must not store requests as they came: there
the front door writes what the watch needs.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aws_lambda_powertools import Logger

from lifecycle.adapters import ports_from_environment
from lifecycle.adapters.clients import client
from lifecycle.clock import now
from lifecycle.feature_groups import online_groups
from lifecycle.personal import PersonalData, personal_data
from lifecycle.problem_scope import scoped
from personal_rows import protected
from predict import Question, RefusedError, answer, capture_record, read_question, refusal_of
from science.lookup import Source, StoreUnavailable, UnknownRow, complete_body, sources

if TYPE_CHECKING:
    from lifecycle.records import ProblemRecord

logger = Logger(service="baton")


@lru_cache(maxsize=1)
def _ports() -> Any:
    return ports_from_environment()


@dataclass(frozen=True, slots=True)
class Served:
    """How a problem is served.

    Attributes:
        mode: as it is deployed.
        sources: where its rows can be looked up.
        personal: its personal data.
        identifier: the column that identifies a row.
    """

    mode: str
    sources: tuple[Source, ...]
    personal: PersonalData
    identifier: str | None

    @property
    def captures(self) -> bool:
        """Whether the endpoint captures its traffic by itself."""
        return self.mode != "serverless" and not self.personal.columns


@lru_cache(maxsize=256)
def _served(problem: str, _minute: str) -> Served:
    """What must be known of a problem to ask its model; asked once a minute.

    Raises:
        RefusedError: there is no such problem.
    """
    found = _ports().records.problem(problem)
    if found is None:
        raise RefusedError(404, f"There is no problem called {problem}.")
    definition = found.definition
    return Served(
        mode=str(definition["deploy"]["mode"]),
        sources=tuple(_sources(found)),
        personal=personal_data(problem, definition, _ports()),
        identifier=definition["columns"]["id"],
    )


def _sources(found: ProblemRecord) -> list[Source]:
    groups = online_groups(found.problem, found.definition, _ports().records)
    if found.champion is None or not groups:
        return []
    return sources(_prepared(found.problem, found.champion), groups)


@lru_cache(maxsize=256)
def _prepared(problem: str, run: str) -> dict[str, Any]:
    """The prepared problem of a run: it never changes."""
    ports = scoped(_ports(), problem)
    uri = ports.settings.run_uri(problem, run, "prepared", "documents", "problem.json")
    document: dict[str, Any] = json.loads(ports.objects.read(uri))
    return document


def lambda_handler(event: dict[str, Any], _context: object = None) -> dict[str, Any]:
    """Answer one request."""
    try:
        question = read_question(event)
        served = _served(question.problem, now()[:16])
        question = protected(question, served.personal, served.identifier)
        question = _completed(question, served.sources)
        inference_id = str(uuid4())
        reply = _ask(question, inference_id)
    except RefusedError as error:
        return answer(error.status, {"error": str(error)})
    if not served.captures:
        _capture(question, reply, inference_id)
    return answer(200, {**json.loads(reply), "inference_id": inference_id})


def _completed(question: Question, known: tuple[Source, ...]) -> Question:
    """The question with its rows completed from the online store.

    Raises:
        RefusedError: nothing is stored for an identifier, or the store does not answer.
    """
    if not known:
        return question
    try:
        body = complete_body(question.body, question.content_type, known, _fetch, time.time())
    except UnknownRow as error:
        raise RefusedError(404, str(error)) from error
    except StoreUnavailable as error:
        logger.warning("the online store did not answer", problem=question.problem, why=str(error))
        raise RefusedError(503, f"The online store does not answer; ask again: {error}") from error
    return replace(question, body=body)


def _fetch(request: dict[str, Any]) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    service = "sagemaker-featurestore-runtime"
    try:
        found: dict[str, Any] | None = _ports().api.describe(service, "BatchGetRecord", request)
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable(str(error)) from error
    return found or {"Records": []}


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
    ports = scoped(_ports(), question.problem)
    target = ports.settings.lake(
        question.problem, "capture", question.problem, "primary", hour, f"{inference_id}.jsonl"
    )
    ports.objects.write(target, f"{json.dumps(record)}\n".encode())
