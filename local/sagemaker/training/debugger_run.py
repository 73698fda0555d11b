"""Debugger beside a training job: keeps its tensors, and has every rule judge them meanwhile.

The tensors lie in a folder of their own, which the job's hosts find at DebugHookConfig's LocalPath,
and which goes to `<S3OutputPath>/<job>/debug-output`. Every rule is a processing job with a process
of its own that reads this folder; it ends when the rule has found something, or the training is
over and all is judged.
"""

from __future__ import annotations

import logging
import re
import shutil
import threading
import uuid
from typing import TYPE_CHECKING, Any

from local.sagemaker.assembly import at_start
from local.sagemaker.containers.rules.reading import END
from local.sagemaker.jobs.images import Runner, built_in, training_runner
from local.sagemaker.jobs.metric_definitions import MetricReader
from local.sagemaker.objects import ObjectsError
from local.sagemaker.training import training_states
from local.sagemaker.training.checkpoints import CheckpointSync
from local.sagemaker.training.debugger_config import TENSORS
from local.sagemaker.training.debugger_files import Hook
from local.sagemaker.training.debugger_rule_job import RuleJob, set_status

if TYPE_CHECKING:
    from local.sagemaker.jobs.container import Container
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

MODULE = "baton_debugger.py"
"""Under this name a script finds `debugger_files` beside itself."""

STATUSES = "DebugRuleEvaluationStatuses"
_LOSS = re.compile(r"loss|error|rmse|mae|mse|perplexity", re.IGNORECASE)
_OWN_WRITER = "local.sagemaker.containers.algorithms.xgboost."
_log = logging.getLogger(__name__)


class Debugger:
    """What Debugger does for one training job."""

    def __init__(self, platform: Platform, job: Document) -> None:
        """Prepare; `start` begins to judge.

        Args:
            platform: The local SageMaker.
            job: The training job's document, with a DebugHookConfig or rules.
        """
        self._platform, self._job = platform, job
        self._config = job.get("DebugHookConfig", {})
        name = job["TrainingJobName"]
        root = platform.settings.data / "jobs" / f"{name}-debug-{uuid.uuid4().hex[:8]}"
        self.folder = root / "tensors"
        self.folder.mkdir(parents=True)
        self._rules = [RuleJob(platform, job, rule, self.folder) for rule in _rules(job)]
        self._sync: CheckpointSync | None = None
        if address := self._config.get("S3OutputPath"):
            self._uri = f"{address.rstrip('/')}/{name}/debug-output"
            self._sync = CheckpointSync(platform.objects, self.folder, self._uri, job["RoleArn"])
        self._lines = _MetricLines(platform, job, self.folder)
        self._started = False

    def prepare(self, container: Container) -> None:
        """Give a host's container the folder, its configuration, and the module for scripts."""
        path = container.path(self._config.get("LocalPath", TENSORS).rstrip("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_symlink():
            path.symlink_to(self.folder)
        container.write_config("debughookconfig.json", self._config)
        shutil.copy(_module(), container.base / "code" / MODULE)

    def start(self) -> None:
        """Begin to judge and to upload; once, however often the job is resumed."""
        if self._started:
            return
        self._started = True
        if self._sync:
            self._sync.start()
        for rule in self._rules:
            rule.start()

    def listen(self, line: str) -> None:
        """Record the metrics that a log line tells."""
        self._lines.take(line)

    def finish(self) -> None:
        """The training is over: let the rules judge what is left, and tidy up behind them."""
        if not self._started:
            for rule in self._rules:
                rule.cancel()
        (self.folder.parent / END).write_text("")
        threading.Thread(target=self._tidy, name="debugger", daemon=True).start()

    def _tidy(self) -> None:
        if self._sync and self._started and any(self.folder.iterdir()):
            end, role = self.folder.parent / END, self._job["RoleArn"]
            try:
                self._sync.finish()
                self._platform.objects.upload(end, f"{self._uri}/{END}", role)  # the last of all
            except ObjectsError as error:
                _log.warning("tensors of %s: %s", self._job["TrainingJobName"], error)
        for rule in self._rules:
            rule.join()
        shutil.rmtree(self.folder.parent, ignore_errors=True)


class _MetricLines:
    """Scalars from a job's log lines: those whose names say so are losses, the others metrics.

    XGBoost's algorithm writes its own, which know more than its log lines.
    """

    def __init__(self, platform: Platform, job: Document, folder: Any) -> None:
        specification = job["AlgorithmSpecification"]
        image = specification["TrainingImage"]
        runner = training_runner(image, job.get("HyperParameters", {}))
        algorithm = built_in(image) if runner is Runner.ALGORITHM else None
        self._off = algorithm is not None and algorithm.train.startswith(_OWN_WRITER)
        self._reader = MetricReader(
            specification.get("MetricDefinitions"), platform.clock, algorithm
        )
        self._hook = Hook(folder, job.get("DebugHookConfig", {}))
        self._hook.worker = "worker_log"  # beside those of the job's own processes
        self._steps: dict[str, int] = {}

    def take(self, line: str) -> None:
        """Record the metrics of a line; each counts its own steps."""
        if self._off:
            return
        self._reader.last.clear()
        self._reader.read(line)
        for name, (value, _) in self._reader.last.items():
            step = self._steps[name] = self._steps.get(name, -1) + 1
            home = "losses" if _LOSS.search(name) else "metrics"
            self._hook.save(step, {name.replace(":", "-"): value}, home)


def debugger_of(platform: Platform, job: Document) -> Debugger | None:
    """Debugger for a job that asks for it.

    The SDK sends a DebugHookConfig with nothing but an address for every job: what a script saves
    by itself goes there, and an algorithm saves nothing.
    """
    hook = job.get("DebugHookConfig", {})
    asks = hook.get("CollectionConfigurations") or hook.get("HookParameters") or _rules(job)
    image = job["AlgorithmSpecification"]["TrainingImage"]
    algorithm = training_runner(image, job.get("HyperParameters", {})) is Runner.ALGORITHM
    if not asks and (algorithm or not hook):
        return None
    return Debugger(platform, job)


def first_statuses(request: Document, now: float) -> Document:
    """The members that a new job with rules begins with."""
    if not _rules(request):
        return {}
    return {
        STATUSES: [
            {
                "RuleConfigurationName": rule["RuleConfigurationName"],
                "RuleEvaluationStatus": "InProgress",
                "LastModifiedTime": now,
            }
            for rule in _rules(request)
        ]
    }


@at_start
def end_interrupted(platform: Platform) -> None:
    """Say of the evaluations that a kill cut short that they are in error."""
    for job in platform.store.list(training_states.KIND):
        for status in job.get(STATUSES, []):
            if status["RuleEvaluationStatus"] in {"InProgress", "Stopping"}:
                name = status["RuleConfigurationName"]
                told = "InternalServerError: the local SageMaker was restarted meanwhile"
                set_status(platform, job["TrainingJobName"], name, "Error", StatusDetails=told)


def _rules(job: Document) -> list[Document]:
    found: list[Document] = job.get("DebugRuleConfigurations", [])
    return found


def _module() -> str:
    import local.sagemaker.training.debugger_files as module

    return str(module.__file__)
