"""Carries one training job from its start to its end, in a thread of its own."""

from __future__ import annotations

import logging
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.sagemaker.experiments.trial_metrics import add_points, component_name
from local.sagemaker.jobs.container import places
from local.sagemaker.jobs.images import Runner, built_in, refusal, runs_scripts, training_runner
from local.sagemaker.jobs.job_failures import JobFailed, exit_reason, insist, reason_of
from local.sagemaker.jobs.job_process import Cause, JobControl
from local.sagemaker.jobs.metric_definitions import MetricReader
from local.sagemaker.training.debugger_run import debugger_of
from local.sagemaker.training.spot_market import SpotMarket
from local.sagemaker.training.training_checks import DEFAULT_SECONDS
from local.sagemaker.training.training_host import LOG_GROUP, TrainingHost
from local.sagemaker.training.training_inputs import find_channels
from local.sagemaker.training.training_order import Share
from local.sagemaker.training.training_results import times, upload_results
from local.sagemaker.training.training_states import (
    ENDED,
    KIND,
    IllegalMoveError,
    may_retry,
    move,
    one_more_retry,
)
from local.sagemaker.training.warm_pools import release

if TYPE_CHECKING:
    from local.sagemaker.objects import Found
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

LAST = {
    Cause.STOPPED: "Stopped",
    Cause.RUNTIME: "MaxRuntimeExceeded",
    Cause.WAITED: "MaxWaitTimeExceeded",
}
_log = logging.getLogger(__name__)


