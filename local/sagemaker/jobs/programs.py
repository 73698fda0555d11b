"""Turns a container's entry point into an order for a worker."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from local.sagemaker.jobs.workers import Order
from local.sagemaker.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from local.sagemaker.jobs.container import Container

_PYTHON = re.compile(r"^(/usr/(local/)?bin/)?python(3(\.\d+)?)?$")
_PIP = """#!/bin/sh
# Installs into an environment of this job alone, made when it is first asked for.
if [ ! -x {environment}/bin/python ]; then
  PYTHONPATH={root} {python} -m {module} {environment} || exit 1
fi
exec {environment}/bin/python -m pip "$@"
"""
_INTERPRETER = """#!/bin/sh
if [ "$1 $2" = "-m pip" ]; then shift 2; exec "$(dirname "$0")/pip" "$@"; fi
if [ -x {environment}/bin/python ]; then exec {environment}/bin/python "$@"; fi
exec {python} "$@"
"""
_HARMLESS_FLAGS = frozenset({"-u", "-B", "-E", "-I", "-s"})


def program_order(
    words: Sequence[str], environment: dict[str, str], folder: Path, python: Path
) -> Order:
    """An order that runs a command line.

    `python3 file.py …` and `python3 -m module …` run in a warm copy of the jobs environment's
    interpreter; any other program is executed.

    Args:
        words: Entry point and arguments, paths already relocated; at least one word.
        environment: All of the process's environment.
        folder: Its working folder.
        python: The jobs environment's interpreter.
    """
    program, *rest = words
    if not _PYTHON.match(program):
        return Order(environment, folder, tuple(rest), command=program)
    while rest and rest[0] in _HARMLESS_FLAGS:
        rest = rest[1:]
    if len(rest) > 1 and rest[0] == "-m":
        return Order(environment, folder, tuple(rest[2:]), module=rest[1])
    if rest and not rest[0].startswith("-"):
        return Order(environment, folder, tuple(rest[1:]), script=str(folder / rest[0]))
    return Order(environment, folder, tuple(rest), command=str(python))


def tools(container: Container, python: Path, path: str) -> dict[str, str]:
    """Give a job's shell scripts a `pip` and a `python` that leave the machine's own alone.

    Args:
        container: The job's folders.
        python: The jobs environment's interpreter.
        path: The PATH without them.

    Returns:
        Environment variables.
    """
    folder = container.base / "bin"
    folder.mkdir(exist_ok=True)
    words = {
        "environment": shlex.quote(str(container.base / "environment")),
        "python": shlex.quote(str(python)),
        "module": "local.sagemaker.containers.algorithms.script_environment",
        "root": shlex.quote(str(ROOT)),
    }
    for text, names in ((_PIP, ("pip", "pip3")), (_INTERPRETER, ("python", "python3"))):
        for name in names:
            (folder / name).write_text(text.format(**words))
            (folder / name).chmod(0o755)
    # And should another pip be found, it must not install into the machine's Python.
    return {"PATH": f"{folder}:{path}", "PIP_REQUIRE_VIRTUALENV": "1"}
