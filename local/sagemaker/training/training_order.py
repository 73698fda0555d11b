"""Makes the order for the process on one host of a training job: its environment, what it runs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from local.sagemaker.containers.algorithms.script_environment import ENVIRONMENTS
from local.sagemaker.jobs.container import available_cores, toolkit_variables
from local.sagemaker.jobs.images import Runner, built_in, training_runner
from local.sagemaker.jobs.job_failures import JobFailed
from local.sagemaker.jobs.programs import program_order, tools
from local.sagemaker.jobs.workers import Order
from local.sagemaker.training import warm_pools
from local.sagemaker.training.training_inputs import unpack_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.jobs.container import Container, Place
    from local.sagemaker.jobs.workers import Starter
    from local.sagemaker.objects import Found
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]


@dataclass
class Share:
    """What a job may take of this machine, and what its siblings have already.

    Attributes:
        cores: How many cores it may use.
        pool: Where its process starts; None for the platform's own workers.
        variables: Further environment variables.
        found: The objects of each channel, if they are known already.
        listen: Gets each of its log lines.
    """

    cores: int = field(default_factory=available_cores)
    pool: Starter | None = None
    variables: dict[str, str] = field(default_factory=dict)
    found: dict[str, list[Found]] = field(default_factory=dict)
    listen: Callable[[str], None] = lambda _line: None


def training_order(
    platform: Platform,
    job: Document,
    container: Container,
    *,
    place: Place,
    share: Share,
    digests: dict[str, str],
) -> Order:
    """What the process on one host is to do; a script's archive is unpacked for it.

    Args:
        platform: The local SageMaker.
        job: The training job's document.
        container: The host's folders.
        place: Which host.
        share: What the host may take of the machine.
        digests: The channels' digests by name.

    Raises:
        JobFailed: When the job does not say what to run.
        ObjectsError: When the archive cannot be read.
    """
    environment = _environment(platform, job, container, place=place, share=share, digests=digests)
    order = _program(platform, job, container, environment)
    return replace(
        order,
        opt_ml=str(container.base),
        hosts=place.hosts,
        isolated=job.get("EnableNetworkIsolation", False),
    )


def _program(
    platform: Platform, job: Document, container: Container, environment: dict[str, str]
) -> Order:
    code = container.base / "code"
    if words := _entry_words(job, container):
        return program_order(words, environment, code, platform.workers.python)
    hyperparameters = job.get("HyperParameters", {})
    image = job["AlgorithmSpecification"]["TrainingImage"]
    if training_runner(image, hyperparameters) is Runner.SCRIPT:
        source = _decoded(hyperparameters.get("sagemaker_submit_directory", ""))
        if not isinstance(source, str) or not source:
            raise JobFailed("ClientError: sagemaker_submit_directory is missing")
        unpack_source(platform.objects, container, source, job["RoleArn"])
        return Order(environment, code, call="local.sagemaker.containers.algorithms.script:main")
    algorithm = built_in(image)
    assert algorithm is not None
    return Order(environment, code, call=algorithm.train)


def _environment(
    platform: Platform,
    job: Document,
    container: Container,
    *,
    place: Place,
    share: Share,
    digests: dict[str, str],
) -> dict[str, str]:
    decoded = {name: _decoded(text) for name, text in job.get("HyperParameters", {}).items()}
    visible = {name: item for name, item in decoded.items() if not _reserved(name)}
    base = platform.workers.base_environment()
    environment: dict[str, str] = (
        base
        | tools(container, platform.workers.python, base["PATH"])
        | cloud_access(platform, job["RoleArn"], isolated=job.get("EnableNetworkIsolation", False))
        | toolkit_variables(
            container,
            visible,
            sorted(digests),
            instance=job["ResourceConfig"]["InstanceType"],
            cpus=share.cores,
            place=place,
        )
        | {
            "SAGEMAKER_BASE_DIR": str(container.base),
            "TRAINING_JOB_NAME": job["TrainingJobName"],
            "TRAINING_JOB_ARN": job["TrainingJobArn"],
            "CURRENT_HOST": place.host,
            ENVIRONMENTS: str(platform.settings.data / "cache" / "environments"),
        }
        | warm_pools.variables(job, container)
        | share.variables
        | job.get("Environment", {})
    )
    if share.variables:
        environment["LOCAL_CHANNEL_DIGESTS"] = json.dumps(digests)
    return environment


def cloud_access(platform: Platform, role: str, *, isolated: bool) -> dict[str, str]:
    """What a process needs to reach the cloud; nothing for one without a network."""
    return {} if isolated else platform.clients.process_environment(role)


def _entry_words(job: Document, container: Container) -> list[str]:
    specification = job["AlgorithmSpecification"]
    words = [
        *specification.get("ContainerEntrypoint", []),
        *specification.get("ContainerArguments", []),
    ]
    return [container.relocate(word) for word in words]


def _decoded(text: str) -> Any:
    """A hyperparameter as the toolkit reads it: JSON where it is JSON, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _reserved(name: str) -> bool:
    return name.startswith("sagemaker_") or name in {
        "_tuning_objective_metric",
        "default_user_module_name",
    }
