"""Channels that are streams, as a training script meets them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local.sagemaker.training.record_io import records
from tests.conformance.sagemaker.laptop import (
    BUCKET,
    HYPERPARAMETERS,
    definition,
    script_job,
    unique,
)

if TYPE_CHECKING:
    from tests.conformance.sagemaker.laptop import LocalSageMaker

pytestmark = pytest.mark.conformance

READS = """
import json, os, sys
from pathlib import Path
config = json.loads(Path(os.environ["SM_INPUT_CONFIG_DIR"], "inputdataconfig.json").read_text())
assert config["train"]["TrainingInputMode"] == "Pipe", config
model = Path(os.environ["SM_MODEL_DIR"])
for epoch in range(2):
    fifo = Path(os.environ["SM_CHANNEL_TRAIN"] + f"_{epoch}")
    (model / f"{os.environ['SM_CURRENT_HOST']}-{epoch}").write_bytes(fifo.read_bytes())
"""
BREAKS_OFF = """
import os
for epoch in range(3):
    with open(os.environ["SM_CHANNEL_TRAIN"] + f"_{epoch}", "rb") as fifo:
        print("epoch", epoch, len(fifo.read(7)))
"""


def pipe(uri: str, **more: Any) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    source |= more.pop("source", {})
    return {
        "ChannelName": "train",
        "InputMode": "Pipe",
        "DataSource": {"S3DataSource": source},
        **more,
    }


def streams(laptop: LocalSageMaker, channel: dict[str, Any], **more: Any) -> dict[str, bytes]:
    """What each host read in each epoch."""
    name = unique("pipe")
    request = script_job(laptop, READS, **more) | {"InputDataConfig": [channel]}
    laptop.client().create_training_job(TrainingJobName=name, **request)
    job = laptop.await_training(name)
    assert job["TrainingJobStatus"] == "Completed", job
    packed = laptop.s3.objects[BUCKET, f"out/{name}/output/model.tar.gz"]
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return {
            item.name: archive.extractfile(item).read()  # type: ignore[union-attr]
            for item in archive
        }


def parts(laptop: LocalSageMaker, count: int, *, packed: bool = False) -> str:
    """Some objects under a prefix of their own, numbered from 0."""
    prefix = unique("parts")
    for number in range(count):
        row = f"row {number}\n".encode()
        laptop.put(f"{prefix}/{number}", gzip.compress(row) if packed else row)
    return f"s3://{BUCKET}/{prefix}/"


def test_every_epoch_streams_all_objects_in_order(laptop: LocalSageMaker) -> None:
    """One FIFO an epoch, the objects one after the other."""
    read = streams(laptop, pipe(parts(laptop, 3)))

    assert read == dict.fromkeys(["algo-1-0", "algo-1-1"], b"row 0\nrow 1\nrow 2\n")


def test_gzip_is_unpacked_and_records_are_wrapped(laptop: LocalSageMaker) -> None:
    """CompressionType and RecordWrapperType together."""
    channel = pipe(
        parts(laptop, 2, packed=True), CompressionType="Gzip", RecordWrapperType="RecordIO"
    )

    assert records(streams(laptop, channel)["algo-1-0"]) == [b"row 0\n", b"row 1\n"]


def test_a_seed_draws_another_order_for_each_epoch(laptop: LocalSageMaker) -> None:
    """Shuffled shards change hands, nothing is lost, and one seed gives one order."""
    uri = parts(laptop, 8)
    channel = pipe(
        uri,
        ShuffleConfig={"Seed": 5},
        source={"S3DataDistributionType": "ShardedByS3Key"},
    )
    two = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5}
    read = streams(laptop, channel, ResourceConfig=two)

    everything = sorted(f"row {number}" for number in range(8))
    for epoch in (0, 1):
        rows = [read[f"algo-{host}-{epoch}"].decode().splitlines() for host in (1, 2)]
        assert sorted(rows[0] + rows[1]) == everything
        assert [len(part) for part in rows] == [4, 4]
    assert read["algo-1-0"] != read["algo-1-1"]
    assert read == streams(laptop, channel, ResourceConfig=two)


def test_an_augmented_manifest_streams_its_attributes(laptop: LocalSageMaker) -> None:
    """Of each line the objects behind `…-ref` and the other values, in the order asked for."""
    folder = unique("augmented")
    lines = [
        {
            "source-ref": laptop.put(f"{folder}/{number}.png", f"picture {number}"),
            "label": number,
            "label-metadata": {"class-name": "cat"},
        }
        for number in range(2)
    ]
    uri = laptop.put(f"{folder}/all.manifest", "\n".join(map(json.dumps, lines)) + "\n")
    source = {
        "S3DataType": "AugmentedManifestFile",
        "AttributeNames": ["source-ref", "label-metadata", "label"],
    }
    read = streams(laptop, pipe(uri, RecordWrapperType="RecordIO", source=source))

    assert records(read["algo-1-0"]) == [
        b"picture 0", b'{"class-name": "cat"}', b"0",
        b"picture 1", b'{"class-name": "cat"}', b"1",
    ]  # fmt: skip


def test_a_reader_may_break_off(laptop: LocalSageMaker) -> None:
    """The next epoch is there although the last was not read to its end."""
    name, key = unique("breaks"), unique("long")
    laptop.put(f"{key}/0", b"x" * 3_000_000)
    request = script_job(laptop, BREAKS_OFF) | {"InputDataConfig": [pipe(f"s3://{BUCKET}/{key}/")]}
    laptop.client().create_training_job(TrainingJobName=name, **request)

    assert laptop.await_training(name)["TrainingJobStatus"] == "Completed"
    assert "epoch 2 7" in laptop.log("TrainingJobs", name)


def test_an_object_that_cannot_be_streamed_fails_the_job(laptop: LocalSageMaker) -> None:
    """Broken Gzip, and a line without the attribute, are told; nobody waits for a reader."""
    broken = pipe(parts(laptop, 1), CompressionType="Gzip")
    uri = laptop.put(f"{unique('lines')}/all.manifest", '{"label": 1}\n')
    source = {"S3DataType": "AugmentedManifestFile", "AttributeNames": ["source-ref"]}
    for channel, told in ((broken, "Gzip"), (pipe(uri, source=source), "source-ref")):
        name = unique("broken")
        request = script_job(laptop, READS) | {"InputDataConfig": [channel]}
        laptop.client().create_training_job(TrainingJobName=name, **request)
        reason = laptop.await_training(name, 30)["FailureReason"]
        assert reason.startswith("ClientError: ")
        assert told in reason


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"InputMode": "File", "CompressionType": "Gzip"}, "CompressionType Gzip needs Pipe"),
        ({"InputMode": "FastFile", "RecordWrapperType": "RecordIO"}, "RecordWrapperType"),
        ({"InputMode": "File", "ShuffleConfig": {"Seed": 1}}, "ShuffleConfig"),
        ({"source": {"S3DataType": "AugmentedManifestFile"}}, "AttributeNames"),
        (
            {
                "InputMode": "File",
                "source": {"S3DataType": "AugmentedManifestFile", "AttributeNames": ["a"]},
            },
            "AugmentedManifestFile needs Pipe",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(
    laptop: LocalSageMaker, change: dict[str, Any], told: str
) -> None:
    """What only a stream can be is refused of files, by name."""
    channel = pipe(f"s3://{BUCKET}/data/", source=change.pop("source", {})) | change
    request = script_job(laptop, READS) | {"InputDataConfig": [channel]}

    with pytest.raises(ClientError, match=told):
        laptop.client().create_training_job(TrainingJobName=unique("odd"), **request)


def test_a_built_in_algorithm_reads_files(laptop: LocalSageMaker) -> None:
    """Pipe mode is refused rather than turned into another."""
    request = definition(laptop, HyperParameters=HYPERPARAMETERS)
    request["InputDataConfig"] = [pipe(f"s3://{BUCKET}/data/train/")]

    with pytest.raises(ClientError, match="InputMode must be File"):
        laptop.client().create_training_job(TrainingJobName=unique("files"), **request)
