"""What an image URI means here: which of the local runners stands in for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from local.sagemaker.jobs.built_in import Algorithm, algorithms

_URI = re.compile(
    r"^(?:(?P<registry>[^/]+)/)?(?P<repository>[^:@]+?)(?::(?P<tag>[^:@]+))?(?:@.+)?$"
)

XGBOOST = "sagemaker-xgboost"
SCIKIT_LEARN = "sagemaker-scikit-learn"
#: Repositories that only run scripts.
SCRIPT_REPOSITORIES = frozenset({SCIKIT_LEARN})
#: Images whose own entry point is a program here, run when the request names none.
PROGRAMS = {
    "sagemaker-model-monitor-analyzer": "local.sagemaker.containers.monitoring.analyzer:main",
    "sagemaker-clarify-processing": "local.sagemaker.containers.monitoring.clarify:main",
}


class Runner(Enum):
    """Who does the work of an image."""

    ALGORITHM = "a built-in algorithm"
    SCRIPT = "a Python script of the caller's"
    UNKNOWN = "nobody here"


@dataclass(frozen=True)
class Image:
    """An image URI's parts."""

    uri: str
    repository: str
    tag: str


class UnknownImageError(Exception):
    """No local runner stands in for an image; the message is fit for a FailureReason."""


def read_image(uri: str) -> Image:
    """Split `<registry>/<repository>:<tag>`; unknown parts are empty."""
    match = _URI.match(uri)
    if match is None:
        return Image(uri, "", "")
    return Image(uri, match["repository"], match["tag"] or "")


def built_in(uri: str) -> Algorithm | None:
    """The built-in algorithm of an image, if it has one."""
    return algorithms().get(read_image(uri).repository)


def runs_scripts(uri: str) -> bool:
    """Tell whether an image is a Python that runs the caller's scripts."""
    algorithm = built_in(uri)
    if algorithm is not None:
        return algorithm.takes_scripts
    return read_image(uri).repository in SCRIPT_REPOSITORIES


def own_program(uri: str) -> str:
    """The `module:function` that is an image's own entry point here; empty for none."""
    return PROGRAMS.get(read_image(uri).repository, "")


def monitors(uri: str) -> bool:
    """Tell whether Model Monitor can run an image: by its own program, or by a script."""
    return bool(own_program(uri)) or runs_scripts(uri)


def training_runner(uri: str, hyperparameters: dict[str, str]) -> Runner:
    """Choose the runner of a training job: a script if one is named, else the image's algorithm."""
    if runs_scripts(uri) and "sagemaker_program" in hyperparameters:
        return Runner.SCRIPT
    return Runner.ALGORITHM if built_in(uri) else Runner.UNKNOWN


def refusal(uri: str) -> str:
    """The FailureReason of a job whose image nobody here can run."""
    known = ", ".join(sorted({*algorithms(), *SCRIPT_REPOSITORIES, *PROGRAMS}))
    return (
        f"ClientError: CannotStartContainerError. The local SageMaker runs no containers and "
        f"has no stand-in for the image {uri}; it has one for {known}."
    )
