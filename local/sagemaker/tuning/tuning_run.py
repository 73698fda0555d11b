"""Carries one tuning job from its start to its end, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.sagemaker.jobs.images import built_in
from local.sagemaker.jobs.job_process import Cause
from local.sagemaker.jobs.metric_definitions import MetricReader
from local.sagemaker.training import training_states
from local.sagemaker.training.training_jobs import RESTARTED, new_job
from local.sagemaker.training.training_run import TrainingRun
from local.sagemaker.tuning.median_rule import MedianRule
from local.sagemaker.tuning.tuning_children import (
    best_first,
    child_name,
    child_request,
    children,
    objective_value,
    standing,
)
from local.sagemaker.tuning.tuning_completion import (
    converged,
    good_enough,
    not_improving,
    time_is_up,
)
from local.sagemaker.tuning.tuning_definitions import MEMBER, Definition, definition_of, definitions
from local.sagemaker.tuning.tuning_search import Suggestion, TuningSearch
from local.sagemaker.tuning.tuning_shares import Shares
from local.sagemaker.tuning.tuning_states import KIND, tell
from local.sagemaker.tuning.tuning_warm_start import overall_best, parents_trials, starts

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

GIVE_UP_AFTER = 5
"""Trainings that failed, and none that succeeded, after which a tuning job is given up."""
NO_OBJECTIVE = (
    "No objective metrics found after running {count} training jobs. Please ensure that the custom "
    "algorithm is emitting the objective metric as defined by the regular expression provided."
)
ALL_FAILED = (
    "All training jobs failed. "
    "Please take a look at the training jobs failures to get more details."
)
_DETAILS = "TuningJobCompletionDetails"
_REPLACES = "ReplacedTrainingJobName"
"""The member of a training job's document that names the one, cut short, in whose place it is."""

_POLL_SECONDS = 0.1
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trial:
    """A training that runs."""

    number: int
    run: TrainingRun
    name: str


