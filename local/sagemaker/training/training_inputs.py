"""Brings a training job's channels and configuration files into its container."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from local.sagemaker.jobs.container import input_data_config, resource_config
from local.sagemaker.jobs.source_archives import ArchiveError, unpack
from local.sagemaker.objects import ObjectsError

if TYPE_CHECKING:
    from local.sagemaker.jobs.container import Container, Place
    from local.sagemaker.objects import Found, Objects

type Document = dict[str, Any]


def write_configuration(container: Container, job: Document, place: Place) -> None:
    """Write the files of one host's `/opt/ml/input/config`."""
    container.write_config("hyperparameters.json", job.get("HyperParameters", {}))
    channels = input_data_config(
        job.get("InputDataConfig", []), job["AlgorithmSpecification"]["TrainingInputMode"]
    )
    container.write_config("inputdataconfig.json", channels)
    resources = resource_config(job["ResourceConfig"]["InstanceType"], place)
    container.write_config("resourceconfig.json", resources)
    if "CheckpointConfig" in job:
        container.write_config("checkpointconfig.json", job["CheckpointConfig"])


def find_channels(objects: Objects, job: Document) -> dict[str, list[Found]]:
    """List the objects of every channel; raises `ObjectsError` when one has none."""
    channels = {}
    for channel in job.get("InputDataConfig", []):
        source, role = channel["DataSource"]["S3DataSource"], job["RoleArn"]
        if source["S3DataType"] == "AugmentedManifestFile":
            found = [objects.one(source["S3Uri"], role)]
        elif source["S3DataType"] == "ManifestFile":
            found = objects.find_in_manifest(source["S3Uri"], role)
        else:
            found = objects.find(source["S3Uri"], role)
        if not found:
            raise ObjectsError(no_objects(source["S3Uri"], role))
        channels[channel["ChannelName"]] = found
    return channels


def is_pipe(job: Document, channel: Document) -> bool:
    """Tell whether a channel is streamed, by its own mode or the job's."""
    mode = channel.get("InputMode", job["AlgorithmSpecification"]["TrainingInputMode"])
    return bool(mode == "Pipe")


def share_of(found: list[Found], distribution: str | None, place: Place) -> list[Found]:
    """The objects that one host gets.

    FullyReplicated: all; ShardedByS3Key: about one in every so many as there are hosts, by key
    (S3DataSource). A host for which none is left gets none.
    """
    if distribution != "ShardedByS3Key":
        return found
    return sorted(found, key=lambda item: item.key)[place.rank :: len(place.hosts)]


def deal(job: Document, found: dict[str, list[Found]], place: Place) -> dict[str, list[Found]]:
    """The objects of each channel that one host gets."""
    dealt = {}
    for channel in job.get("InputDataConfig", []):
        name, source = channel["ChannelName"], channel["DataSource"]["S3DataSource"]
        dealt[name] = share_of(found[name], source.get("S3DataDistributionType"), place)
    return dealt


def download_channels(
    objects: Objects, container: Container, job: Document, found: dict[str, list[Found]]
) -> dict[str, str]:
    """Download every channel that is not a pipe.

    Args:
        objects: S3.
        container: Where to.
        job: The training job's document.
        found: The objects of each channel.

    Returns:
        Channel name → digest of its objects and their form, equal for equal content.

    Raises:
        ObjectsError: When an object cannot be read.
    """
    digests = {}
    for channel in job.get("InputDataConfig", []):
        name = channel["ChannelName"]
        if not is_pipe(job, channel):
            objects.download(found[name], container.base / "input/data" / name, job["RoleArn"])
        identity = [(item.bucket, item.key, item.etag) for item in found[name]]
        weights = job.get("HyperParameters", {}).get("csv_weights")
        form = json.dumps([identity, channel.get("ContentType"), weights])
        digests[name] = hashlib.sha256(form.encode()).hexdigest()
    return digests


def unpack_source(objects: Objects, container: Container, uri: str, role: str) -> None:
    """Unpack the archive of a script job into `/opt/ml/code`; raises `ObjectsError`."""
    try:
        unpack(objects.fetch(uri, role), container.base / "code")
    except ArchiveError as error:
        raise ObjectsError(f"{uri} is not a readable archive: {error}") from error


def no_objects(uri: str, role: str) -> str:
    """What SageMaker says of an address with nothing under it."""
    bucket = uri.removeprefix("s3://").partition("/")[0]
    return (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that '
        f"the bucket exists in the selected region, that objects exist under that S3 prefix, and "
        f'that the role "{role}" has "s3:ListBucket" permissions on bucket "{bucket}".'
    )
