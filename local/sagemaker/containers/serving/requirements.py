"""Looks whether what a script's requirements.txt asks for is there.

AWS's images install it at start; here nothing is installed behind anybody's back.
"""

from __future__ import annotations

import re
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def missing_requirements(file: Path) -> list[str]:
    """The named distributions that are not installed; versions are not compared.

    Args:
        file: A requirements.txt; it need not be there.
    """
    if not file.is_file():
        return []
    names = [_NAME.match(line) for line in file.read_text().splitlines()]
    return sorted({found[1] for found in names if found and not _installed(found[1])})


def _installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
