"""Quotas of the account, so that whoever starts jobs can try here what a full one answers.

Names and message are those of Service Quotas and of CreateTrainingJob and its siblings, such as
`ml.m5.large for training job usage=1`; a quota that is not named is not counted here.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ResourceLimitExceeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.sagemaker.platform import Platform

type Document = dict[str, Any]
type Usage = dict[str, int]

_UNDER_WAY = ("InProgress", "Stopping")
_NO_MORE = ("Deleting", "Failed")
_kinds = ("training job", "spot training job", "processing job", "transform job", "endpoint")
#: One at a time counts and starts: two would both find the last place free.
_lock = threading.RLock()


class QuotasError(ValueError):
    """The switch cannot be read; the message names every fault and what is accepted."""


def parse_quotas(text: str) -> dict[str, int]:
    """Read a switch such as `ml.m5.large for training job usage=1`, several parted by commas.

    Raises:
        QuotasError: naming every part that is wrong.
    """
    found, wrong = {}, []
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, _, value = part.partition("=")
        instance, _, kind = name.strip().partition(" for ")
        if not instance.startswith("ml.") or kind.removesuffix(" usage") not in _kinds:
            known = ", ".join(f"`ml.m5.large for {each} usage`" for each in _kinds)
            wrong.append(f"{part}: quotas are called like {known}")
        elif not value.strip().isdecimal():
            wrong.append(f"{part}: the value is no whole number")
        else:
            found[name.strip()] = int(value)
    if wrong:
        raise QuotasError("; ".join(wrong))
    return found


@contextmanager
def room(operation: str, request: Document, platform: Platform) -> Iterator[None]:
    """Let an operation start what it asks for, if the quotas have room for it.

    Raises:
        ResourceLimitExceeded: When they have not.
    """
    quotas = platform.settings.quotas
    if not quotas or operation not in _ASKED:
        yield
        return
    with _lock:
        kind, name, read = _ASKED[operation]
        is_new = operation == "UpdateEndpoint" or platform.store.find(kind, request[name]) is None
        for quota, delta in (read(request, platform) if is_new else {}).items():
            used = _used(platform).get(quota, 0)
            if quota in quotas and used + delta > quotas[quota]:
                raise ResourceLimitExceeded(
                    f"The account-level service limit '{quota}' is {quotas[quota]} Instances, with "
                    f"current utilization of {used} Instances and a request delta of {delta} "
                    "Instances. Please use AWS Service Quotas to request an increase for this "
                    "quota."
                )
        yield


def _used(platform: Platform) -> Usage:
    """Instances in use by the name of their quota; a tuning job holds all that it may run."""
    store = platform.store
    total: Usage = {}
    for kind, status, read in (
        ("training-job", "TrainingJobStatus", _of_single_training),
        ("hyper-parameter-tuning-job", "HyperParameterTuningJobStatus", _of_tuning),
        ("processing-job", "ProcessingJobStatus", _of_processing),
        ("transform-job", "TransformJobStatus", _of_transform),
    ):
        for document in store.list(kind):
            if document.get(status) in _UNDER_WAY:
                _add(total, read(document, platform))
    for document in store.list("endpoint"):
        if document.get("EndpointStatus") not in _NO_MORE:
            _add(total, _of_endpoint(document, platform))
    return total


def _add(total: Usage, more: Usage) -> None:
    for name, count in more.items():
        total[name] = total.get(name, 0) + count


def _of_training(document: Document, _platform: Platform) -> Usage:
    kind = "spot training job" if document.get("EnableManagedSpotTraining") else "training job"
    resources = document.get("ResourceConfig", {})
    name = f"{resources.get('InstanceType')} for {kind} usage"
    return {name: resources.get("InstanceCount", 1)}


def _of_single_training(document: Document, platform: Platform) -> Usage:
    return {} if document.get("TuningJobArn") else _of_training(document, platform)


def _of_tuning(document: Document, platform: Platform) -> Usage:
    limits = document["HyperParameterTuningJobConfig"]["ResourceLimits"]
    definitions = [
        document.get("TrainingJobDefinition"),
        *document.get("TrainingJobDefinitions", ()),
    ]
    total: Usage = {}
    for definition in filter(None, definitions):
        for name, count in _of_training(definition, platform).items():
            total[name] = max(total.get(name, 0), count * limits["MaxParallelTrainingJobs"])
    return total


def _of_processing(document: Document, _platform: Platform) -> Usage:
    cluster = document["ProcessingResources"]["ClusterConfig"]
    return {f"{cluster['InstanceType']} for processing job usage": cluster["InstanceCount"]}


def _of_transform(document: Document, _platform: Platform) -> Usage:
    resources = document["TransformResources"]
    return {f"{resources['InstanceType']} for transform job usage": resources["InstanceCount"]}


def _of_endpoint(document: Document, platform: Platform) -> Usage:
    total: Usage = {}
    config = document.get("_Config") or platform.store.find(
        "endpoint-config", document["EndpointConfigName"]
    )
    for variant in (config or {}).get("ProductionVariants", ()):
        if "InstanceType" in variant:
            name = f"{variant['InstanceType']} for endpoint usage"
            _add(total, {name: variant.get("InitialInstanceCount", 1)})
    return total


_ASKED = {
    "CreateTrainingJob": ("training-job", "TrainingJobName", _of_training),
    "CreateHyperParameterTuningJob": (
        "hyper-parameter-tuning-job",
        "HyperParameterTuningJobName",
        _of_tuning,
    ),
    "CreateProcessingJob": ("processing-job", "ProcessingJobName", _of_processing),
    "CreateTransformJob": ("transform-job", "TransformJobName", _of_transform),
    "CreateEndpoint": ("endpoint", "EndpointName", _of_endpoint),
    "UpdateEndpoint": ("endpoint", "EndpointName", _of_endpoint),
}
"""Each operation that starts instances: its kind, the member that names it, and what it needs."""
