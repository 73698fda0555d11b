"""What a training job leaves: archives of model and output, the times that it took."""

from __future__ import annotations

import math
import tarfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from local.sagemaker.objects import Objects

type Document = dict[str, Any]

SPOT_SHARE = 0.3
"""Share of the training time that a spot job is billed for: AWS says "up to 90 %" is saved; 70 % is
what its own samples show."""


def upload_results(objects: Objects, job: Document, bases: Sequence[Path]) -> Document:
    """Upload model and output of all hosts together.

    Hosts that write files of one name clash (page "How Amazon SageMaker AI Processes Training
    Output" asks them not to); here the first host's stays.

    Args:
        objects: S3.
        job: The training job's document.
        bases: What stands for `/opt/ml` on each host.

    Returns:
        The member ModelArtifacts.

    Raises:
        ObjectsError: When S3 does not take it.
    """
    root = f"{job['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job['TrainingJobName']}/output"
    plain = job["OutputDataConfig"].get("CompressionType") == "NONE"
    role, kms_key = job["RoleArn"], job["OutputDataConfig"].get("KmsKeyId", "")
    for inside, name in (("model", "model"), ("output/data", "output")):
        folders = [base / inside for base in bases if (base / inside).is_dir()]
        full = [folder for folder in folders if any(folder.iterdir())]
        if plain:
            for folder in reversed(full):
                objects.upload_folder(folder, f"{root}/{name}", role, kms_key=kms_key)
        elif full or name == "model":
            archive = bases[0] / f"{name}.tar.gz"
            pack(full, archive)
            objects.upload(archive, f"{root}/{name}.tar.gz", role, kms_key=kms_key)
    address = f"{root}/model" if plain else f"{root}/model.tar.gz"
    return {"ModelArtifacts": {"S3ModelArtifacts": address}}


def pack(folders: Sequence[Path], archive: Path) -> None:
    """Pack the folders' contents at the archive's root, each name once, the first one's."""
    packed: set[str] = set()
    with tarfile.open(archive, "w:gz", compresslevel=3) as target:

        def once(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
            if entry.name in packed and not entry.isdir():
                return None
            packed.add(entry.name)
            return entry

        for folder in folders:
            for path in sorted(folder.iterdir()):
                target.add(path, arcname=path.name, filter=once)


def times(job: Document, end: float, seconds: float) -> Document:
    """When training ended and what it took, in whole seconds of one instance.

    Args:
        job: The training job's document.
        end: Seconds since the epoch.
        seconds: For how long it had its instances, without the waits for spot capacity.
    """
    if "TrainingStartTime" not in job:
        return {"TrainingTimeInSeconds": 0, "BillableTimeInSeconds": 0}
    billed = seconds * SPOT_SHARE if job.get("EnableManagedSpotTraining") else seconds
    return {
        "TrainingEndTime": end,
        "TrainingTimeInSeconds": math.ceil(seconds),
        "BillableTimeInSeconds": math.ceil(billed),
    }
