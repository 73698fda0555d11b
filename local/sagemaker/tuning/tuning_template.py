"""Starts the process that the trainings of a tuning job share their matrices through."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from local.sagemaker.jobs.images import XGBOOST, Runner, read_image, training_runner
from local.sagemaker.jobs.workers import Order, Template, WorkersError
from local.sagemaker.objects import ObjectsError
from local.sagemaker.training.training_inputs import download_channels

if TYPE_CHECKING:
    from local.sagemaker.jobs.container import Container
    from local.sagemaker.objects import Found
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

#: Hyperparameters that change how values are binned: with one of them tuned, nothing is shared.
_BINNING = frozenset({"max_bin", "tree_method", "booster", "updater", "process_type"})
_DEFAULT_BINS = "256"
_log = logging.getLogger(__name__)


def start_template(
    platform: Platform,
    container: Container,
    request: Document,
    tuned: set[str],
    found: dict[str, list[Found]],
) -> Template | None:
    """Start the template of a tuning job, if its trainings can share anything.

    Args:
        platform: The local SageMaker.
        container: A folder for the template's copy of the channels.
        request: The CreateTrainingJob request of any of the trials.
        tuned: Names of the tuned hyperparameters.
        found: The objects of each channel.

    Returns:
        The template, or None: the trainings then read their channels themselves, and fail in their
        own name if there is something wrong with them.
    """
    if not _shareable(request, tuned):
        return None
    container.make()
    try:
        digests = download_channels(platform.objects, container, request, found)
        argument = json.dumps(_order(container, request, digests))
        order = Order(
            platform.workers.base_environment(),
            container.base,
            (argument,),
            call="local.sagemaker.containers.algorithms.xgboost.template:main",
        )
        return Template(platform.workers, order)
    except (ObjectsError, WorkersError, ValueError) as error:
        _log.info("trainings of %s share nothing: %s", container.base.name, error)
        return None


def _shareable(request: Document, tuned: set[str]) -> bool:
    """Tell whether all trials work on the same binned values."""
    fixed = request["HyperParameters"]
    image = request["AlgorithmSpecification"]["TrainingImage"]
    plain = fixed.get("tree_method", "hist") in {"auto", "hist"} and fixed.get("booster") is None
    own = read_image(image).repository == XGBOOST
    algorithm = own and training_runner(image, fixed) is Runner.ALGORITHM
    trains = any(item["ChannelName"] == "train" for item in request.get("InputDataConfig", []))
    return trains and algorithm and plain and not tuned & _BINNING


def _order(container: Container, request: Document, digests: dict[str, str]) -> Document:
    """What the template is told."""
    fixed = request["HyperParameters"]
    channels = [
        {
            "folder": str(container.base / "input/data" / channel["ChannelName"]),
            "content_type": channel.get("ContentType", ""),
            "digest": digests[channel["ChannelName"]],
        }
        for wanted in ("train", "validation")
        for channel in request["InputDataConfig"]
        if channel["ChannelName"] == wanted
    ]
    return {
        "channels": channels,
        "bins": int(fixed.get("max_bin", _DEFAULT_BINS)),
        "weighted": fixed.get("csv_weights") == "1",
    }
