"""Chooses hyperparameters: AWS's strategies on Optuna, asked and told over a socket.

One JSON object a line. The first line sets it up and is answered by nothing:
`{"strategy", "seed", "direction", "ranges": […], "jobs", "resource": [min, max] | null,
"history": [{"parameters", "value"}]}`. Then:

- `{"ask": true}` → `{"number", "parameters"}`, or `{"exhausted": true}` when a grid is through;
- `{"tell": number, "value": x | null}` → nothing (null: it failed);
- `{"report": number, "step": i, "value": x}` → `{"prune": bool}` (Hyperband).
"""

from __future__ import annotations

import itertools
import json
import math
import os
import socket
from typing import Any

import optuna

from local.sagemaker.fork_server import CHANNEL

_LOGARITHMIC_FROM = 100.0  # AWS: "Auto" scales logarithmically where a range spans magnitudes


def main(_arguments: list[str]) -> int:
    """Serve until the socket closes."""
    connection = socket.socket(fileno=int(os.environ.pop(CHANNEL)))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with connection.makefile("rw", encoding="utf-8") as stream:
        search = Search(json.loads(stream.readline()))
        for line in stream:
            answer = search.answer(json.loads(line))
            if answer is not None:
                stream.write(json.dumps(answer) + "\n")
                stream.flush()
    return 0


class Range:
    """One tunable hyperparameter: AWS's range as Optuna's distribution, and back as text."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.name: str = document["Name"]
        self.kind: str = document["kind"]
        self.values: list[str] = document.get("Values", [])
        if self.kind == "categorical":
            return
        low, high = float(document["MinValue"]), float(document["MaxValue"])
        scale = document.get("ScalingType", "Auto")
        if scale == "Auto":
            wide = low > 0 and high / low >= _LOGARITHMIC_FROM
            scale = "Logarithmic" if wide else "Linear"
        self.reversed = scale == "ReverseLogarithmic"
        self.low, self.high = (1.0 - high, 1.0 - low) if self.reversed else (low, high)
        self.logarithmic = scale in {"Logarithmic", "ReverseLogarithmic"}

    def distribution(self) -> Any:
        """Optuna's view of the range."""
        if self.kind == "categorical":
            return optuna.distributions.CategoricalDistribution(self.values)
        if self.kind == "integer":
            return optuna.distributions.IntDistribution(
                int(self.low), int(self.high), log=self.logarithmic
            )
        return optuna.distributions.FloatDistribution(self.low, self.high, log=self.logarithmic)

    def to_text(self, value: Any) -> str:
        """A chosen value as SageMaker hands it on."""
        if self.kind != "continuous":
            return str(value)
        return repr(1.0 - value if self.reversed else float(value))

    def from_text(self, text: str) -> Any:
        """The choice that a hyperparameter's text stands for."""
        if self.kind == "categorical":
            return text
        if self.kind == "integer":
            return int(text)
        value = 1.0 - float(text) if self.reversed else float(text)
        return min(max(value, self.low), self.high)


class Search:
    """One tuning job's search."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self._ranges = [Range(document) for document in setup["ranges"]]
        self._space = {item.name: item.distribution() for item in self._ranges}
        self._trials: dict[int, Any] = {}
        self._grid = list(self._combinations()) if setup["strategy"] == "Grid" else None
        self._study = optuna.create_study(
            direction="maximize" if setup["direction"] == "Maximize" else "minimize",
            sampler=_sampler(setup),
            pruner=_pruner(setup),
        )
        self._study_history(setup.get("history", []))

    def answer(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Act on one message."""
        if "ask" in message:
            return self._ask()
        if "report" in message:
            return self._report(message)
        trial = self._trials.pop(message["tell"])
        value = message["value"]
        if value is None or not math.isfinite(value):
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(trial, value)
        return None

    def _ask(self) -> dict[str, Any]:
        if self._grid is not None:
            if not self._grid:
                return {"exhausted": True}
            self._study.enqueue_trial(self._grid.pop(0))
        trial = self._study.ask(self._space)
        self._trials[trial.number] = trial
        chosen = {item.name: item.to_text(trial.params[item.name]) for item in self._ranges}
        return {"number": trial.number, "parameters": chosen}

    def _report(self, message: dict[str, Any]) -> dict[str, Any]:
        trial = self._trials.get(message["report"])
        if trial is None:
            return {"prune": False}
        trial.report(message["value"], message["step"])
        return {"prune": bool(trial.should_prune())}

    def _combinations(self) -> Any:
        names = [item.name for item in self._ranges]
        for values in itertools.product(*(item.values for item in self._ranges)):
            yield dict(zip(names, values, strict=True))

    def _study_history(self, history: list[dict[str, Any]]) -> None:
        """Take up what was found before a restart."""
        for entry in history:
            chosen = {
                item.name: item.from_text(entry["parameters"][item.name]) for item in self._ranges
            }
            if self._grid and chosen in self._grid:
                self._grid.remove(chosen)
            failed = entry["value"] is None
            states = optuna.trial.TrialState
            trial = optuna.trial.create_trial(
                params=chosen,
                distributions=self._space,
                value=entry["value"],
                state=states.FAIL if failed else states.COMPLETE,
            )
            self._study.add_trial(trial)


def _sampler(setup: dict[str, Any]) -> Any:
    """AWS's strategies: Bayesian is a tree-structured Parzen estimator (Bergstra et al., 2011).

    A third of the trials, at least three, explore before the estimator is trusted; trials that run
    at the same time count as bad ones, so that they do not repeat each other (constant liar).
    """
    seed = setup.get("seed")
    if setup["strategy"] == "Bayesian":
        startup = max(3, min(10, setup["jobs"] // 3))
        return optuna.samplers.TPESampler(
            n_startup_trials=startup,
            multivariate=True,
            constant_liar=True,
            seed=seed,
        )
    return optuna.samplers.RandomSampler(seed=seed)


def _pruner(setup: dict[str, Any]) -> Any:
    resource = setup.get("resource")
    if setup["strategy"] != "Hyperband" or not resource:
        return optuna.pruners.NopPruner()
    return optuna.pruners.HyperbandPruner(
        min_resource=resource[0], max_resource=resource[1], reduction_factor=3
    )
