"""Clouds of the fault matrix's own, each started with a plan folder."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from faults.lives import Lives
from faults.plan_folder import PlanFolder
from faults.stack import Stack
from local.fault_plan import VARIABLE
from local.running import running_cloud

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def disturbed_cloud(state: Path) -> Iterator[Lives]:
    """A laptop cloud whose functions, queues and events meet planned faults.

    Args:
        state: its folder; a cloud that was there before goes on, and need not be deployed again.
    """
    folder = PlanFolder(state / "faults")
    saved = state / "port"
    port = int(saved.read_text()) if saved.exists() else None
    with running_cloud(state, port=port, more={VARIABLE: str(folder.folder)}) as environment:
        stack = Stack(environment)
        try:
            yield Lives(stack, folder)
        finally:
            stack.close()
