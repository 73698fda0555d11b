"""Where the files that ``prepare`` makes lie in a run's folder of the lake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TYPES = {
    ".json": "application/json",
    ".flow": "application/json",
    ".html": "text/html; charset=utf-8",
}


@dataclass(frozen=True)
class RunFile:
    """One file.

    Attributes:
        path: where it is now.
        where: its place in the run's folder.
        content_type: what it is.
    """

    path: Path
    where: str
    content_type: str


def placed(out: Path) -> Iterator[RunFile]:
    """Each file of a folder that ``prepare`` filled, with its place.

    The documents go to a folder of their own, since jobs are given whole folders and need no
    training rows beside them.
    """
    for path in sorted(item for item in out.rglob("*") if item.is_file()):
        where = path.relative_to(out).as_posix()
        if path.parent == out / "prepared":
            where = f"prepared/documents/{path.name}"
        yield RunFile(path, where, TYPES.get(path.suffix, "application/octet-stream"))
