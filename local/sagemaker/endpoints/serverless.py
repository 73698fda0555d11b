"""Serverless variants: the process is there while it is asked, and for a while afterwards.

"Deploy models with Amazon SageMaker Serverless Inference": a request that finds no process waits
for a cold start; a process that nobody asks for some time is ended, unless the variant has
ProvisionedConcurrency. One process answers all of a variant's requests here, MaxConcurrency of them
at once.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from local.sagemaker.assembly import at_start
from local.sagemaker.endpoints.endpoint_state import KIND

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0


@at_start
def keep_watch(platform: Platform) -> None:
    """Begin to end the processes of serverless variants that nobody asks."""
    threading.Thread(target=_watch, args=(platform,), name="serverless", daemon=True).start()


def end_idle(platform: Platform) -> int:
    """End the processes of serverless variants that were idle for long enough; their number."""
    idle = [
        instance
        for (kind, _), live in list(platform.active.items())
        if kind == KIND
        for instance in live.traffic.take_idle(platform.settings.serverless_idle_seconds)
    ]
    for instance in idle:
        instance.stop()
    return len(idle)


def _watch(platform: Platform) -> None:
    longest = platform.settings.serverless_idle_seconds
    pause = threading.Event()
    while longest and not platform.closing:
        pause.wait(min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, longest / 4)))
        end_idle(platform)
