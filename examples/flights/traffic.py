"""Passengers who never stop asking: a thread that sends flight after flight to the endpoint."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from itertools import batched, cycle
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from examples.flights.dataset import Flight

ROWS = 10
PAUSE_SECONDS = 0.2


@dataclass
class Tally:
    """What became of the requests.

    Attributes:
        answered: when each request was answered (seconds of the monotonic clock).
        slowest: the longest that one took, in seconds.
        failures: what went wrong, one text a failed request.
    """

    answered: list[float] = field(default_factory=list)
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)

    def between(self, begin: float, end: float) -> int:
        """Count the requests answered in a stretch of time."""
        return sum(begin <= moment <= end for moment in self.answered)


class Passengers:
    """Ask the endpoint about flights, over and over, without a second try for any request."""

    def __init__(
        self,
        runtime: Any,
        endpoint: str,
        flights: Sequence[Flight],
        *,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        """Take whom to ask about what; nothing is asked before `start`.

        Args:
            runtime: boto3's client of SageMaker's runtime, without retries.
            endpoint: the endpoint's name.
            flights: asked about again and again, some at a time.
            pause: seconds between two requests.
        """
        self._client = runtime
        self._endpoint = endpoint
        self._pause = pause
        self._flights = flights
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask_on, name="passengers", daemon=True)
        self.tally = Tally()

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the request under way."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def wait(self, seconds: float) -> None:
        """Let some time pass, less if it is over before."""
        self._over.wait(seconds)

    def _ask_on(self) -> None:
        for flights in cycle(batched(self._flights, ROWS, strict=False)):
            if self._over.is_set():
                return
            self._ask(flights)
            self.wait(self._pause)

    def _ask(self, flights: Sequence[Flight]) -> None:
        body = json.dumps({"instances": [flight.question() for flight in flights]}).encode()
        begin = time.monotonic()
        try:
            answer = self._client.invoke_endpoint(
                EndpointName=self._endpoint,
                ContentType="application/json",
                Accept="application/json",
                Body=body,
            )
            predictions: list[Any] = json.loads(answer["Body"].read())["predictions"]
        except (BotoCoreError, ClientError, ValueError, KeyError) as error:
            self.tally.failures.append(str(error))
            return
        if len(predictions) != len(flights):
            self.tally.failures.append(f"{len(predictions)} answers to {len(flights)} rows")
            return
        end = time.monotonic()
        self.tally.answered.append(end)
        self.tally.slowest = max(self.tally.slowest, end - begin)
