"""What a target is, and the list of all of them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

TARGETS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "problem": (
        "problem_file",
        "a problem.yaml, and its resolved form read again",
        ("lifecycle", "yaml"),
    ),
    "csv": ("tables", "landed CSV and TSV, plain, gzip or Zstandard", ("science",)),
    "json": ("tables", "landed JSON and JSON lines, plain, gzip or Zstandard", ("science",)),
    "parquet": ("tables", "landed Parquet", ("science",)),
    "changes": ("changes", "full loads and changes as AWS DMS writes them", ("science",)),
    "event": ("events", "events of AWS and our own, in a queue's message", ("lifecycle",)),
    "record": (
        "stream",
        "records of the stream, aggregated ones too",
        ("aggregated", "ingest_records"),
    ),
    "manifest": (
        "manifests",
        "augmented manifests, those of channels and of labelling jobs",
        ("science.examples", "local.sagemaker.objects", "local.sagemaker.labeling"),
    ),
    "archive": (
        "archives",
        "tar and zip archives of models, code and pictures",
        ("serving_package", "science", "local.sagemaker"),
    ),
    "request": ("requests", "requests to the local SageMaker", ("local.sagemaker.api",)),
    "flow": ("flows", "Data Wrangler's .flow files", ("science.flow", "science.recipe")),
    "rows": ("rows", "bodies of requests to an endpoint", ("science.rows",)),
}
"""Name → module of ``fuzz.targets``, what it reads, and the packages whose branches are watched."""


@dataclass(frozen=True)
class Target:
    """One reader under test.

    Attributes:
        name: what it is called on the command line.
        about: what it reads, in words.
        run: reads the bytes; an error that leaves it is a finding.
        seeds: valid inputs to begin from, made by code, the same every time.
        longest: bytes of the longest input that is tried.
    """

    name: str
    about: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    longest: int = 4096


def watched(name: str) -> tuple[str, ...]:
    """The packages whose branches guide the search of a target."""
    return TARGETS[name][2]


def load(name: str) -> Target:
    """A target by its name; what it reads with is imported now.

    Raises:
        KeyError: there is no such target.
    """
    module_name, about, _ = TARGETS[name]
    module: ModuleType = importlib.import_module(f"fuzz.targets.{module_name}")
    readers: dict[str, Callable[[bytes], None]] = module.READERS
    seeds: dict[str, Callable[[], Sequence[bytes]]] = module.SEEDS
    return Target(name, about, readers[name], seeds[name], getattr(module, "LONGEST", 4096))
