"""The folders, files and variables that a SageMaker container finds, in a folder of its own.

`/opt/ml` becomes the job's folder, told by SAGEMAKER_BASE_DIR as in SageMaker's own toolkits
(sagemaker-training-toolkit, environment.py; pages "How Amazon SageMaker AI Provides Training
Information" and "Build Your Own Processing Container").
"""

from __future__ import annotations

import json
import os
import shutil
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceLimitExceeded, ValidationException
from local.sagemaker.jobs.namespaces import can_leave_network

if TYPE_CHECKING:
    from pathlib import Path

type Document = dict[str, Any]

OPT_ML = "/opt/ml"
GROUP = "homogeneousCluster"
MOST_HOSTS = 16
"""Hosts of one job: each is a process of this machine."""
_REASON_CHARACTERS = 1024


@dataclass(frozen=True)
class Place:
    """Which of a job's hosts a container is on.

    Attributes:
        host: Its name, `algo-<n>`.
        hosts: The names of all of them, sorted as texts.
        port: A port of loopback that the hosts may meet at, 0 on a single host.
    """

    host: str = "algo-1"
    hosts: tuple[str, ...] = ("algo-1",)
    port: int = 0

    @property
    def rank(self) -> int:
        """Its position among the sorted hosts, from 0."""
        return self.hosts.index(self.host)


def check_count(count: int, quota: str) -> None:
    """Refuse more hosts than this machine is to play at once.

    Args:
        count: How many a job asks for.
        quota: The name of the quota.

    Raises:
        ResourceLimitExceeded: When it is too many.
    """
    if not 1 <= count <= MOST_HOSTS:
        raise ResourceLimitExceeded(
            f"The local SageMaker's limit '{quota}' is {MOST_HOSTS} instances, "
            f"and {count} were asked for"
        )


def check_isolation(count: int) -> None:
    """Refuse what network isolation cannot be here; raises `ValidationException`.

    Args:
        count: How many hosts the job has.
    """
    if not can_leave_network():
        raise ValidationException(
            "EnableNetworkIsolation: this local SageMaker may not cut processes off from the "
            "network; it runs as a user without the right to make network namespaces"
        )
    if count > 1:
        raise ValidationException(
            "EnableNetworkIsolation: the local SageMaker isolates jobs of one instance alone"
        )


def places(count: int) -> list[Place]:
    """The places of a job on so many hosts, `algo-1` first as it leads."""
    names = tuple(sorted(f"algo-{number}" for number in range(1, count + 1)))
    port = 0
    if count > 1:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    return [Place(name, names, port) for name in names]


@dataclass(frozen=True)
class Container:
    """One job's `/opt/ml`.

    Attributes:
        base: The folder that stands for `/opt/ml`.
    """

    base: Path

    def make(self) -> None:
        """Make the folders that every container has."""
        for folder in ("input/config", "input/data", "model", "output/data", "code", "config"):
            (self.base / folder).mkdir(parents=True, exist_ok=True)

    def remove(self) -> None:
        """Remove the whole folder."""
        shutil.rmtree(self.base, ignore_errors=True)

    def path(self, text: str) -> Path:
        """The real place of a path under `/opt/ml`.

        Raises:
            ValueError: For any other path.
        """
        if text != OPT_ML and not text.startswith(f"{OPT_ML}/"):
            raise ValueError(f"{text} is not under {OPT_ML}")
        return self.base / text.removeprefix(OPT_ML).lstrip("/")

    def relocate(self, text: str) -> str:
        """An argument with a leading `/opt/ml/` turned into the real place."""
        return str(self.path(text)) if text.startswith(f"{OPT_ML}/") else text

    def write_config(self, name: str, document: Document, folder: str = "input/config") -> None:
        """Write one of the JSON files that tell the container about its job."""
        (self.base / folder / name).write_text(json.dumps(document))

    def read_text(self, name: str) -> str:
        """The first 1,024 characters of a file that the job may have left; empty without it.

        Raises:
            UnicodeDecodeError: When it is not UTF-8.
        """
        try:
            content = (self.base / name).read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            return ""
        return content[: 4 * _REASON_CHARACTERS].decode("utf-8")[:_REASON_CHARACTERS]

    def failure(self) -> str:
        """What the job wrote to `output/failure`, undecodable bytes replaced."""
        try:
            return self.read_text("output/failure").strip()
        except UnicodeDecodeError:
            return (self.base / "output/failure").read_bytes().decode("utf-8", "replace")[:1024]


