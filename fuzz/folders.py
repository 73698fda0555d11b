"""A folder for the files of one process's cases, in memory where there is one."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  (a folder of its own is made in it)

_kept: list[tempfile.TemporaryDirectory[str]] = []


@cache
def memory_folder() -> Path:
    """The same folder for every case; it goes with the process, unless that is killed."""
    home = str(MEMORY) if MEMORY.is_dir() else None
    _kept.append(tempfile.TemporaryDirectory(prefix="baton-fuzz-", dir=home))
    return Path(_kept[-1].name)
