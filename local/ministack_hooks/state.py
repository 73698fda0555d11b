# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""The state of every service, as it can be written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.ministack_hooks.inside import Json, module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def savable() -> Iterator[tuple[str, Callable[[], None]]]:
    """List each service that holds state, with a function that writes it down.

    ministack itself saves at a clean stop only. Objects in S3 are on disk at once.
    """
    persistence = module("core.persistence")

    def saver(name: str, state: Callable[[], Json | None]) -> Callable[[], None]:
        def save() -> None:
            if (document := state()) is not None:
                persistence.save_state(name, document)

        return save

    for name, state in module("app")._build_persistence_save_dict().items():
        yield name, saver(name, state)
