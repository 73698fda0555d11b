"""Which failures of a step are tried again, when, and how often.

AWS page "Retry Policy for Pipeline Steps": the first policy that names the exception decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.sagemaker.api.errors import ApiError

type Document = dict[str, Any]

SERVICE_FAULT = "Step.SERVICE_FAULT"
THROTTLING = "Step.THROTTLING"
INTERNAL_ERROR = "SageMaker.JOB_INTERNAL_ERROR"
CAPACITY_ERROR = "SageMaker.CAPACITY_ERROR"
RESOURCE_LIMIT = "SageMaker.RESOURCE_LIMIT"
TYPES = frozenset({SERVICE_FAULT, THROTTLING, INTERNAL_ERROR, CAPACITY_ERROR, RESOURCE_LIMIT})


def policy_faults(policies: Any) -> list[str]:
    """What is wrong with the retry policies of a step; empty when nothing is."""
    faults: list[str] = []
    for policy in policies or []:
        if unknown := set(policy.get("ExceptionType") or []) - TYPES:
            faults.append(f"Unknown exception types to retry: {sorted(unknown)}")
        if not policy.get("ExceptionType"):
            faults.append("A retry policy names its ExceptionType")
        if ("MaxAttempts" in policy) == ("ExpireAfterMin" in policy):
            faults.append("A retry policy has either MaxAttempts or ExpireAfterMin")
        known = {"ExceptionType", "IntervalSeconds", "BackoffRate", "MaxAttempts", "ExpireAfterMin"}
        if more := set(policy) - known:
            faults.append(f"Unknown members of a retry policy: {sorted(more)}")
    return faults


def exception_of_call(error: ApiError) -> str:
    """The exception type of a refused call; empty when it is not one to retry."""
    if error.code.startswith("Throttling"):
        return THROTTLING
    if error.code == "ResourceLimitExceeded":
        return RESOURCE_LIMIT
    return SERVICE_FAULT if error.status >= 500 and error.status != 501 else ""


def exception_of_job(reason: str) -> str:
    """The exception type of a job's FailureReason; empty when it is not one to retry."""
    if reason.startswith("InternalServerError"):
        return INTERNAL_ERROR
    if reason.startswith("CapacityError"):
        return CAPACITY_ERROR
    return RESOURCE_LIMIT if reason.startswith("ResourceLimitExceeded") else ""


def pause_before_retry(
    policies: list[Document], exception: str, attempts: int, elapsed: float
) -> float | None:
    """Seconds until the next attempt, or None when there is to be none.

    Args:
        policies: Those of the step; IntervalSeconds is 1 and BackoffRate 2 unless they say so.
        exception: The exception type; empty for one that is never tried again.
        attempts: How many there were, at least 1.
        elapsed: Seconds since the step began.
    """
    for policy in policies:
        if exception not in policy["ExceptionType"]:
            continue
        pause = policy.get("IntervalSeconds", 1) * policy.get("BackoffRate", 2.0) ** (attempts - 1)
        if "MaxAttempts" in policy:
            return float(pause) if attempts <= policy["MaxAttempts"] else None
        return float(pause) if elapsed + pause <= 60 * policy["ExpireAfterMin"] else None
    return None
