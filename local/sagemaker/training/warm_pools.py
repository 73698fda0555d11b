"""Warm pools: what a training job's instances keep for the next one like it.

Page "Train Using SageMaker AI Managed Warm Pools". A process starts warm here in any case; what a
pool keeps is each host's persistent cache, `/opt/ml/sagemaker/warmpoolcache`, and it has the
states and the times of a real one.
"""

from __future__ import annotations

import contextlib
import math
import shutil
import threading
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.operations import operation
from local.sagemaker.assembly import at_start
from local.sagemaker.store import MissingError
from local.sagemaker.training.training_states import ENDED, KIND

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.jobs.container import Container, Place
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

CACHE_VARIABLE = "SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY"
_INSIDE = "sagemaker/warmpoolcache"
_SINCE = "WarmPoolAvailableSince"


def check_keep_alive(request: Document) -> None:
    """Refuse a pool of spot capacity; raises `ValidationException`."""
    if _period(request) and request.get("EnableManagedSpotTraining"):
        raise ValidationException(
            "ResourceConfig.KeepAlivePeriodInSeconds cannot be used with managed spot training"
        )


def claim(platform: Platform, job: Document) -> None:
    """Give a job that is about to start the oldest pool that fits, and its own status.

    Args:
        platform: The local SageMaker.
        job: The stored job's document.
    """
    name, reused = job["TrainingJobName"], False
    if not job.get("EnableManagedSpotTraining"):
        for other in platform.store.list(KIND):
            reused = _identity(other) == _identity(job) and _take(platform, other, name)
            if reused:
                break
    if reused or _period(job):
        platform.store.update(KIND, name, WarmPoolStatus={"Status": "InUse"})


def furnish(platform: Platform, job: Document, container: Container, place: Place) -> None:
    """Put the pool's cache of one host into its container, if the job has a pool."""
    if "WarmPoolStatus" in job:
        kept = _folder(platform, job["TrainingJobName"]) / place.host
        kept.mkdir(parents=True, exist_ok=True)
        link = container.base / _INSIDE
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(kept)


def variables(job: Document, container: Container) -> dict[str, str]:
    """The environment variable that tells a process of the cache."""
    return {CACHE_VARIABLE: str(container.base / _INSIDE)} if "WarmPoolStatus" in job else {}


def release(platform: Platform, name: str) -> None:
    """Keep a job's pool now that the job has ended, unless the fault was SageMaker's own."""

    def change(job: Document) -> Document | None:
        if job.get("WarmPoolStatus", {}).get("Status") != "InUse":
            return None
        internal = job.get("FailureReason", "").startswith("InternalServerError")
        if internal or not _period(job):
            status = {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 0}
            return job | {"WarmPoolStatus": status}
        return job | {"WarmPoolStatus": {"Status": "Available"}, _SINCE: platform.now()}

    with contextlib.suppress(MissingError):
        _settle(platform, platform.store.change(KIND, name, change))


def forget(platform: Platform, name: str) -> None:
    """End the pool of a job that is deleted."""
    shutil.rmtree(_folder(platform, name), ignore_errors=True)


@operation("UpdateTrainingJob", honours={"TrainingJobName", "ResourceConfig"})
def update_training_job(request: Document, platform: Platform) -> Document:
    """Change how long a warm pool that waits is kept; 0 ends it."""
    name = request["TrainingJobName"]
    job = platform.get(KIND, name)
    if job.get("WarmPoolStatus", {}).get("Status") != "Available":
        raise ValidationException(
            f"Training job {name} has no warm pool that is Available: "
            "KeepAlivePeriodInSeconds cannot be changed"
        )
    period = request.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds", _period(job))

    def change(found: Document) -> Document:
        resources = found["ResourceConfig"] | {"KeepAlivePeriodInSeconds": period}
        return found | {"ResourceConfig": resources, "LastModifiedTime": platform.now()}

    _settle(platform, platform.store.change(KIND, name, change))
    return {"TrainingJobArn": job["TrainingJobArn"]}


@at_start
def take_up(platform: Platform) -> None:
    """Wait again for the ends of the pools that there were."""
    for job in platform.store.list(KIND):
        if job["TrainingJobStatus"] in ENDED:
            release(platform, job["TrainingJobName"])  # the kill may have come just before
        _settle(platform, platform.get(KIND, job["TrainingJobName"]))


def _settle(platform: Platform, job: Document) -> None:
    """End a pool whose time is over, or come back then; remove what an ended one kept."""
    name, status = job["TrainingJobName"], job.get("WarmPoolStatus", {}).get("Status")
    if status == "Available":
        left = job[_SINCE] + _period(job) - platform.now()
        if left > 0:
            timer = threading.Timer(left, _expire, (platform, name))
            timer.daemon = True
            timer.start()
        else:
            _expire(platform, name)
    elif status == "Terminated":
        forget(platform, name)


def _expire(platform: Platform, name: str) -> None:
    if platform.closing:
        return

    def change(job: Document) -> Document | None:
        waits = job.get("WarmPoolStatus", {}).get("Status") == "Available"
        if not waits or platform.now() < job[_SINCE] + _period(job) - 0.01:
            return None  # it was taken, or is kept for longer now
        return job | {"WarmPoolStatus": _ended(platform, job, "Terminated")}

    with contextlib.suppress(MissingError):  # the job was deleted
        job = platform.store.change(KIND, name, change)
        if job["WarmPoolStatus"]["Status"] == "Terminated":
            forget(platform, name)


def _take(platform: Platform, other: Document, name: str) -> bool:
    """Take a pool that waits; False when somebody else was quicker."""
    taken = False

    def change(job: Document) -> Document | None:
        nonlocal taken
        if job.get("WarmPoolStatus", {}).get("Status") != "Available":
            return None
        taken = True
        status = _ended(platform, job, "Reused") | {"ReusedByJob": name}
        return job | {"WarmPoolStatus": status}

    with contextlib.suppress(MissingError):
        platform.store.change(KIND, other["TrainingJobName"], change)
    kept = _folder(platform, other["TrainingJobName"])
    if taken and kept.is_dir():
        kept.rename(_folder(platform, name))
    return taken


def _ended(platform: Platform, job: Document, status: str) -> Document:
    seconds = math.ceil(platform.now() - job[_SINCE])
    return {"Status": status, "ResourceRetainedBillableTimeInSeconds": seconds}


def _period(job: Document) -> int:
    return int(job.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds", 0))


def _identity(job: Document) -> list[Any]:
    """What a job must have in common with a pool."""
    resources = job.get("ResourceConfig", {})
    return [
        job.get("RoleArn"),
        *(resources.get(member) for member in ("InstanceType", "InstanceCount", "VolumeSizeInGB")),
        job.get("EnableInterContainerTrafficEncryption", False),
        job.get("EnableNetworkIsolation", False),
    ]


def _folder(platform: Platform, name: str) -> Path:
    folder = platform.settings.data / "warm-pools" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder
