"""The tuning job's side of the search process: ask, tell, report."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.sagemaker.jobs.workers import Order, WorkersError

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]


@dataclass(frozen=True)
class Suggestion:
    """What the search wants to have tried.

    Attributes:
        definition: The place of the definition among all.
        number: By which the trial is told of.
        parameters: The tuned hyperparameters.
    """

    definition: int
    number: int
    parameters: dict[str, str]


class TuningSearch:
    """Optuna in a process of the jobs environment."""

    def __init__(self, platform: Platform, setup: Document) -> None:
        """Start it.

        Args:
            platform: The local SageMaker.
            setup: The first line that `algorithms.search` reads.

        Raises:
            WorkersError: When it cannot be started.
        """
        order = Order(
            platform.workers.base_environment(),
            platform.settings.data,
            call="local.sagemaker.containers.algorithms.search:main",
        )
        self._worker = platform.workers.start(order, channel=True)
        assert self._worker.channel is not None
        self._stream = self._worker.channel.makefile("rw", encoding="utf-8")
        self._lock = threading.Lock()
        self._output: list[bytes] = []
        threading.Thread(target=self._drain, daemon=True).start()
        self._write(setup)

    def ask(self) -> Suggestion | None:
        """What to try next; None when there is nothing left to try."""
        answer = self._converse({"ask": True})
        return None if "exhausted" in answer else Suggestion(**answer)

    def again(self, definition: int, parameters: dict[str, str]) -> Suggestion:
        """Try hyperparameters once more whose training was cut short."""
        return Suggestion(
            **self._converse({"again": {"definition": definition, "parameters": parameters}})
        )

    def tell(self, number: int, value: float | None) -> None:
        """Tell how a trial ended; None when it has no objective."""
        with self._lock:
            self._write({"tell": number, "value": value})

    def report(self, number: int, step: int, value: float) -> bool:
        """Tell a trial's value after an epoch; True to stop it."""
        answer = self._converse({"report": number, "step": step, "value": value})
        return bool(answer["prune"])

    def close(self) -> None:
        """End the process."""
        if self._worker.channel is not None:
            self._worker.channel.close()
        self._stream.close()
        self._worker.kill()
        self._worker.wait(2.0)

    def _converse(self, message: Document) -> Document:
        with self._lock:
            self._write(message)
            line = self._stream.readline()
        if not line:
            told = b"".join(self._output).decode("utf-8", "replace")[-500:]
            raise WorkersError(f"the search for hyperparameters ended: {told}")
        answer: Document = json.loads(line)
        return answer

    def _write(self, message: Document) -> None:
        try:
            self._stream.write(json.dumps(message) + "\n")
            self._stream.flush()
        except OSError as error:
            raise WorkersError(f"the search for hyperparameters ended: {error}") from error

    def _drain(self) -> None:
        with self._worker.output as output:
            for line in output:
                self._output = [*self._output[-20:], line]
