"""A function's process that faults kill: the next is forked from what was loaded, not started anew.

A cold start takes most of a second of processor time, and a fault matrix kills thousands. So the
process that loaded the function answers nothing itself; a child of it does. When that is killed,
the next child is forked, which knows nothing of what the one before did. Standard library alone,
in the interpreter of functions.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a process gets when its parent ends."""

_words: list[int] = []
used: set[str] = set()
"""AWS's services that this process has asked."""


def answer_in_children(answers: TextIO) -> None:
    """Return in one child after the other; never in the process itself.

    Args:
        answers: where a function's answers are written, a JSON document a line.
    """
    while True:
        reading, writing = os.pipe()
        parent, child = os.getpid(), os.fork()
        if not child:
            os.close(reading)
            _words[:] = [writing]
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
            return
        os.close(writing)
        with os.fdopen(reading) as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            os._exit(os.waitstatus_to_exitcode(status))
        last = json.loads(
            said or '{"services": [], "answer": {"status": "error", "error": "killed"}}'
        )
        answers.write(json.dumps(last["answer"]) + "\n")
        answers.flush()
        _read_models(set(last["services"]) - used)


def _read_models(services: set[str]) -> None:
    """Read the descriptions of services once for all children; half of a cold start is that."""
    for service in services:
        import boto3

        make: Any = boto3.client  # its stubs know services by literal name only
        make(service)
        used.add(service)


def die(event: dict[str, Any]) -> None:
    """End this process by SIGKILL; its parent answers that nothing of the event was handled.

    That is what a queue makes of an invocation that ended without an answer. A stream's, and any
    other, has to be told of an error.
    """
    messages = [record.get("messageId") for record in event.get("Records") or ()]
    answer: dict[str, Any] = {"status": "error", "error": "killed"}
    if messages and all(messages):
        failed = [{"itemIdentifier": each} for each in messages]
        answer = {"status": "ok", "result": {"batchItemFailures": failed}}
    if _words:
        last = {"services": sorted(used), "answer": answer}
        os.write(_words[0], json.dumps(last).encode())
    os.kill(os.getpid(), signal.SIGKILL)
