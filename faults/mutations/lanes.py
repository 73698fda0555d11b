"""Lives side by side, each in a forked process of its own with its own copy of the source."""

from __future__ import annotations

import importlib
import multiprocessing
import shutil
import sys
import tempfile
import time
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faults.mutations.account import made_client
from faults.mutations.life import Life, live

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.connection import Connection

    from faults.mutations.planted import Edit

ROOT = Path(__file__).resolve().parent.parent.parent
FUNCTIONS = "functions"
DEPLOYED = (FUNCTIONS, "layers/lifecycle", "layers/science")
"""Where the source lies that is deployed."""

SERVICES = ("s3", "dynamodb", "sagemaker", "glue", "events", "sns", "sqs", "cloudwatch")
"""What functions and the judge have clients of."""


def paths(root: Path) -> list[str]:
    """What a deployed function finds its modules on, below a root."""
    functions = sorted((root / FUNCTIONS).iterdir()) if (root / FUNCTIONS).is_dir() else []
    found = [*functions, *(root / part for part in DEPLOYED[1:])]
    return [str(each) for each in found if each.is_dir()]


def prepare() -> tuple[tuple[Any, ...], dict[str, str]]:
    """Read the template, and import all that takes long, once for all lives."""
    sys.path[:0] = [each for each in paths(ROOT) if each not in sys.path]
    wiring = importlib.import_module("events.wiring")
    for each in wiring.functions().values():
        importlib.import_module(f"handle_{each.folder}")
    # Engines that only a first use imports.
    for module in ("duckdb", "moto.s3.models", "moto.glue.models", "yaml", "jinja2"):
        importlib.import_module(module)
    for service in SERVICES:
        made_client(service)
    return wiring.rules(), {name: each.folder for name, each in wiring.functions().items()}


def copy_of(folder: Path, edits: Iterable[Edit]) -> list[str]:
    """Copy what a change touches, and all that imports it, and make the change.

    Args:
        folder: an empty folder.
        edits: the changes.

    Returns:
        The parts that were copied: what they hold must be imported anew.
    """
    edits = tuple(edits)
    parts: list[str] = []
    for edit in edits:
        part = next(each for each in DEPLOYED if edit.file.startswith(f"{each}/"))
        alone = part == FUNCTIONS  # nothing imports one function but itself
        parts += [edit.file.rpartition("/")[0]] if alone else [part, FUNCTIONS]
    parts = [each for each in dict.fromkeys(parts) if not _inside(each, parts)]
    for part in parts:
        # Compiled files go along: they are taken as long as the source's time is theirs.
        shutil.copytree(ROOT / part, folder / part)
    for edit in edits:
        place = folder / edit.file
        place.write_text(edit.applied(place.read_text("utf-8")), "utf-8")
    return parts


def _inside(part: str, parts: list[str]) -> bool:
    return any(part.startswith(f"{other}/") for other in parts)


def _import_from(folder: Path, parts: list[str]) -> None:
    """From now on, import those parts from the copy."""
    gone = tuple(f"{ROOT / part}/" for part in parts)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(gone):
            del sys.modules[name]
    sys.path[:] = [each for each in sys.path if not f"{each}/".startswith(gone)]
    sys.path[:0] = paths(folder)


def _child(answer: Connection, trial: str, edits: Iterable[Edit], common: tuple[Any, ...]) -> None:
    """Live one life in this process, which does nothing else."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        parts = copy_of(Path(folder), edits)
        _import_from(Path(folder), parts)
        code = Path(folder, "jobs.pyz")
        code.write_bytes(b"what jobs run")
        vars(importlib.import_module("handle_prepare_data"))["JOBS"] = code
        life: Life = live(trial, *common)
    answer.send(life.document() | {"seconds": round(time.monotonic() - began, 2)})
    answer.close()


def _received(answer: Any) -> dict[str, Any]:
    """What a process sent before it ended.

    Raises:
        EOFError: it ended without.
    """
    document: dict[str, Any] = answer.recv()
    return document


type Task = tuple[str, str, tuple[Edit, ...]]
"""A name, a trial, and the changes of the source."""


def live_all(
    tasks: Iterable[Task], common: tuple[Any, ...], lanes: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Live a life a task, so many at a time; each as it ends.

    Args:
        tasks: what to live.
        common: rules, folders and references, as ``live`` takes them.
        lanes: how many processes at most.

    Yields:
        The task's name and how its life ended; one that broke off has a finding that says so.
    """
    fork = multiprocessing.get_context("fork")
    waiting = list(tasks)
    running: dict[Any, tuple[str, Any]] = {}
    while waiting or running:
        while waiting and len(running) < lanes:
            name, trial, edits = waiting.pop(0)
            ours, theirs = fork.Pipe(duplex=False)
            process = fork.Process(target=_child, args=(theirs, trial, edits, common))
            process.start()
            theirs.close()
            running[ours] = (name, process)
        for ended in wait(list(running)):
            name, process = running.pop(ended)
            try:
                document = _received(ended)
            except EOFError:
                broken = {"rule": "broke_off", "what": "the life broke off", "where": name}
                document = {"findings": [broken], "picture": {}, "seconds": 0.0}
            process.join()
            yield name, document
