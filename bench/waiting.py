"""Waiting for what another process makes so, with a deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_SECONDS = 3600.0


def await_answer(ask: Callable[[], Any], what: str, pause: float = 0.02) -> Any:
    """Ask again and again; the first answer that is something.

    Args:
        ask: answers with anything false while there is nothing.
        what: what is waited for, in words.
        pause: seconds between two questions.

    Raises:
        TimeoutError: there was none in `PATIENCE_SECONDS`.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so after {PATIENCE_SECONDS:.0f} s: {what}")
        time.sleep(pause)
    return answer
