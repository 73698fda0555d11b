"""The built-in algorithms: each says in its `about.py` what it is to the API.

An algorithm is one folder; what is here finds it. `about.py` needs the standard library alone, for
the API's process reads it, and offers `ALGORITHM`.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import local.sagemaker.containers.algorithms

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Algorithm:
    """What the API must know of a built-in algorithm.

    Attributes:
        repositories: Names of its images, the last part of `<registry>/<repository>:<tag>`.
        train: `module:function` of a training, run in the jobs environment under the container
            contract; it is called with a list of arguments, which is empty.
        serve: `module:class` of its model server: made with the model's folder and the container's
            environment, it has `answer(invocation)` (see `serving.answers`).
        metrics: Metric name → regular expression whose first group is the value: the image's own
            definitions, which a request must not override. A TAB of a line is written `#011`.
        reads_metrics: For an image with more metrics than can be listed: takes a line and gives
            pairs of name and text; any `validation:` metric can then be an objective.
        takes_scripts: Whether its image also runs the caller's own script (`sagemaker_program`).
    """

    repositories: tuple[str, ...]
    train: str
    serve: str
    metrics: dict[str, str] = field(default_factory=dict)
    reads_metrics: Callable[[str], list[tuple[str, str]]] | None = None
    takes_scripts: bool = False

    def knows_metric(self, name: str) -> bool:
        """Tell whether a tuning job may take this metric as its objective."""
        return name in self.metrics or (
            self.reads_metrics is not None and name.startswith("validation:")
        )

    def read_metrics(self, line: str) -> list[tuple[str, str]]:
        """The metrics that a line of its log tells: pairs of name and text."""
        if self.reads_metrics is not None:
            return self.reads_metrics(line)
        return [
            (name, match.group(1))
            for name, expression in self.metrics.items()
            if (match := re.search(expression, line))
        ]


@cache
def algorithms() -> dict[str, Algorithm]:
    """All built-in algorithms, by the repository of their image."""
    found: dict[str, Algorithm] = {}
    for package in pkgutil.iter_modules(local.sagemaker.containers.algorithms.__path__):
        name = f"{local.sagemaker.containers.algorithms.__name__}.{package.name}.about"
        if package.ispkg and importlib.util.find_spec(name):  # one without it is shared code
            algorithm = importlib.import_module(name).ALGORITHM
            found |= dict.fromkeys(algorithm.repositories, algorithm)
    return found