class TrainingRun:
    """A training job while it runs.

    Attributes:
        control: Through which it can be ended.
        metrics: What its log has told so far.
    """

    def __init__(self, platform: Platform, name: str, share: Share | None = None) -> None:
        """Prepare; `start` or `run` begins.

        Args:
            platform: The local SageMaker.
            name: The job's name; it is stored already, in state Starting.
            share: What it may take of the machine; by default all.
        """
        self._platform = platform
        self._name = name
        self._share = share or Share()
        job = platform.store.get(KIND, name)
        self._job = job
        image = job["AlgorithmSpecification"]["TrainingImage"]
        # A program of the caller's (the SDK 3 sends one) needs no script's name beside it.
        program = job["AlgorithmSpecification"].get("ContainerEntrypoint") and runs_scripts(image)
        named = training_runner(image, job.get("HyperParameters", {}))
        self._runner = Runner.SCRIPT if program else named
        algorithm = built_in(image) if self._runner is Runner.ALGORITHM else None
        self.control = JobControl(platform.settings.grace_seconds)
        self.metrics = MetricReader(
            job["AlgorithmSpecification"].get("MetricDefinitions"), platform.clock, algorithm
        )
        where = places(job["ResourceConfig"].get("InstanceCount", 1))
        each = replace(self._share, cores=max(1, self._share.cores // len(where)))
        self._hosts = [TrainingHost(platform, name, place, each) for place in where]
        self._debugger = debugger_of(platform, job)
        self._failed: tuple[TrainingHost, int] | None = None
        self._market = SpotMarket(platform.settings, job)
        self._interruption = math.inf
        self._ran = False  # whether the present attempt has come to training
        self._seconds = self._trained = 0.0  # of training: of this attempt, and of those before
        self._since = self._held = 0.0  # when it got its instances; for how long it had others
        self._listening = threading.Lock()

    def start(self) -> None:
        """Run in a thread."""
        self._platform.active[KIND, self._name] = self
        threading.Thread(target=self.run, name=self._name, daemon=True).start()

    def run(self) -> None:
        """Run to the end; whatever happens, the job ends in a final state."""
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 -- never leave a job InProgress with nobody at it
            for host in self._hosts:  # first, for the disk may be full
                host.container.remove()
            self._fail(reason_of(error, self._name))
        finally:
            for host in self._hosts:
                host.container.remove()
            if not self._platform.closing:
                release(self._platform, self._name)
            self._platform.active.pop((KIND, self._name), None)
            if self._debugger:
                self._debugger.finish()

    def _work(self) -> None:
        if self._runner is Runner.UNKNOWN:
            raise JobFailed(refusal(self._job["AlgorithmSpecification"]["TrainingImage"]))
        self._run_attempts()
        if self._failed is not None:
            host, code = self._failed
            raise JobFailed(exit_reason(host.container, code))
        if self.control.told_to_end:
            self._move("Stopping")
        changes: Document = {}
        if self._ran:
            self._move("Uploading")
            bases = [host.container.base for host in self._hosts]
            changes = upload_results(self._platform.objects, self._job, bases)
        last = LAST.get(self.control.cause, "Completed")
        self._keep_points()
        self._move(last, **changes, **self._times(), FinalMetricDataList=self.metrics.final())
        self._publish()

    def _run_attempts(self) -> None:
        """Run until it is done, or is to end; again after each interruption."""
        while True:
            try:
                done = self._attempt()
                if done or not self.control.told_to_end:
                    self.control.go_on()  # it may have finished within the grace time
                    return
                if self.control.cause is not Cause.INTERRUPTED:
                    return
                self._give_back("Interrupted")
            except IllegalMoveError:
                if self.control.told_to_end:  # StopTrainingJob came between two steps
                    return
                raise
            except Exception as error:
                if not self._may_retry(error):
                    raise
                self._give_back("Restarting", **one_more_retry(self._job))

    def _attempt(self) -> bool:
        """Download, then run the processes; tells whether all of them did what they should."""
        self._market.await_capacity(self._should_give_up)
        for host in self._hosts:
            host.container.make()
        if self.control.told_to_end:
            return True
        now = self._platform.now()
        self._since = now
        self._move("Downloading", TrainingStartTime=self._job.get("TrainingStartTime", now))
        found = self._found()
        for host in self._hosts:
            host.prepare(self._job, found)
            if self._debugger:
                self._debugger.prepare(host.container)
        if self.control.told_to_end:
            return True
        self._interruption = self._market.next_interruption()
        self._move("Training")
        self._ran = True
        if self._debugger:
            self._debugger.start()
        if len(self._hosts) == 1:
            return self._run_host(self._hosts[0])
        with ThreadPoolExecutor(len(self._hosts)) as pool:
            return all(list(pool.map(self._run_host, self._hosts)))

    def _may_retry(self, error: Exception) -> bool:
        """Tell whether the fault is SageMaker's own, and the job's RetryStrategy has one more."""
        internal = reason_of(error, self._name).startswith("InternalServerError")
        ending = self._platform.closing or self.control.cause not in (Cause.NOTHING, Cause.HOST)
        return internal and not ending and may_retry(self._job)

    def _give_back(self, secondary: str, **changes: Any) -> None:
        """Give the instances back and start anew; what is not in S3 is lost.

        Args:
            secondary: The SecondaryStatus that tells why.
            changes: Further members to set in the same step.
        """
        self._move(secondary, **changes)
        self._held += self._platform.now() - self._since if self._since else 0.0
        self._since, self._ran = 0.0, False
        self._trained, self._seconds = self._trained + self._seconds, 0.0
        self.control.go_on()
        self._move("Starting")
        for host in self._hosts:
            host.clear()

    def _run_host(self, host: TrainingHost) -> bool:
        """Run one host's process; a job fails as soon as one host fails, and ends the others."""
        try:
            code = host.run(self.control, listen=self._listen, watch=self._watch)
        except BaseException:
            self.control.end(Cause.HOST)
            raise
        if code != 0 and not self.control.told_to_end and self.control.end(Cause.HOST):
            self._failed = (host, code)
        return code == 0

    def _found(self) -> dict[str, list[Found]]:
        return self._share.found or find_channels(self._platform.objects, self._job)

    def _listen(self, line: str) -> None:
        with self._listening:  # the last value of all hosts is the job's
            self.metrics.read(line)
            if self._debugger:
                self._debugger.listen(line)
        self._share.listen(line)

    def _watch(self, seconds: float) -> None:
        self._seconds = max(self._seconds, seconds)
        limit = self._job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_SECONDS)
        if self._trained + seconds > limit:
            self.control.end(Cause.RUNTIME)
        elif self._waited_too_long():
            self.control.end(Cause.WAITED)
        elif seconds > self._interruption:
            self.interrupt()

    def interrupt(self) -> None:
        """Take the job's spot capacity back; it resumes from its checkpoints."""
        self.control.end(Cause.INTERRUPTED)

    def _should_give_up(self) -> bool:
        if self._waited_too_long():
            self.control.end(Cause.WAITED)
        return self.control.told_to_end

    def _waited_too_long(self) -> bool:
        limit = self._job.get("StoppingCondition", {}).get("MaxWaitTimeInSeconds")
        return bool(limit) and self._platform.now() - self._job["CreationTime"] > limit

    def _times(self) -> Document:
        now = self._platform.now()
        held = self._held + (now - self._since if self._since else 0.0)
        return times(self._job, now, held)

    def _keep_points(self) -> None:
        component = component_name(KIND, self._name)
        add_points(self._platform, component, self.metrics.points)

    def _publish(self) -> None:
        for name, (value, _) in self.metrics.last.items():
            self._platform.metrics.put(LOG_GROUP, name, value, {"TrainingJobName": self._name})

    def _move(self, secondary: str, **changes: Any) -> Document:
        try:
            self._job = move(self._platform, self._name, secondary, **changes)
        except IllegalMoveError:
            if secondary != "Stopping" or self._present() != "Stopping":
                raise  # otherwise StopTrainingJob said so already
        return self._job

    def _present(self) -> str:
        return str(self._platform.store.get(KIND, self._name)["SecondaryStatus"])

    def _fail(self, reason: str) -> None:
        if self._platform.closing:
            return  # its process was ended with everything else; the next start says so
        changes = {"FailureReason": reason, "FinalMetricDataList": self.metrics.final()}
        self._keep_points()
        try:
            insist(lambda: self._move("Failed", **changes, **self._times()))
        except IllegalMoveError:
            _log.warning("%s had ended already, then: %s", self._name, reason)


def ended(document: Document) -> bool:
    """Tell whether a training job is over."""
    return document["TrainingJobStatus"] in ENDED
