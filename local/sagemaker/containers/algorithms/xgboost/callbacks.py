"""What happens after each round: the container's log line, checkpoints, the end on request."""

from __future__ import annotations

import re
import signal
import time
from typing import TYPE_CHECKING, Any

import xgboost

if TYPE_CHECKING:
    from pathlib import Path

CHECKPOINT = re.compile(r"^xgboost-checkpoint\.(\d+)$")
KEPT = 5
SECONDS_BETWEEN = 5.0
TERMINATED = 128 + int(signal.SIGTERM)


class LogLine(xgboost.callback.TrainingCallback):
    """Prints `[0]<TAB>train-auc:0.81235<TAB>validation-auc:0.79342`, as the container does."""

    def __init__(self, first: int = 0) -> None:
        """Count from `first`, the rounds trained before this process."""
        super().__init__()
        self._first = first

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Print the round's metrics, the groups in order: train, then validation."""
        del model
        parts = [
            f"{data}-{name}:{values[-1]:.5f}"
            for data, metrics in evals_log.items()
            for name, values in metrics.items()
        ]
        print("\t".join([f"[{epoch + self._first}]", *parts]))
        return False


class Checkpoints(xgboost.callback.TrainingCallback):
    """Saves the model now and then, and at once when the job is told to end."""

    def __init__(self, folder: Path | None, first: int, *, ends_softly: bool) -> None:
        """Watch for SIGTERM if there is something to save.

        Args:
            folder: Where checkpoints go; None for nowhere.
            first: Rounds trained before this process.
            ends_softly: On SIGTERM, finish the round and let the training return
                (`save_model_on_termination`).
        """
        super().__init__()
        self._folder = folder
        self._first = first
        self._saved = time.monotonic()
        self.told_to_end = False
        if folder is not None or ends_softly:
            signal.signal(signal.SIGTERM, self._on_term)

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Save if it is time; returns True to end the training."""
        del evals_log
        due = time.monotonic() - self._saved > SECONDS_BETWEEN
        if self._folder is not None and (due or self.told_to_end):
            save(model, self._folder, self._first + epoch)
            self._saved = time.monotonic()
        return self.told_to_end

    def _on_term(self, *_: object) -> None:
        self.told_to_end = True


def save(model: Any, folder: Path, number: int) -> None:
    """Write checkpoint `number` whole or not at all, and remove the oldest beyond five."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{number}.sagemaker-ignore"
    part.write_bytes(model.save_raw("ubj"))
    part.replace(folder / f"xgboost-checkpoint.{number}")
    for _, path in found(folder)[:-KEPT]:
        path.unlink()


def found(folder: Path) -> list[tuple[int, Path]]:
    """The checkpoints in a folder: (round, path), oldest first."""
    if not folder.is_dir():
        return []
    pairs = [
        (int(match[1]), path) for path in folder.iterdir() if (match := CHECKPOINT.match(path.name))
    ]
    return sorted(pairs)
