# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""Planned faults: at functions' calls, queues' messages, and SageMaker's and Glue's events.

Nothing here is hooked unless the cloud is given a fault plan (`local.fault_plan`), which only
`faults/` makes. Under a plan queues hand out one message at a time, so that a fault meets one life
alone, and their waits are short: what a queue would hold back for minutes comes back in seconds.
"""

from __future__ import annotations

import contextvars
import functools
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.fault_plan import FaultPlan, Heard, event_kind
from local.ministack_hooks.inside import Json, module
from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[[Json, Json, Json, list[Json], str, str], None]
    PutEvents = Callable[[list[Json]], list[Json]]

TWICE, AT_ONCE, LATE, REVERSED = "twice", "three at once", "late", "in reverse order"
MESSAGE_WAYS = (TWICE, AT_ONCE, LATE, REVERSED)
DROPPED, DOUBLED, SWAPPED = "dropped", "doubled", "swapped"
EVENT_WAYS = (DROPPED, DOUBLED, SWAPPED)
ALL_DROPPED = "all dropped"
"""Of every event of a life, from the first to the last."""

BACK_SECONDS = 1.0
"""When a message of a dead function comes back; a queue would wait out its visibility timeout."""
WAIT_SCALE = 0.05
"""Pauses that a function asked for, of 2 to 300 s, become so much shorter, in the same order."""
LONG_SECONDS = 900
LOOK_SECONDS = 0.3
SWAP_SECONDS = 8.0
"""For how long a swapped event waits for a neighbour; it may have been the last."""

_PRELUDE = """
import sys
sys.path.append({root!r})
from local.call_faults import faulty as _baton_faulty
from local.forked_function import answer_in_children as _baton_answer_in_children
sys.path.remove({root!r})
"""
_HANDLER = "handler_fn = getattr(mod, handler_name)"
_LOOP = "    while True:\n        line = sys.stdin.readline()"


def hook_calls() -> None:
    """Let functions meet the faults planned for their calls.

    Raises:
        RuntimeError: ministack's program for functions is not the one this was written for.
    """
    runtime = module("core.lambda_runtime")
    script = runtime._PYTHON_WORKER_SCRIPT
    for line in (_HANDLER, _LOOP):
        if script.count(line) != 1:
            raise RuntimeError(f"no single {line!r} in ministack's program for functions")
    wrapped = 'handler_fn = _baton_faulty(getattr(mod, handler_name), init["function_name"])'
    prelude = _PRELUDE.format(root=str(ROOT))
    in_children = f"    _baton_answer_in_children(_real_stdout)\n{_LOOP}"
    script = script.replace(_HANDLER, wrapped).replace(_LOOP, in_children)
    runtime._PYTHON_WORKER_SCRIPT = prelude + script


def hook_messages(folder: Path) -> None:
    """Let queues' messages meet the faults planned for them, one message at a time."""
    service, queues = module("services.lambda_svc"), module("services.sqs")
    receive, plan = queues._receive_messages_for_esm, FaultPlan(folder)

    @functools.wraps(receive)
    def receive_one(queue_url: str, most: int) -> list[Json]:
        waiting = list(queues._get_q(queue_url)["messages"])
        planned = any(plan.life_in(each["body"]) for each in waiting)
        found: list[Json] = receive(queue_url, 1 if planned else most)
        return found

    queues._receive_messages_for_esm = receive_one
    telling = threading.Thread(target=_tell_what_waits, args=(plan, queues._queues), daemon=True)
    telling.start()
    service._run_sqs_batch = MessageFaults(
        plan,
        service._run_sqs_batch,
        execute=service._execute_function,
        backing_off=service._esm_backoff_until,
        wake=service.esm_wake.set,
    )


def _tell_what_waits(plan: FaultPlan, queues: Any) -> None:
    """Keep `waiting.json`: by life, how many messages its legs have not handled yet.

    What a leg sent itself for later comes at once when its life is over.
    """
    while True:
        began = time.time()
        messages = [
            (life, message)
            for queue in list(queues._data.values())
            if not queue["attributes"]["QueueArn"].endswith("-dead-letters")
            and queue["attributes"].get("RedrivePolicy")  # a leg's own
            for message in list(queue["messages"])
            if (life := plan.life_in(message["body"]))
        ]
        for life, message in messages:
            if not message["receive_count"] and plan.is_over(life):
                message["visible_at"] = min(message["visible_at"], began)
        lives = Counter(life for life, _ in messages)
        draft = plan.folder / "waiting.new"
        draft.write_text(json.dumps({"at": began, "lives": lives}))
        draft.replace(plan.folder / "waiting.json")
        time.sleep(LOOK_SECONDS)


@dataclass
class Held:
    """Messages that one fault holds, in the order in which they came."""

    since: float
    messages: list[str] = field(default_factory=list)


