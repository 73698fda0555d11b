"""The customer's key in requests to SageMaker, where the stack was given one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lifecycle.settings import Settings

OWN_STORAGE = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g4dn|g5|g6e?|gr6|p4\w*|p5\w*|trn\w+)\.")
"""Instances that bring a disk, which they encrypt by themselves: SageMaker refuses a key for it
(ResourceConfig, ``VolumeKmsKeyId``)."""


def keeps_storage(instance: str) -> bool:
    """Whether an instance brings its own disk, such as ``ml.m5d.large``."""
    return OWN_STORAGE.match(instance) is not None


def output_key(settings: Settings) -> dict[str, str]:
    """The key under which a job's outputs are written; empty without one."""
    return {"KmsKeyId": settings.kms_key} if settings.kms_key else {}


def volume_key(instance: str, settings: Settings) -> dict[str, str]:
    """The key of a job's disk; empty without one, and where the disk takes none."""
    if not settings.kms_key or keeps_storage(instance):
        return {}
    return {"VolumeKmsKeyId": settings.kms_key}
