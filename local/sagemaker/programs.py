"""Turns a container's entry point into an order for a worker."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local.sagemaker.workers import Order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PYTHON = re.compile(r"^(/usr/(local/)?bin/)?python(3(\.\d+)?)?$")
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