class MessageFaults:
    """Stands in for the step that hands a message to its function."""

    def __init__(
        self,
        plan: FaultPlan,
        run: Run,
        *,
        execute: Callable[[Json, Json], Json],
        backing_off: dict[str, float],
        wake: Callable[[], None],
    ) -> None:
        """Take the step itself and the parts of ministack that it needs.

        Args:
            plan: What is planned.
            run: Hands a batch to a function and deletes what was handled.
            execute: Calls a function and nothing else.
            backing_off: Until when each event source waits after a failure; changed here.
            wake: Makes the poller look at once.
        """
        self._plan, self._run, self._execute = plan, run, execute
        self._backing_off, self._wake = backing_off, wake
        self._held: dict[str, Held] = {}
        self._lock = threading.Lock()

    def __call__(  # noqa: PLR0917 -- as ministack calls it
        self, esm: Json, function: Json, event: Json, batch: list[Json], url: str, queue: str
    ) -> None:
        """Hand one message over, or hold it, as planned; what is in no plan goes as it is."""
        if not self._plan.life_in(batch[0]["body"]):
            self._run(esm, function, event, batch, url, queue)
            return
        # A slow machine is no planned fault: neither function nor message runs out of time.
        function["config"]["Timeout"] = LONG_SECONDS
        hidden_until = batch[0]["visible_at"] = time.time() + LONG_SECONDS
        name = function["config"]["FunctionName"]
        point = self._point(name, batch[0])
        way = point["way"] if point else ""
        if point and way in {LATE, REVERSED} and self._hold(point, batch[0]):
            return
        again = {TWICE: 1, AT_ONCE: 2}.get(way, 0) if point and self._plan.claim(point) else 0
        others = [self._thread(function, event) for _ in range(again)] if way == AT_ONCE else []
        self._run(esm, function, event, batch, url, queue)
        for other in others:
            other.join()
        if way == TWICE and again:
            self._execute(function, event)
        self._backing_off.pop(esm["UUID"], None)
        # Who fails says when the message is to come back; who dies says nothing.
        bring_back_soon(batch[0], died=batch[0]["visible_at"] == hidden_until)
        self._wake()

    def _thread(self, function: Json, event: Json) -> threading.Thread:
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(self._execute, function, event))
        thread.start()
        return thread

    def _point(self, function: str, message: Json) -> Json | None:
        """The fault planned for a message."""
        heard = self._plan.heard_message(message["body"], message.get("group_id"))
        planned = [
            point
            for point in self._plan.points(heard.life)
            if point["way"] in MESSAGE_WAYS and point["function"] == function
        ]
        if not planned:
            return None
        number = self._plan.occurrence(function, heard)
        return next(
            (
                point
                for point in planned
                if point["way"] == REVERSED
                or (point["heard"], point["occurrence"]) == (heard.what, number)
            ),
            None,
        )

    def _hold(self, point: Json, message: Json) -> bool:
        """Hold a message until its life is quiet; those in reverse order then go last first."""
        with self._lock:
            held = self._held.get(point["id"])
            if held is None:
                if not self._plan.claim(point):
                    return False
                held = self._held[point["id"]] = Held(time.time())
            released = self._plan.released_at(point["life"]) > held.since
            if not released and message["id"] not in held.messages:
                held.messages.append(message["id"])
            if message["id"] not in held.messages:
                return False
            if released and message["id"] == held.messages[-1]:
                held.messages.pop()
                self._plan.note(life=point["life"], released=message["id"], point=point["id"])
                return False
        message["visible_at"] = time.time() + LOOK_SECONDS
        message["receive_count"] -= 1  # it was not received, as far as anybody knows
        return True


def bring_back_soon(message: Json, *, died: bool) -> None:
    """Shorten a message's wait, if it was not handled; whether its function died over it."""
    wait = message["visible_at"] - time.time()
    if wait > 0:
        message["visible_at"] -= wait - (BACK_SECONDS if died else wait * WAIT_SCALE)


class EventFaults:
    """Stands in for the door by which the events of SageMaker and Glue enter the bus."""

    def __init__(self, folder: Path, put: PutEvents) -> None:
        """Take the plan's folder, and what puts events on the bus."""
        self._plan, self._put = FaultPlan(folder), put
        self._held: dict[str, Json] = {}
        self._lock = threading.Lock()

    def __call__(self, entries: list[Json], about: str = "") -> list[Json]:
        """Put events on the bus, as planned.

        Args:
            entries: The events.
            about: Names the life of those whose detail names none, as Glue's do not.
        """
        going = [each for entry in entries for each in self._befallen(entry, about)]
        self._put(going)
        return [{"EventId": str(number)} for number, _ in enumerate(entries)]

    def _befallen(self, entry: Json, about: str) -> list[Json]:
        """What becomes of one event: none, one or more of them, in order."""
        life = self._plan.life_in(f"{entry.get('Detail', '')} {about}")
        if not life:
            return [entry]
        self._plan.note(life=life, sent=event_kind(entry), number=self._number(life, entry))
        way = self._way(life, entry)
        if way in {DROPPED, ALL_DROPPED}:
            return []
        if way == SWAPPED:
            with self._lock:
                self._held[life] = entry
            timer = threading.Timer(SWAP_SECONDS, lambda: self._put(self._let_go(life)))
            timer.daemon = True
            timer.start()
            return []
        return [entry, *([entry] if way == DOUBLED else []), *self._let_go(life)]

    def _let_go(self, life: str) -> list[Json]:
        with self._lock:
            held = self._held.pop(life, None)
        return [held] if held else []

    def _number(self, life: str, entry: Json) -> int:
        unique = str(entry.get("Time")) + str(entry.get("Detail"))
        return self._plan.occurrence("bus", Heard(life, event_kind(entry), unique))

    def _way(self, life: str, entry: Json) -> str:
        kind, number = event_kind(entry), self._number(life, entry)
        for point in self._plan.points(life):
            place = (point["heard"], point["occurrence"])
            if point["way"] == ALL_DROPPED:
                self._plan.claim(point)  # tells since when; it befalls what follows all the same
                return ALL_DROPPED
            if point["way"] in EVENT_WAYS and place == (kind, number) and self._plan.claim(point):
                return str(point["way"])
        return ""
