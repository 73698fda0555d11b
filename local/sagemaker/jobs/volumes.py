"""Keys of instances' disks: kept and told, refused where AWS refuses them.

The laptop's own disk is not encrypted under them. What is written to S3 bears its output's key.
"""

from __future__ import annotations

import re

from local.sagemaker.api.errors import ValidationException

_OWN_DISK = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g4dn|g5|g6e?|gr6|p4\w*|p5\w*|trn\w+)\.")


def check_volume_key(instance: str, key: str) -> None:
    """Refuse a key for an instance that brings a disk of its own, such as ``ml.m5d.large``.

    Source: ResourceConfig, ProcessingClusterConfig and TransformResources, ``VolumeKmsKeyId``;
    CreateEndpointConfig, ``KmsKeyId``.

    Raises:
        ValidationException: it is refused.
    """
    if key and _OWN_DISK.match(instance):
        raise ValidationException(
            f"VolumeKmsKeyId is not supported for {instance}, which encrypts its local storage."
        )
