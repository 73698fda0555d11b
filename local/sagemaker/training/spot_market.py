"""Spot capacity for one job: when it comes, and when it is taken back.

AWS tells neither; here both are switches of the server, so that a job's checkpoints can be tried.
"""

from __future__ import annotations

import math
import random
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.settings import Settings

type Document = dict[str, Any]

_POLL_SECONDS = 0.05
_HOUR = 3600.0


class SpotMarket:
    """The capacity of one job; plenty, and never taken back, unless it is a spot job."""

    def __init__(self, settings: Settings, job: Document) -> None:
        """Draw nothing yet.

        Args:
            settings: The server's switches.
            job: The training job's document.
        """
        self._settings = settings
        self._spot = bool(job.get("EnableManagedSpotTraining"))
        self._attempts = 0
        # One seed gives each job its own interruptions, and the same ones whenever it runs.
        seed = f"{settings.spot_seed}/{job['TrainingJobName']}"
        self._drawn = random.Random(seed)  # noqa: S311 -- no secret

    def next_interruption(self) -> float:
        """Seconds of training after which the next attempt is interrupted; infinite for never.

        The earlier of the set moment, of which there are so many a job, and of a Poisson process
        with the set rate.
        """
        if not self._spot:
            return math.inf
        self._attempts += 1
        settings, moments = self._settings, [math.inf]
        if settings.spot_interruption_seconds and self._attempts <= settings.spot_interruptions:
            moments.append(settings.spot_interruption_seconds)
        if settings.spot_interruptions_per_hour:
            moments.append(self._drawn.expovariate(settings.spot_interruptions_per_hour / _HOUR))
        return min(moments)

    def await_capacity(self, give_up: Callable[[], bool]) -> None:
        """Wait as long as capacity takes to come, or until `give_up` says so."""
        if not self._spot:
            return
        deadline, pause = time.monotonic() + self._settings.spot_wait_seconds, threading.Event()
        while time.monotonic() < deadline and not give_up():
            pause.wait(_POLL_SECONDS)
