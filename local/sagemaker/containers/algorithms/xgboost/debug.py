"""Writes what Debugger's rules look at, after each round of the XGBoost algorithm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xgboost

from local.sagemaker.containers.algorithms.xgboost.metrics import larger_is_better
from local.sagemaker.training.debugger_files import Hook

if TYPE_CHECKING:
    from pathlib import Path

_IMPORTANCES = ("weight", "gain", "cover", "total_gain", "total_cover")


class DebugTensors(xgboost.callback.TrainingCallback):
    """Saves metrics and, where the smaller is the better, losses: `train-rmse`, `validation-rmse`.

    The collections feature_importance, labels and predictions are saved when they are asked for;
    the latter two are those of the training rows.
    """

    def __init__(self, matrix: Any, first: int) -> None:
        """Begin.

        Args:
            matrix: What is trained on, or a sample of it that can be predicted.
            first: Rounds trained before this process.
        """
        super().__init__()
        self._hook = Hook()
        self._matrix = matrix
        self._first = first

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Save what is due."""
        step = self._first + epoch
        for data, metrics in evals_log.items():
            for name, values in metrics.items():
                told = {f"{data}-{name}": values[-1]}
                home = "metrics" if larger_is_better(name) else "losses"
                self._hook.save(step, told, home)
        if self._wants(step, "feature_importance"):
            for kind in _IMPORTANCES:
                scores = model.get_score(importance_type=kind)
                told = {f"feature_importance/{kind}/{name}": x for name, x in scores.items()}
                self._hook.save(step, told, "feature_importance")
        if self._wants(step, "labels"):
            self._hook.save(step, {"labels": self._matrix.get_label()}, "labels")
        if self._wants(step, "predictions"):
            told = {"predictions": model.predict(self._matrix)}
            self._hook.save(step, told, "predictions")
        return False

    def _wants(self, step: int, collection: str) -> bool:
        return self._hook.asks_for(collection) and self._hook.due(step, collection)


def debug_callbacks(base: Path, matrix: Any, first: int) -> list[Any]:
    """The callback, if the job asks for Debugger."""
    asked = (base / "input/config/debughookconfig.json").is_file()
    return [DebugTensors(matrix, first)] if asked else []