class TuningRun:
    """A tuning job while it runs."""

    def __init__(self, platform: Platform, name: str) -> None:
        """Prepare; `start` begins. The job is stored, perhaps with trainings from before."""
        self._platform = platform
        self._name = name
        self._tuning = platform.store.get(KIND, name)
        self._config = self._tuning["HyperParameterTuningJobConfig"]
        self._definitions = definitions(self._tuning)
        self._first = next(iter(self._definitions.values()))
        self._limits = self._config["ResourceLimits"]
        self._stopping = threading.Event()
        self._running: dict[Future[None], Trial] = {}
        self._median = MedianRule(maximize=self._first.maximizes)
        self._shares = Shares(platform, name, list(self._definitions.values()))
        self._search: TuningSearch | None = None
        self._exhausted = False
        self._finished_trainings: list[Document] = []
        self._again: list[Document] = []
        self._names: list[str] = []
        self._ended: dict[str, Document] = {}

    def start(self) -> None:
        """Run in a thread."""
        self._platform.active[KIND, self._name] = self
        threading.Thread(target=self.run, name=self._name, daemon=True).start()

    def stop(self) -> None:
        """End every training, start no more."""
        self._stopping.set()
        for trial in list(self._running.values()):
            trial.run.control.end(Cause.STOPPED)
            _try_move(self._platform, trial.name, "Stopping")

    def run(self) -> None:
        """Run to the end; whatever happens, the job ends in a final state."""
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 -- never leave a job InProgress with nobody at it
            _log.exception("tuning job %s broke", self._name)
            self._end("Failed", FailureReason=f"InternalServerError: {error}"[:1024])
        finally:
            if self._search is not None:
                self._search.close()
            self._shares.close()
            self._platform.active.pop((KIND, self._name), None)

    def _work(self) -> None:
        before = children(self._platform, self._name)
        self._names = [child["TrainingJobName"] for child in before]
        self._finished_trainings = [child for child in before if _counts(child)]
        replaced = {child.get(_REPLACES) for child in before}
        self._again = [
            child
            for child in before
            if child.get("FailureReason") == RESTARTED and child["TrainingJobName"] not in replaced
        ]
        self._search = TuningSearch(self._platform, self._setup(before))
        self._shares.prepare()
        with ThreadPoolExecutor(self._limits["MaxParallelTrainingJobs"]) as pool:
            self._adopt(pool, before)
            while True:
                while len(self._running) < self._limits["MaxParallelTrainingJobs"]:
                    if not self._launch(pool):
                        break
                if not self._running:
                    break
                done, _ = wait(self._running, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    self._take_up(future)
                created, now = self._tuning["CreationTime"], self._platform.now()
                if time_is_up(self._limits, created, now) and not self._stopping.is_set():
                    self.stop()
        self._conclude()

    def _adopt(self, pool: ThreadPoolExecutor, before: list[Document]) -> None:
        """Wait for trainings that were started again by themselves, as a RetryStrategy asks."""
        assert self._search is not None
        for child in before:
            run = self._platform.active.get((training_states.KIND, child["TrainingJobName"]))
            if child["TrainingJobStatus"] in training_states.ENDED or run is None:
                continue
            number = self._search.again(*self._chosen(child)).number
            trial = Trial(number, run, child["TrainingJobName"])
            self._running[pool.submit(self._await, trial.name)] = trial

    def _await(self, name: str) -> None:
        """Wait for the end of a training that runs in a thread of its own."""
        while (training_states.KIND, name) in self._platform.active:
            time.sleep(_POLL_SECONDS)

    def _chosen(self, child: Document) -> tuple[int, dict[str, str]]:
        """The place of a training's definition, and its tuned hyperparameters."""
        definition = definition_of(child, self._definitions)
        place = list(self._definitions).index(definition.name)
        return place, {name: child["HyperParameters"][name] for name in definition.tuned}

    def _setup(self, before: list[Document]) -> Document:
        """What the search process is told first."""
        strategy = self._config["Strategy"]
        hyperband = self._config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
        resource = [hyperband.get("MinResource", 1), hyperband.get("MaxResource", 100)]
        return {
            "strategy": strategy,
            "seed": self._config.get("RandomSeed"),
            "jobs": self._limits.get("MaxNumberOfTrainingJobs", 100),
            "resource": resource if strategy == "Hyperband" else None,
            "definitions": [
                self._part(definition, before) for definition in self._definitions.values()
            ],
        }

    def _part(self, definition: Definition, before: list[Document]) -> Document:
        """What the search is told of one definition."""
        own = [child for child in before if definition_of(child, self._definitions) is definition]
        history = [
            {
                "parameters": {name: child["HyperParameters"][name] for name in definition.tuned},
                "value": self._value(child),
            }
            for child in own
            if _counts(child)
        ]
        return {
            "direction": definition.objective["Type"],
            "ranges": definition.ranges,
            "history": history,
            "parents": parents_trials(self._tuning),
            "starts": starts(self._tuning),
            "drawn": sum(_REPLACES not in child for child in own),
        }

    def _launch(self, pool: ThreadPoolExecutor) -> bool:
        """Start the next training; False when there is none to start."""
        if self._exhausted or self._over():
            return False
        suggestion, replaces = self._suggestion()
        if suggestion is None:
            self._exhausted = True
            return False
        definition = list(self._definitions.values())[suggestion.definition]
        name = child_name(self._name, len(self._names) + 1)
        tags = self._tuning.get("Tags", [])
        request = child_request(definition, name, suggestion.parameters, tags)
        arn = self._tuning["HyperParameterTuningJobArn"]
        document = new_job(request, self._platform, TuningJobArn=arn)
        document |= {MEMBER: definition.name} | replaces
        self._platform.create(training_states.KIND, name, document, parent=self._name)
        self._names.append(name)
        training_states.tell(self._platform, document)
        share = self._shares.share(
            definition,
            self._parallel(),
            self._listener(definition, suggestion.number, name),
        )
        run = TrainingRun(self._platform, name, share)
        self._platform.active[training_states.KIND, name] = run
        self._running[pool.submit(run.run)] = Trial(suggestion.number, run, name)
        if self._stopping.is_set():  # it was asked for while this training was being made
            run.control.end(Cause.STOPPED)
        self._refresh()
        return True

    def _suggestion(self) -> tuple[Suggestion | None, Document]:
        """What to try next, and what to note of it: first of all what a kill cut short."""
        assert self._search is not None
        if not self._again:
            return self._search.ask(), {}
        child = self._again.pop(0)
        suggestion = self._search.again(*self._chosen(child))
        return suggestion, {_REPLACES: child["TrainingJobName"]}

    def _parallel(self) -> int:
        """How many trainings share this machine."""
        parallel = int(self._limits["MaxParallelTrainingJobs"])
        limit = self._limits.get("MaxNumberOfTrainingJobs")
        if limit is None:
            return parallel
        return min(parallel, max(1, int(limit) - len(self._finished_trainings)))

    def _listener(self, definition: Definition, number: int, name: str) -> Any:
        """Watches one training's objective epoch by epoch, if anything follows from it."""
        hyperband = self._config["Strategy"] == "Hyperband"
        if not hyperband and self._config.get("TrainingJobEarlyStoppingType", "Off") != "Auto":
            return lambda _line: None
        specification = definition.document["AlgorithmSpecification"]
        definitions = specification.get("MetricDefinitions")
        algorithm = None if definitions else built_in(specification["TrainingImage"])
        reader = MetricReader(definitions, self._platform.clock, algorithm)
        metric, steps = definition.objective["MetricName"], 0

        def listen(line: str) -> None:
            nonlocal steps
            reader.last.clear()
            reader.read(line)
            if metric not in reader.last or self._search is None:
                return
            value, steps = reader.last[metric][0], steps + 1
            if hyperband:
                worse = self._search.report(number, steps, value)
            else:
                worse = self._median.should_stop(name, value)
            run = self._platform.active.get((training_states.KIND, name))
            if worse and run is not None:
                run.control.end(Cause.STOPPED)

        return listen

    def _take_up(self, future: Future[None]) -> None:
        assert self._search is not None
        trial = self._running.pop(future)
        child = self._platform.store.get(training_states.KIND, trial.name)
        self._finished_trainings.append(child)
        self._median.finished(trial.name)
        if not self._platform.closing:
            self._search.tell(trial.number, self._value(child))
            self._refresh()

    def _value(self, child: Document) -> float | None:
        if child["TrainingJobStatus"] == "Failed":
            return None
        return objective_value(
            child, definition_of(child, self._definitions).objective["MetricName"]
        )

    def _values(self) -> list[float | None]:
        return [self._value(child) for child in self._finished_trainings]

    def _over(self) -> bool:
        """Tell whether no further training is to be started."""
        if self._stopping.is_set() or self._platform.closing:
            return True
        finished = self._finished_trainings
        limit = self._limits.get("MaxNumberOfTrainingJobs")
        if limit is not None and len(finished) + len(self._running) >= limit:
            return True
        failed = [child for child in finished if child["TrainingJobStatus"] == "Failed"]
        if len(failed) == len(finished) >= GIVE_UP_AFTER:
            return True
        criteria = self._config.get("TuningJobCompletionCriteria", {})
        return good_enough(criteria, self._values(), maximize=self._first.maximizes)

    def _trainings(self) -> list[Document]:
        """All training jobs, oldest first; those that have ended are read once."""
        found = []
        for name in self._names:
            child = self._ended.get(name) or self._platform.store.get(training_states.KIND, name)
            if child["TrainingJobStatus"] in training_states.ENDED:
                self._ended[name] = child
            found.append(child)
        return found

    def _standing(self) -> Document:
        """Everything that is told of the job's progress."""
        members = standing(self._trainings(), self._definitions)
        members["LastModifiedTime"] = self._platform.now()
        if best := overall_best(self._tuning, members.get("BestTrainingJob")):
            members["OverallBestTrainingJob"] = best
        values, maximize = self._values(), self._first.maximizes
        details = self._platform.store.get(KIND, self._name).get(_DETAILS, {})
        details |= {
            "NumberOfTrainingJobsObjectiveNotImproving": not_improving(values, maximize=maximize)
        }
        if "ConvergenceDetectedTime" not in details and converged(values, maximize=maximize):
            details["ConvergenceDetectedTime"] = self._platform.now()
        return members | {_DETAILS: details}

    def _refresh(self) -> None:
        self._platform.store.update(KIND, self._name, **self._standing())

    def _conclude(self) -> None:
        found = self._trainings()
        present = self._platform.store.get(KIND, self._name)["HyperParameterTuningJobStatus"]
        if present == "Stopping":
            self._end("Stopped")
        elif best_first(found, self._definitions):
            self._end("Completed")
        elif all(child["TrainingJobStatus"] == "Failed" for child in found):
            self._end("Failed", FailureReason=ALL_FAILED)
        else:
            self._end("Failed", FailureReason=NO_OBJECTIVE.format(count=len(found)))

    def _end(self, status: str, **changes: Any) -> None:
        if self._platform.closing:
            return  # the next start takes it up again
        members = self._standing() | changes
        document = self._platform.store.update(
            KIND,
            self._name,
            HyperParameterTuningJobStatus=status,
            HyperParameterTuningEndTime=members["LastModifiedTime"],
            **members,
        )
        tell(self._platform, document)


def _counts(child: Document) -> bool:
    """Tell whether a training is over, and was not cut short by a kill."""
    over = child["TrainingJobStatus"] in training_states.ENDED
    return over and child.get("FailureReason") != RESTARTED


def _try_move(platform: Platform, name: str, secondary: str) -> None:
    try:
        training_states.move(platform, name, secondary)
    except training_states.IllegalMoveError:
        return  # it is ending, uploading, or over
