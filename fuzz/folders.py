"""A folder for the files of one process's cases, in memory where there is one."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  (a folder of its own is made in it)
VARIABLE = "BATON_FUZZ_FOLDER"
"""Tells a worker its folder, which it cannot remove: libFuzzer ends it without a last word."""

_kept: list[tempfile.TemporaryDirectory[str]] = []


def new_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes when it is let go of."""
    home = str(MEMORY) if MEMORY.is_dir() else None
    return tempfile.TemporaryDirectory(prefix="baton-fuzz-", dir=home)


@cache
def memory_folder() -> Path:
    """The same folder for every case; it goes with the process or with whoever gave it."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    _kept.append(new_folder())
    return Path(_kept[-1].name)
