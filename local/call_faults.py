"""Faults at a function's AWS calls: its process killed, the call throttled, lost or failed.

Loaded into a function's process by `local.ministack_hooks.planned_faults`, and only where a cloud
is given a fault plan. Standard library, and the botocore that the function brings.
"""

from __future__ import annotations

import io
import os
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from local.fault_plan import VARIABLE, FaultPlan, Heard
from local.forked_function import die, used

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[dict[str, Any], object], Any]

KILL_BEFORE, KILL_AFTER = "killed before", "killed after"
THROTTLE, ERROR, TIMEOUT = "throttled", "answered 500", "timed out"
FOR_GOOD = " for good"
"""Appended to the three above: each of botocore's own attempts at the call meets the fault."""
WAYS = (
    KILL_BEFORE,
    KILL_AFTER,
    *(way + more for way in (THROTTLE, ERROR, TIMEOUT) for more in ("", FOR_GOOD)),
)
WAIT_SCALE = 0.1
"""Pauses between botocore's attempts are so much shorter: nothing else moves meanwhile."""
CLAIM_SECONDS = 15
"""A dead delivery's claim holds for so long, since a message's waits are shorter too."""
CLAIMED_PAUSE = 20 * (CLAIM_SECONDS + 1)
"""What waits for it comes back so late; a planned cloud makes a twentieth of it, and the function's
own figure would be over long before the claim."""
XML = '<?xml version="1.0"?>'


class Invocation:
    """One handling of one message: the number of calls so far, and the faults that await it."""

    def __init__(self, plan: FaultPlan, function: str, heard: Heard, event: dict[str, Any]) -> None:
        """Find out which message of its kind this is, and what is planned for it still."""
        self.plan, self.function, self.heard, self.event = plan, function, heard, event
        self.occurrence = plan.occurrence(function, heard)
        self.number = f"{os.getpid()}-{time.monotonic_ns()}"
        self._lock = threading.Lock()
        self._calls = 0
        self._open = [each for each in plan.points(heard.life) if self._is_open(each)]
        self._mine: dict[int, str] = {}

    def _is_open(self, point: dict[str, Any]) -> bool:
        place = (point["function"], point["heard"], point["occurrence"])
        here = (self.function, self.heard.what, self.occurrence)
        return "call" in point and place == here and not self.plan.claimed(point)

    def note(self, **what: Any) -> None:
        """Write down something of this invocation."""
        heard = self.heard
        self.plan.note(
            invocation=self.number,
            life=heard.life,
            function=self.function,
            heard=heard.what,
            event=heard.id,
            occurrence=self.occurrence,
            **what,
        )

    def next_call(self, operation: str) -> int:
        """Count a call."""
        with self._lock:
            self._calls += 1
            number = self._calls
        self.note(call=number, operation=operation)
        return number

    def way(self, call: int, operation: str, ways: tuple[str, ...]) -> str:
        """The fault that this call meets now, if it is one of these; claimed if it is.

        A fault for good stays with the invocation that claimed it. A delivery that takes another
        way, since one before it came further, may make another call in this place: it meets none.
        """
        if mine := self._mine.get(call):
            return mine if mine.endswith(FOR_GOOD) and mine.startswith(ways) else ""
        for point in self._open:
            here = (point["call"], point["operation"]) == (call, operation)
            if here and point["way"].startswith(ways) and self.plan.claim(point):
                self._mine[call] = way = str(point["way"])
                return way
        return ""


_now = SimpleNamespace(invocation=None)
_call = threading.local()


def faulty(handler: Handler, function: str) -> Handler:
    """Make a function's handler one that meets the faults planned for it, and notes its calls."""
    _listen_to_botocore()
    if advance := sys.modules.get("lifecycle.advance"):
        advance.CLAIM_SECONDS = CLAIM_SECONDS  # type: ignore[attr-defined]
    if leg := sys.modules.get("lifecycle.leg"):
        leg.CLAIMED_PAUSE = CLAIMED_PAUSE  # type: ignore[attr-defined]
    plan = FaultPlan(Path(os.environ[VARIABLE]))

    def handle(event: dict[str, Any], context: object) -> Any:
        heard = plan.heard(event)
        if not heard.life:
            return handler(event, context)
        invocation = Invocation(plan, function, heard, event)
        _now.invocation = invocation
        invocation.note(begins=True)
        try:
            answer = handler(event, context)
        finally:
            _now.invocation = None
        failed = answer.get("batchItemFailures", []) if isinstance(answer, dict) else []
        invocation.note(ends=True, failed=bool(failed))
        return answer

    return handle


def _listen_to_botocore() -> None:
    import botocore.endpoint
    import botocore.handlers

    botocore.handlers.BUILTIN_HANDLERS += [
        ("before-call", _before_call),
        ("before-send", _before_send),
        ("response-received", _response_received),
    ]
    inside: Any = botocore.endpoint
    inside.time = SimpleNamespace(sleep=lambda seconds: time.sleep(seconds * WAIT_SCALE))


def _before_call(model: Any, **_: Any) -> None:
    invocation: Invocation | None = _now.invocation
    _call.model, _call.number = model, 0
    used.add(model.service_model.service_name)
    _call.operation = f"{model.service_model.service_name}:{model.name}"
    if invocation is not None:
        _call.number = invocation.next_call(_call.operation)


def _before_send(request: Any, **_: Any) -> Any:
    """Answer in AWS's place, or None to let the request go.

    Raises:
        ReadTimeoutError: the request took effect and its answer was lost.
    """
    from botocore.exceptions import ReadTimeoutError

    invocation: Invocation | None = _now.invocation
    if invocation is None:
        return None
    ways = (KILL_BEFORE, THROTTLE, ERROR, TIMEOUT)
    way = invocation.way(_call.number, _call.operation, ways)
    if not way:
        return None
    if way == KILL_BEFORE:
        die(invocation.event)
    if way.startswith(TIMEOUT):
        from botocore.httpsession import URLLib3Session

        URLLib3Session().send(request)
        raise ReadTimeoutError(endpoint_url=request.url)
    return refusal(request.url, _call.model, throttled=way.startswith(THROTTLE))


def _response_received(**_: Any) -> None:
    invocation: Invocation | None = _now.invocation
    killed = (KILL_AFTER,)
    if invocation is not None and invocation.way(_call.number, _call.operation, killed):
        die(invocation.event)


class _Body(io.BytesIO):
    def stream(self, *_: Any, **__: Any) -> Any:
        """Hand out the body as urllib3's responses do."""
        yield self.read()


def refusal(url: str, model: Any, *, throttled: bool) -> Any:
    """AWS's answer to a request that it throttles or fails at, in the service's own protocol.

    Codes: "Error responses" of S3 (SlowDown, InternalError), "Common errors" of the others.
    """
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders

    protocol = model.service_model.resolved_protocol
    if protocol == "rest-xml":
        code, status = ("SlowDown", 503) if throttled else ("InternalError", 500)
        text = f"{XML}<Error><Code>{code}</Code><Message>planned</Message></Error>"
    elif protocol == "query":
        code, status = ("Throttling", 400) if throttled else ("InternalFailure", 500)
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>planned</Message></Error>"
        text = f"{XML}<ErrorResponse>{error}<RequestId>planned</RequestId></ErrorResponse>"
    else:
        code, status = ("ThrottlingException", 400) if throttled else ("InternalServerError", 500)
        text = f'{{"__type": "{code}", "message": "planned"}}'
    headers = HTTPHeaders.from_pairs(
        [("x-amzn-errortype", code), ("content-length", str(len(text)))]
    )
    return AWSResponse(url, status, headers, _Body(text.encode()))
