"""Carries one tuning job from its start to its end, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import uuid
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from local.sagemaker import training_states
from local.sagemaker.container import Container, available_cores
from local.sagemaker.images import built_in
from local.sagemaker.job_process import Cause
from local.sagemaker.median_rule import MedianRule
from local.sagemaker.metric_definitions import MetricReader
from local.sagemaker.objects import ObjectsError
from local.sagemaker.service_models import shape
from local.sagemaker.shaping import to_event
from local.sagemaker.state_events import tags_of
from local.sagemaker.training_inputs import find_channels
from local.sagemaker.training_jobs import new_job
from local.sagemaker.training_order import Share
from local.sagemaker.training_run import TrainingRun
from local.sagemaker.tuning_children import (
    best_child,
    child_name,
    child_request,
    children,
    objective_value,
    standing,
)
from local.sagemaker.tuning_search import TuningSearch, flat_ranges
from local.sagemaker.tuning_template import start_template

if TYPE_CHECKING:
    from local.sagemaker.objects import Found
    from local.sagemaker.platform import Platform
    from local.sagemaker.workers import Template

type Document = dict[str, Any]

KIND = "hyper-parameter-tuning-job"
ENDED = frozenset({"Completed", "Failed", "Stopped"})
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
EVENT_MEMBERS = (
    "HyperParameterTuningJobName",
    "HyperParameterTuningJobArn",
    "HyperParameterTuningJobConfig",
    "TrainingJobDefinition",
    "TrainingJobDefinitions",
    "HyperParameterTuningJobStatus",
    "CreationTime",
    "HyperParameterTuningEndTime",
    "LastModifiedTime",
    "TrainingJobStatusCounters",
    "ObjectiveStatusCounters",
    "BestTrainingJob",
    "FailureReason",
    "TuningJobCompletionDetails",
)
_log = logging.getLogger(__name__)


class TuningRun:
    """A tuning job while it runs."""

    def __init__(self, platform: Platform, name: str) -> None:
        """Prepare; `start` begins. The job is stored, perhaps with trainings from before."""
        self._platform = platform
        self._name = name
        self._tuning = platform.store.get(KIND, name)
        config = self._tuning["HyperParameterTuningJobConfig"]
        self._config = config
        self._objective = config["HyperParameterTuningJobObjective"]
        self._ranges = flat_ranges(config.get("ParameterRanges", {}))
        self._limits = config["ResourceLimits"]
        self._stopping = threading.Event()
        self._running: dict[Future[None], tuple[int, TrainingRun, str]] = {}
        self._median = MedianRule(maximize=self._objective["Type"] == "Maximize")
        self._container = Container(
            platform.settings.data / "jobs" / f"{name}-{uuid.uuid4().hex[:8]}"
        )
        self._search: TuningSearch | None = None
        self._template: Template | None = None
        self._found: dict[str, list[Found]] = {}
        self._exhausted = False
        self._finished_trainings: list[Document] = []

    def start(self) -> None:
        """Run in a thread."""
        self._platform.active[KIND, self._name] = self
        threading.Thread(target=self.run, name=self._name, daemon=True).start()

    def stop(self) -> None:
        """End every training, start no more."""
        self._stopping.set()
        for _, run, name in list(self._running.values()):
            run.control.end(Cause.STOPPED)
            _try_move(self._platform, name, "Stopping")

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
            if self._template is not None:
                self._template.close()
            self._container.remove()
            self._platform.active.pop((KIND, self._name), None)

    def _work(self) -> None:
        self._finished_trainings = [
            child
            for child in children(self._platform, self._name)
            if not child.get("FailureReason", "").startswith("InternalServerError")
        ]
        self._search = TuningSearch(self._platform, self._setup())
        first = child_request(self._tuning, "any", {})
        tuned = {item["Name"] for item in self._ranges}
        try:
            self._found = find_channels(self._platform.objects, first)
        except ObjectsError as error:
            _log.info("%s: each training will fail by itself: %s", self._name, error)
        else:
            self._template = start_template(
                self._platform, self._container, first, tuned, self._found
            )
        with ThreadPoolExecutor(self._limits["MaxParallelTrainingJobs"]) as pool:
            while True:
                while len(self._running) < self._limits["MaxParallelTrainingJobs"]:
                    if not self._launch(pool):
                        break
                if not self._running:
                    break
                done, _ = wait(self._running, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    self._take_up(future)
                if self._time_is_up():
                    self.stop()
        self._conclude()

    def _setup(self) -> Document:
        """What the search process is told first."""
        strategy = self._config["Strategy"]
        hyperband = self._config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
        resource = [hyperband.get("MinResource", 1), hyperband.get("MaxResource", 100)]
        names = [item["Name"] for item in self._ranges]
        history = [
            {
                "parameters": {name: child["HyperParameters"][name] for name in names},
                "value": self._value(child),
            }
            for child in self._finished_trainings
        ]
        return {
            "strategy": strategy,
            "seed": self._config.get("RandomSeed"),
            "direction": self._objective["Type"],
            "ranges": self._ranges,
            "jobs": self._limits.get("MaxNumberOfTrainingJobs", 100),
            "resource": resource if strategy == "Hyperband" else None,
            "history": history,
        }

    def _launch(self, pool: ThreadPoolExecutor) -> bool:
        """Start the next training; False when there is none to start."""
        assert self._search is not None
        if self._exhausted or self._over():
            return False
        suggestion = self._search.ask()
        if suggestion is None:
            self._exhausted = True
            return False
        number, tuned = suggestion
        name = child_name(self._name, len(children(self._platform, self._name)) + 1)
        request = child_request(self._tuning, name, tuned)
        arn = self._tuning["HyperParameterTuningJobArn"]
        document = new_job(request, self._platform, TuningJobArn=arn)
        self._platform.create(training_states.KIND, name, document, parent=self._name)
        training_states.tell(self._platform, document)
        run = TrainingRun(self._platform, name, self._share(number, name))
        self._platform.active[training_states.KIND, name] = run
        self._running[pool.submit(run.run)] = (number, run, name)
        if self._stopping.is_set():  # it was asked for while this training was being made
            run.control.end(Cause.STOPPED)
        self._refresh()
        return True

    def _share(self, number: int, name: str) -> Share:
        parallel = self._limits["MaxParallelTrainingJobs"]
        limit = self._limits.get("MaxNumberOfTrainingJobs")
        if limit is not None:
            parallel = min(parallel, max(1, limit - len(self._finished_trainings)))
        cores = max(1, available_cores() // parallel)
        return Share(
            cores=cores,
            pool=self._template,
            found=self._found,
            variables={"OMP_NUM_THREADS": str(cores)},
            listen=self._listener(number, name),
        )

    def _listener(self, number: int, name: str) -> Any:
        """Watches one training's objective epoch by epoch, if anything follows from it."""
        hyperband = self._config["Strategy"] == "Hyperband"
        if not hyperband and self._config.get("TrainingJobEarlyStoppingType", "Off") != "Auto":
            return lambda _line: None
        specification = self._tuning["TrainingJobDefinition"]["AlgorithmSpecification"]
        definitions = specification.get("MetricDefinitions")
        algorithm = None if definitions else built_in(specification["TrainingImage"])
        reader = MetricReader(definitions, self._platform.clock, algorithm)
        metric, steps = self._objective["MetricName"], 0

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
        number, _, name = self._running.pop(future)
        child = self._platform.store.get(training_states.KIND, name)
        self._finished_trainings.append(child)
        self._median.finished(name)
        if not self._platform.closing:
            self._search.tell(number, self._value(child))
            self._refresh()

    def _value(self, child: Document) -> float | None:
        if child["TrainingJobStatus"] == "Failed":
            return None
        return objective_value(child, self._objective["MetricName"])

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
        return self._good_enough()

    def _good_enough(self) -> bool:
        """TuningJobCompletionCriteria."""
        criteria = self._config.get("TuningJobCompletionCriteria", {})
        best = best_child(self._finished_trainings, self._objective)
        if best is None:
            return False
        value = objective_value(best, self._objective["MetricName"])
        target = criteria.get("TargetObjectiveMetricValue")
        sign = 1.0 if self._objective["Type"] == "Maximize" else -1.0
        if target is not None and value is not None and sign * value >= sign * target:
            return True
        patience = criteria.get("BestObjectiveNotImproving", {}).get(
            "MaxNumberOfTrainingJobsNotImproving"
        )
        since = len(self._finished_trainings) - 1 - self._finished_trainings.index(best)
        return patience is not None and since >= patience

    def _time_is_up(self) -> bool:
        limit = self._limits.get("MaxRuntimeInSeconds")
        spent = self._platform.now() - self._tuning["CreationTime"]
        return limit is not None and spent > limit and not self._stopping.is_set()

    def _refresh(self) -> None:
        members = standing(children(self._platform, self._name), self._tuning)
        members["LastModifiedTime"] = self._platform.now()
        self._platform.store.update(KIND, self._name, **members)

    def _conclude(self) -> None:
        found = children(self._platform, self._name)
        present = self._platform.store.get(KIND, self._name)["HyperParameterTuningJobStatus"]
        if present == "Stopping":
            self._end("Stopped")
        elif best_child(found, self._objective) is not None:
            self._end("Completed")
        elif all(child["TrainingJobStatus"] == "Failed" for child in found):
            self._end("Failed", FailureReason=ALL_FAILED)
        else:
            self._end("Failed", FailureReason=NO_OBJECTIVE.format(count=len(found)))

    def _end(self, status: str, **changes: Any) -> None:
        if self._platform.closing:
            return  # the next start takes it up again
        now = self._platform.now()
        members = standing(children(self._platform, self._name), self._tuning) | changes
        document = self._platform.store.update(
            KIND,
            self._name,
            HyperParameterTuningJobStatus=status,
            HyperParameterTuningEndTime=now,
            LastModifiedTime=now,
            **members,
        )
        tell(self._platform, document)


def tell(platform: Platform, document: Document) -> None:
    """Emit the event of a tuning job's present state."""
    cut = to_event(shape("DescribeHyperParameterTuningJobResponse"), document)
    detail = {member: cut.get(member) for member in EVENT_MEMBERS} | {"Tags": tags_of(document)}
    platform.events.emit(
        "SageMaker HyperParameter Tuning Job State Change",
        document["HyperParameterTuningJobArn"],
        detail,
    )


def _try_move(platform: Platform, name: str, secondary: str) -> None:
    try:
        training_states.move(platform, name, secondary)
    except training_states.IllegalMoveError:
        return  # it is ending, uploading, or over
