"""InvokeEndpointWithResponseStream: an answer is passed on while the model still writes it."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.event_stream import event, exception
from local.sagemaker.api.operations import Document, operation
from local.sagemaker.api.service_models import RUNTIME
from local.sagemaker.endpoints.endpoint_life import live_endpoint
from local.sagemaker.endpoints.model_client import (
    ModelAnswer,
    ModelStream,
    ModelTimeoutError,
    ModelUnreachableError,
)
from local.sagemaker.endpoints.runtime import (
    ATTRIBUTES,
    INVOCATION_SECONDS,
    LARGEST_BODY,
    TIMED_OUT,
    TRIES,
    Outcome,
    check_request,
    copy_to_shadows,
    headers_for,
    model_error,
    no_endpoint,
    record,
)

if TYPE_CHECKING:
    from local.sagemaker.endpoints.endpoint_life import LiveEndpoint
    from local.sagemaker.endpoints.endpoint_traffic import Lease
    from local.sagemaker.platform import Platform

STREAM_SECONDS = 480.0
"""A streamed answer may take eight minutes ("Invoke models for real-time inference")."""


@operation(
    "InvokeEndpointWithResponseStream",
    service=RUNTIME,
    honours={
        "EndpointName",
        "Body",
        "ContentType",
        "Accept",
        "CustomAttributes",
        "TargetVariant",
        "TargetContainerHostname",
        "InferenceId",
    },
)
def invoke_endpoint_with_response_stream(request: Document, platform: Platform) -> Document:
    """Ask the model behind an endpoint, and get its answer piece by piece."""
    name = request["EndpointName"]
    live = live_endpoint(platform, name)
    if live is None:
        raise no_endpoint(platform, name)
    if live.fleet is not None and live.fleet.config.get("AsyncInferenceConfig"):
        raise ValidationException(f"Endpoint {name} is asynchronous: use InvokeEndpointAsync.")
    stream = _Payload(platform, live, request)
    if stream.answer is None or stream.answer.status >= 400:
        outcome = stream.refusal()
        raise model_error(platform, name, outcome)
    copy_to_shadows(platform, live, stream.lease, request)
    return {
        "Body": stream,
        "ContentType": stream.answer.headers.get("content-type"),
        "InvokedProductionVariant": stream.lease.variant.name,
        "CustomAttributes": stream.answer.headers.get(ATTRIBUTES.lower()),
    }


class _Payload:
    """The messages of one streamed answer; its place on the instance is held until `close`."""

    def __init__(self, platform: Platform, live: LiveEndpoint, request: Document) -> None:
        """Ask; returns when the answer's head is there."""
        self._platform = platform
        self._live = live
        self._request = request
        self._stack = ExitStack()
        self._began = time.perf_counter()
        self._kept: list[bytes] = []
        self._reason = ""
        self._ended = False
        self._recorded = False
        self._failed = False
        self.answer: ModelStream | None = None
        self.lease: Lease
        self._ask()

    def __iter__(self) -> _Payload:
        return self

    def __next__(self) -> bytes:
        """The next message; raises `StopIteration` after the last."""
        if self._ended:
            raise StopIteration
        assert self.answer is not None
        if time.perf_counter() - self._began > STREAM_SECONDS:
            return self._broken("ModelInvocationTimeExceeded", TIMED_OUT)
        try:
            piece = next(self.answer, None)
        except ModelTimeoutError:
            return self._broken("ModelInvocationTimeExceeded", TIMED_OUT)
        except ModelUnreachableError as error:
            text = f"The model ended its answer before it was complete: {error}"
            return self._broken("StreamBroken", text)
        if piece is None:
            self.close()
            raise StopIteration
        if self.lease.fleet.capture:
            self._kept.append(piece)
        return event("PayloadPart", piece)

    def close(self) -> None:
        """Give the instance back, and write down what came of the request; may be repeated."""
        self._ended = True
        if self.answer is not None:
            self.answer.close()
        self._stack.close()
        if not self._recorded:
            self._recorded = True
            record(self._platform, self._live, self._outcome(), self._request, 0.0)

    def refusal(self) -> Outcome:
        """The outcome of a request whose answer is an error, or none."""
        try:
            self._kept = list(self.answer) if self.answer is not None else []
        except (ModelTimeoutError, ModelUnreachableError) as error:
            self._reason = str(error)
        outcome = self._outcome()
        self.close()
        return outcome

    def _ask(self) -> None:
        body = self._request.get("Body", b"")
        for attempt in range(1, TRIES + 1):
            self.lease = self._stack.enter_context(
                self._live.traffic.lease(self._request.get("TargetVariant", ""))
            )
            try:
                check_request(self._request, self.lease, LARGEST_BODY)
                self.answer = self.lease.instance.stream(
                    headers_for(self._request), body, INVOCATION_SECONDS
                )
            except ModelUnreachableError:
                self.lease.instance.healthy = False
                self._reason = "the model server ended while it answered"
                if attempt < TRIES:
                    self._stack.close()
            except ModelTimeoutError:
                self._reason = TIMED_OUT
                return
            except BaseException:
                self._stack.close()
                raise
            else:
                return

    def _broken(self, code: str, text: str) -> bytes:
        self._reason = text
        self._failed = True
        self.close()
        return exception("ModelStreamError", Message=text, ErrorCode=code)

    def _outcome(self) -> Outcome:
        answer = None
        if self.answer is not None and not self._failed:
            answer = ModelAnswer(self.answer.status, self.answer.headers, b"".join(self._kept))
        took = time.perf_counter() - self._began
        return Outcome(answer, self.lease, took, self._reason)