def resource_config(instance_type: str, place: Place) -> Document:
    """`resourceconfig.json` of one host of a job."""
    hosts = list(place.hosts)
    group = {"instance_group_name": GROUP, "instance_type": instance_type, "hosts": hosts}
    return {
        "current_host": place.host,
        "current_instance_type": instance_type,
        "current_group_name": GROUP,
        "hosts": hosts,
        "instance_groups": [group],
        "network_interface_name": "lo",
    }


def input_data_config(channels: list[Document], mode: str = "File") -> Document:
    """`inputdataconfig.json`: a member for each channel; FastFile is written as File, as on AWS.

    Args:
        channels: InputDataConfig.
        mode: The job's TrainingInputMode, for channels without their own.
    """
    documents = {}
    for channel in channels:
        source = channel["DataSource"]["S3DataSource"]
        document = {
            "TrainingInputMode": "Pipe" if channel.get("InputMode", mode) == "Pipe" else "File",
            "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        }
        if "ContentType" in channel:
            document["ContentType"] = channel["ContentType"]
        documents[channel["ChannelName"]] = document
    return documents


def toolkit_variables(
    container: Container,
    hyperparameters: Document,
    channels: list[str],
    *,
    instance: str,
    cpus: int,
    place: Place,
) -> dict[str, str]:
    """The SM_* variables of SageMaker's training toolkit.

    Args:
        container: The job's folders.
        hyperparameters: Values as the script sees them (decoded).
        channels: Names of the input channels.
        instance: The instance type.
        cpus: How many cores the host may use.
        place: Which of the job's hosts it is.
    """
    base = container.base
    folders = {
        "SM_MODEL_DIR": "model",
        "SM_INPUT_DIR": "input",
        "SM_INPUT_CONFIG_DIR": "input/config",
        "SM_OUTPUT_DIR": "output",
        "SM_OUTPUT_DATA_DIR": "output/data",
        "SM_OUTPUT_INTERMEDIATE_DIR": "output/intermediate",
    }
    variables = {name: str(base / folder) for name, folder in folders.items()}
    for name in channels:
        variables[f"SM_CHANNEL_{name.upper()}"] = str(base / "input/data" / name)
    for name, value in hyperparameters.items():
        text = value if isinstance(value, str) else json.dumps(value)
        variables[f"SM_HP_{name.upper()}"] = text
    return (
        variables
        | _host_variables(instance, cpus, place)
        | {"SM_CHANNELS": json.dumps(channels), "SM_HPS": json.dumps(hyperparameters)}
    )


def _host_variables(instance: str, cpus: int, place: Place) -> dict[str, str]:
    hosts = json.dumps(list(place.hosts))
    variables = {
        "SM_CURRENT_HOST": place.host,
        "SM_HOSTS": hosts,
        "SM_HOST_COUNT": str(len(place.hosts)),
        "SM_CURRENT_HOST_RANK": str(place.rank),
        "SM_NUM_CPUS": str(cpus),
        "SM_NUM_GPUS": "0",
        "SM_NUM_NEURONS": "0",
        "SM_NETWORK_INTERFACE_NAME": "lo",
        "SM_CURRENT_INSTANCE_TYPE": instance,
        "SM_CURRENT_INSTANCE_GROUP": GROUP,
        "SM_CURRENT_INSTANCE_GROUP_HOSTS": hosts,
        "SM_INSTANCE_GROUPS": json.dumps([GROUP]),
        "SM_IS_HETERO": "false",
        "SM_RESOURCE_CONFIG": json.dumps(resource_config(instance, place)),
        "SM_LOG_LEVEL": "20",
    }
    if place.port:  # every host of a job is this machine
        variables |= {"SM_MASTER_ADDR": "127.0.0.1", "SM_MASTER_PORT": str(place.port)}
    return variables


def available_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))
