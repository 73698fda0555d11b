"""What ends a job as Failed, and how SageMaker words it."""

from __future__ import annotations

import errno
import logging
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

from local.sagemaker.jobs.workers import WorkersError
from local.sagemaker.objects import ObjectsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.jobs.container import Container

_REASON_CHARACTERS = 1024
_SPACE_SECONDS = 60.0
_log = logging.getLogger(__name__)


class JobFailed(Exception):  # noqa: N818 -- a fact about the job, not a fault of this program
    """The job failed; the message is its FailureReason."""


def exit_reason(container: Container, code: int) -> str:
    """The FailureReason of a job whose process on one host ended with an exit code not 0."""
    # SageMaker reports the code that a shell would: 128 + the signal's number.
    shown = code if code >= 0 else 128 - code
    told = container.failure()
    # A built-in algorithm that blames the caller says so itself, and AWS repeats it as it is.
    kind = "" if told.startswith("ClientError:") else "AlgorithmError: "
    return f"{kind}{told}, exit code: {shown}"[:_REASON_CHARACTERS]


def reason_of(error: Exception, job: str) -> str:
    """The FailureReason of whatever kept a job from going on.

    ClientError is the caller's matter, InternalServerError this program's; the latter is logged.
    """
    if isinstance(error, JobFailed):
        return str(error)[:_REASON_CHARACTERS]
    if isinstance(error, ObjectsError):
        return f"ClientError: {error}"[:_REASON_CHARACTERS]
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"ClientError: {error.strerror}: the job needs more storage than there is"
    if not isinstance(error, WorkersError):
        _log.error("%s broke", job, exc_info=error)
    return f"InternalServerError: {error}"[:_REASON_CHARACTERS]


def insist(write: Callable[[], object]) -> None:
    """Write a job's end into the store, again and again while the disk is full.

    Raises:
        sqlite3.OperationalError: When there is no space for a minute; the next start tells the end.
    """
    deadline, pause = time.monotonic() + _SPACE_SECONDS, threading.Event()
    while True:
        try:
            write()
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            pause.wait(0.5)
        else:
            return
