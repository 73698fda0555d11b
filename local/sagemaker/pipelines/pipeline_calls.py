"""Steps that ask others: Lambda calls a function, Callback waits for an answer to a message.

AWS page "Lambda step", "Callback step".
"""

from __future__ import annotations

import json
import secrets
import string
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ConflictException, ResourceNotFound
from local.sagemaker.api.operations import operation
from local.sagemaker.pipelines.pipeline_references import as_text
from local.sagemaker.pipelines.pipeline_states import KIND
from local.sagemaker.pipelines.pipeline_step import StepFailed, StepStopped, handles

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.pipelines.pipeline_step import StepRun
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

CALLBACK = "pipeline-callback"
TOKEN_LENGTH = 10
_LETTERS = string.ascii_letters + string.digits
_POLL_SECONDS = 0.1
_READERS: dict[str, Callable[[str], Any]] = {
    "String": str,
    "Integer": int,
    "Float": float,
    "Boolean": lambda text: text.lower() == "true",
}


@handles("Lambda")
def call_function(run: StepRun) -> Document:
    """Call a function with the step's arguments; what it returns are the step's outputs.

    After a kill the function is called again: nobody knows how far it came.
    """
    function = run.said("FunctionArn")
    payload = json.dumps(run.resolve(run.step.document["Arguments"]))
    run.note(Metadata={"Lambda": {"Arn": function, "OutputParameters": []}})
    answer = run.platform.clients.client("lambda", run.role).invoke(
        FunctionName=function, Payload=payload.encode()
    )
    text = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        raise StepFailed(f"ClientError: Lambda function {function} failed: {text}")
    declared = run.step.document.get("OutputParameters") or []
    given = json.loads(text or "null") if declared else {}
    if not isinstance(given, dict):
        raise StepFailed(f"ClientError: Lambda function {function} returned no object: {text}")
    listed = [{"Name": name, "Value": as_text(value)} for name, value in given.items()]
    outputs = _outputs(declared, listed)
    told = [item for item in listed if item["Name"] in outputs]
    run.note(Metadata={"Lambda": {"Arn": function, "OutputParameters": told}})
    return {"OutputParameters": outputs}


@handles("Callback")
def await_answer(run: StepRun) -> Document:
    """Send a message with a token to a queue, and wait until somebody answers with the token.

    A stop is told to the queue too (status `Stopping`); the step then waits for the answer.
    """
    token = _token(run)
    _send(run, token, "Executing")
    told = False
    while True:
        answer = run.platform.store.get(CALLBACK, token).get("Answer")
        if answer is not None:
            break
        if run.run.stopping.is_set():
            if not told:
                _send(run, token, "Stopping")
            told = True
            run.patience(_POLL_SECONDS)
        else:
            run.pause(_POLL_SECONDS)
    if told:
        raise StepStopped
    if "FailureReason" in answer:
        raise StepFailed(answer["FailureReason"])
    metadata = run.record["Metadata"]["Callback"]
    metadata["OutputParameters"] = answer["OutputParameters"]
    run.note(Metadata={"Callback": metadata})
    declared = run.step.document.get("OutputParameters") or []
    return {"OutputParameters": _outputs(declared, answer["OutputParameters"])}


def _token(run: StepRun) -> str:
    known = run.record.get("Metadata", {}).get("Callback")
    if known:
        return str(known["CallbackToken"])
    token = "".join(secrets.choice(_LETTERS) for _ in range(TOKEN_LENGTH))
    document = {"Execution": run.run.name, "Step": run.step.name}
    run.platform.store.create(CALLBACK, token, document, parent=run.run.name)
    queue = run.said("SqsQueueUrl")
    run.note(Metadata={"Callback": {"CallbackToken": token, "SqsQueueUrl": queue}})
    return token


def _send(run: StepRun, token: str, status: str) -> None:
    if status in run.record.get("Sent", []):
        return  # before a kill
    message = {
        "token": token,
        "pipelineExecutionArn": run.execution["PipelineExecutionArn"],
        "arguments": run.resolve(run.step.document["Arguments"]),
        "status": status,
    }
    run.platform.clients.client("sqs", run.role).send_message(
        QueueUrl=run.said("SqsQueueUrl"), MessageBody=json.dumps(message)
    )
    run.note(Sent=[*run.record.get("Sent", []), status])


def _outputs(declared: list[Document], given: list[Document]) -> Document:
    """The declared outputs as values of their types.

    Raises:
        StepFailed: When one is missing, or is not of its type.
    """
    texts = {item["Name"]: item["Value"] for item in given}
    outputs = {}
    for output in declared:
        name, kind = output["OutputName"], output.get("OutputType", "String")
        if name not in texts:
            raise StepFailed(f"ClientError: the output parameter {name} was not given")
        try:
            outputs[name] = _READERS[kind](texts[name])
        except (KeyError, ValueError) as error:
            raise StepFailed(f"ClientError: output {name} is not {kind}: {texts[name]}") from error
    return outputs


@operation("SendPipelineExecutionStepSuccess")
def send_step_success(request: Document, platform: Platform) -> Document:
    """Answer a callback step: it succeeded."""
    outputs = request.get("OutputParameters", [])
    return _answer(platform, request["CallbackToken"], {"OutputParameters": outputs})


@operation("SendPipelineExecutionStepFailure")
def send_step_failure(request: Document, platform: Platform) -> Document:
    """Answer a callback step: it failed."""
    reason = request.get("FailureReason", "")
    return _answer(platform, request["CallbackToken"], {"FailureReason": reason})


def _answer(platform: Platform, token: str, answer: Document) -> Document:
    found = platform.store.find(CALLBACK, token)
    execution = platform.store.find(KIND, found["Execution"]) if found else None
    if found is None or execution is None:
        raise ResourceNotFound(f"No step waits for the callback token {token}.")

    def change(document: Document) -> Document | None:
        known = document.get("Answer")
        if known is not None and known != answer:
            raise ConflictException(f"The callback token {token} was answered already.")
        return document | {"Answer": answer}

    platform.store.change(CALLBACK, token, change)
    return {"PipelineExecutionArn": execution["PipelineExecutionArn"]}
