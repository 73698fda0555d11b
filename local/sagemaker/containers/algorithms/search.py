"""Chooses hyperparameters: AWS's strategies on Optuna, asked and told over a socket.

One JSON object a line. The first line sets it up and is answered by nothing:
`{"strategy", "seed", "jobs", "resource": [min, max] | null, "definitions": [{"direction",
"ranges": […], "history": [{"parameters", "value"}], "parents": [{"parameters", "value"}],
"starts": [parameters], "drawn"}]}`. Then:

- `{"ask": true}` → `{"definition", "number", "parameters"}`, or `{"exhausted": true}` when every
  grid is through;
- `{"again": {"definition", "parameters"}}` → the same, with these hyperparameters;
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

from local.sagemaker.jobs.fork_server import CHANNEL

_EXPLORED = 3  # trials of each definition before one is preferred
_LOGARITHMIC_FROM = 100.0  # AWS: "Auto" scales logarithmically where a range spans magnitudes


def main(_arguments: list[str]) -> int:
    """Serve until the socket closes."""
    connection = socket.socket(fileno=int(os.environ.pop(CHANNEL)))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with connection.makefile("rw", encoding="utf-8") as stream:
        search = Portfolio(json.loads(stream.readline()))
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

    def admits(self, text: str | None) -> bool:
        """Tell whether a hyperparameter's text is within the range."""
        if text is None or self.kind == "categorical":
            return text in self.values
        try:
            value = int(text) if self.kind == "integer" else float(text)
        except ValueError:
            return False
        value = 1.0 - value if self.reversed else value
        return self.low <= value <= self.high

    def from_text(self, text: str) -> Any:
        """The choice that a hyperparameter's text stands for."""
        if self.kind == "categorical":
            return text
        if self.kind == "integer":
            return int(text)
        value = 1.0 - float(text) if self.reversed else float(text)
        return min(max(value, self.low), self.high)


class Portfolio:
    """The searches of a tuning job's definitions, and whose turn it is.

    Every definition gets its first trials in turn. From then on a Bayesian search gives two of
    three to the definition with the best value so far, and the third to the one that had fewest.
    """

    def __init__(self, setup: dict[str, Any]) -> None:
        parts, seed = setup["definitions"], setup.get("seed")
        jobs = math.ceil(setup["jobs"] / len(parts))
        self._searches = [
            Search(setup | part | {"jobs": jobs, "seed": None if seed is None else seed + place})
            for place, part in enumerate(parts)
        ]
        self._dealt = [part.get("drawn", 0) for part in parts]
        self._scores: list[float] = [-math.inf] * len(parts)
        self._signs = [1.0 if part["direction"] == "Maximize" else -1.0 for part in parts]
        for place, part in enumerate(parts):
            for entry in part.get("history", []):
                self._note(place, entry["value"])
        self._leads = setup["strategy"] == "Bayesian"
        self._trials: list[tuple[int, int]] = []

    def answer(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Act on one message."""
        if "again" in message:
            place = message["again"]["definition"]
            return self._deal(place, {"ask": True, "parameters": message["again"]["parameters"]})
        if "ask" in message:
            waiting = set(range(len(self._searches)))
            while waiting:
                place = self._turn(waiting)
                if answer := self._deal(place, message):
                    return answer
                waiting.remove(place)
            return {"exhausted": True}
        member = "tell" if "tell" in message else "report"
        place, number = self._trials[message[member]]
        if member == "tell":
            self._note(place, message["value"])
        told: dict[str, Any] | None = self._searches[place].answer(message | {member: number})
        return told

    def _deal(self, place: int, message: dict[str, Any]) -> dict[str, Any] | None:
        answer = self._searches[place].answer(message)
        if answer is None or "exhausted" in answer:
            return None
        self._dealt[place] += 1
        self._trials.append((place, answer["number"]))
        return answer | {"definition": place, "number": len(self._trials) - 1}

    def _turn(self, waiting: set[int]) -> int:
        fewest = min(waiting, key=lambda place: (self._dealt[place], place))
        explored = self._dealt[fewest] >= _EXPLORED
        if self._leads and explored and sum(self._dealt) % 3 != 0:
            return max(waiting, key=lambda place: (self._scores[place], -place))
        return fewest

    def _note(self, place: int, value: float | None) -> None:
        if value is not None and math.isfinite(value):
            self._scores[place] = max(self._scores[place], self._signs[place] * value)


class Search:
    """The search of one definition."""

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
        self._take_up(setup.get("history", []))
        # What was tried on the same data before, where the ranges of today allow it.
        self._take_up([entry for entry in setup.get("parents", []) if self._admits(entry)])
        starts, drawn = setup.get("starts", []), setup.get("drawn", 0)
        self._starts = [chosen for chosen in starts if self._admits({"parameters": chosen})]
        self._skip(setup, drawn - len(self._starts))
        self._starts = self._starts[drawn:]

    def answer(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Act on one message."""
        if "ask" in message:
            return self._ask(message.get("parameters"))
        if "report" in message:
            return self._report(message)
        trial = self._trials.pop(message["tell"])
        value = message["value"]
        if value is None or not math.isfinite(value):
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(trial, value)
        return None

    def _ask(self, again: dict[str, str] | None) -> dict[str, Any]:
        if again is not None:
            chosen = self._choices(again)
            if self._grid and chosen in self._grid:
                self._grid.remove(chosen)
            self._study.enqueue_trial(chosen)
        elif self._grid is not None:
            if not self._grid:
                return {"exhausted": True}
            self._study.enqueue_trial(self._grid.pop(0))
        elif self._starts:
            self._study.enqueue_trial(self._choices(self._starts.pop(0)))
        trial = self._study.ask(self._space)
        self._trials[trial.number] = trial
        told = {item.name: item.to_text(trial.params[item.name]) for item in self._ranges}
        return {"number": trial.number, "parameters": told}

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

    def _choices(self, parameters: dict[str, str]) -> dict[str, Any]:
        return {item.name: item.from_text(parameters[item.name]) for item in self._ranges}

    def _admits(self, entry: dict[str, Any]) -> bool:
        return all(item.admits(entry["parameters"].get(item.name)) for item in self._ranges)

    def _skip(self, setup: dict[str, Any], drawn: int) -> None:
        """Move the random numbers on, past what was drawn from this seed before a restart."""
        if setup.get("seed") is None or self._grid is not None:
            return
        other = optuna.create_study(sampler=self._study.sampler)
        for _ in range(drawn):
            other.ask(self._space)

    def _take_up(self, history: list[dict[str, Any]]) -> None:
        """Take up what was found before."""
        for entry in history:
            chosen = self._choices(entry["parameters"])
            if self._grid and chosen in self._grid:
                self._grid.remove(chosen)
            failed = entry["value"] is None or not math.isfinite(entry["value"])
            states = optuna.trial.TrialState
            trial = optuna.trial.create_trial(
                params=chosen,
                distributions=self._space,
                value=None if failed else entry["value"],
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
