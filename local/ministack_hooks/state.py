# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""The state of every service, as it can be written down."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from local.ministack_hooks.inside import Json, module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def savable() -> Iterator[tuple[str, Callable[[], bool]]]:
    """List each service that holds state, with a function that writes it down, and says if it did.

    ministack itself saves at a clean stop only. Objects in S3 are on disk at once.
    """
    persistence = module("core.persistence")

    def saver(name: str, state: Callable[[], Json | None]) -> Callable[[], bool]:
        def save() -> bool:
            document = state()
            if document is None:
                return False
            file = Path(persistence.STATE_DIR, f"{name}.json")
            before = _written(file)
            persistence.save_state(name, document)  # logs what fails, and raises nothing
            return _written(file) != before

        return save

    for name, state in module("app")._build_persistence_save_dict().items():
        yield name, saver(name, state)


def _written(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns
