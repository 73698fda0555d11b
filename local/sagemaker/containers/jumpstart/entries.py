"""What the catalogue says of a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Image:
    """A container image; `uri` tells it for a Region."""

    account: str
    repository: str
    tag: str

    def uri(self, region: str) -> str:
        """Its URI in a Region's registry."""
        return f"{self.account}.dkr.ecr.{region}.amazonaws.com/{self.repository}:{self.tag}"


@dataclass(frozen=True)
class Hyperparameter:
    """One that a training takes.

    Attributes:
        name: Its name.
        kind: `int`, `float` or `text`.
        default: What it is when left out.
        low: The smallest value.
        high: The largest value.
        options: The only values of a text; empty for any.
    """

    name: str
    kind: str
    default: str
    low: float | None = None
    high: float | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Training:
    """How a model is trained.

    Attributes:
        image: The container.
        hyperparameters: The algorithm's.
        metrics: Metric name → regular expression over its log.
    """

    image: Image
    hyperparameters: tuple[Hyperparameter, ...]
    metrics: dict[str, str]


@dataclass(frozen=True)
class Entry:
    """A model.

    Attributes:
        model_id: AWS's id.
        version: The version of what is published here.
        framework: Whose name stands in the keys of its objects.
        task: What it does, as the id says it in the middle.
        folder: Its scripts, a folder below `scripts`.
        image: The container that serves it.
        content_types: What it reads, the default first.
        weights: Packages, any one of which ships its weights, each with the folder inside; empty
            for a model that is nothing before it is trained.
        training: How it is trained, if it can be.
        about: What its scripts must know, written beside them as `entry.json`.
        keywords: What it is found by.
    """

    model_id: str
    version: str
    framework: str
    task: str
    folder: str
    image: Image
    content_types: tuple[str, ...]
    weights: str = ""
    training: Training | None = None
    about: dict[str, Any] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
