"""Names derived from causes: the same cause always asks for the same thing by the same name."""

from __future__ import annotations

from hashlib import sha256

PREFIX = "baton-"
TUNING_NAME_LIMIT = 32


def digest(*parts: str, length: int = 16) -> str:
    """A short, stable fingerprint of some texts, in hexadecimal."""
    return sha256("\x1f".join(parts).encode()).hexdigest()[:length]


def run_id(time: str, event_id: str) -> str:
    """A run's id, in order of time: ``20260203T101112-3fa94c`` from the causing event."""
    stamp = time[:19].replace("-", "").replace(":", "")
    return f"{stamp}-{digest(event_id, length=6)}"


def job_name(problem: str, run: str, leg: str) -> str:
    """A training or tuning job's name, within tuning's 32 characters.

    A run has one job a leg, so problem, run and leg name it; the prefix lets rules tell this
    stack's jobs from others of the account. (CreateHyperParameterTuningJob:
    ``HyperParameterTuningJobName`` has at most 32 characters.)
    """
    mark = digest(problem, run, leg, length=7)
    room = TUNING_NAME_LIMIT - len(PREFIX) - len(mark) - 1
    return f"{PREFIX}{problem[:room].rstrip('-')}-{mark}"


def processing_job_name(purpose: str, problem: str, *parts: str) -> str:
    """A processing job's name; the purpose stands first so that rules can filter by prefix."""
    return f"{PREFIX}{purpose}-{problem}-{digest(problem, *parts, length=10)}"


def model_name(problem: str, run: str) -> str:
    """The name of a run's SageMaker model, endpoint configuration and alarm."""
    return f"{problem}-{run.replace('T', '-')}".lower()
