"""Carries one training job from its start to its end, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.sagemaker.container import places
from local.sagemaker.debugger_run import debugger_of
from local.sagemaker.images import Runner, built_in, refusal, training_runner
from local.sagemaker.job_process import Cause, JobControl
from local.sagemaker.metric_definitions import MetricReader
from local.sagemaker.objects import ObjectsError
from local.sagemaker.training_host import LOG_GROUP, TrainingHost
from local.sagemaker.training_inputs import find_channels
from local.sagemaker.training_order import JobFailed, Share, failure_reason
from local.sagemaker.training_results import times, upload_results
from local.sagemaker.training_states import ENDED, KIND, IllegalMoveError, move
from local.sagemaker.workers import WorkersError

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
        self._runner = training_runner(image, job.get("HyperParameters", {}))
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
        self._interruption = platform.settings.spot_interruption_seconds
        self._listening = threading.Lock()

    def start(self) -> None:
        """Run in a thread."""
        self._platform.active[KIND, self._name] = self
        threading.Thread(target=self.run, name=self._name, daemon=True).start()

    def run(self) -> None:
        """Run to the end; whatever happens, the job ends in a final state."""
        try:
            self._work()
        except JobFailed as failure:
            self._fail(str(failure))
        except (ObjectsError, WorkersError) as error:
            kind = "ClientError" if isinstance(error, ObjectsError) else "InternalServerError"
            self._fail(f"{kind}: {error}")
        except Exception as error:  # noqa: BLE001 -- never leave a job InProgress with nobody at it
            _log.exception("training job %s broke", self._name)
            self._fail(f"InternalServerError: {error}")
        finally:
            if self._debugger:
                self._debugger.finish()
            for host in self._hosts:
                host.container.remove()
            self._platform.active.pop((KIND, self._name), None)

    def _work(self) -> None:
        if self._runner is Runner.UNKNOWN:
            raise JobFailed(refusal(self._job["AlgorithmSpecification"]["TrainingImage"]))
        done = self._attempt()
        while self.control.cause is Cause.INTERRUPTED and not done:
            done = self._resume()
        if self.control.cause is Cause.INTERRUPTED:  # it finished within the grace time
            self.control.cause = Cause.NOTHING
        if self._failed is not None:
            host, code = self._failed
            raise JobFailed(failure_reason(host.container, code))
        if self.control.told_to_end:
            self._move("Stopping")
        self._move("Uploading")
        bases = [host.container.base for host in self._hosts]
        artifacts = upload_results(self._platform.objects, self._job, bases)
        last = LAST.get(self.control.cause, "Completed")
        self._move(last, **artifacts, **self._times(), FinalMetricDataList=self.metrics.final())
        self._publish()

    def _attempt(self) -> bool:
        """Download, then run the processes once; tells whether all of them did what they should."""
        try:
            return self._download_and_run()
        except IllegalMoveError:
            if self.control.told_to_end:  # StopTrainingJob came between two steps
                return True
            raise

    def _download_and_run(self) -> bool:
        for host in self._hosts:
            host.container.make()
        if self.control.told_to_end:
            return True
        start = self._job.get("TrainingStartTime", self._platform.now())
        self._move("Downloading", TrainingStartTime=start)
        found = self._found()
        for host in self._hosts:
            host.prepare(self._job, found)
            if self._debugger:
                self._debugger.prepare(host.container)
        if self.control.told_to_end:
            return True
        self._move("Training")
        if self._debugger:
            self._debugger.start()
        if len(self._hosts) == 1:
            return self._run_host(self._hosts[0])
        with ThreadPoolExecutor(len(self._hosts)) as pool:
            return all(list(pool.map(self._run_host, self._hosts)))

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

    def _resume(self) -> bool:
        self._move("Interrupted")
        self._interruption = 0.0  # once a job; a second interruption would prove nothing more
        self.control.cause = Cause.NOTHING
        if self._waited_too_long():
            self.control.cause = Cause.WAITED
            return True
        self._move("Starting")
        for host in self._hosts:
            host.clear()
        return self._attempt()

    def _listen(self, line: str) -> None:
        with self._listening:  # the last value of all hosts is the job's
            self.metrics.read(line)
            if self._debugger:
                self._debugger.listen(line)
        self._share.listen(line)

    def _watch(self, seconds: float) -> None:
        limit = self._job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86_400)
        if seconds > limit:
            self.control.end(Cause.RUNTIME)
        elif (
            self._interruption
            and self._job.get("EnableManagedSpotTraining")
            and seconds > self._interruption
        ):
            self.interrupt()

    def interrupt(self) -> None:
        """Take the job's spot capacity back; it resumes from its checkpoints."""
        self.control.end(Cause.INTERRUPTED)

    def _waited_too_long(self) -> bool:
        limit = self._job.get("StoppingCondition", {}).get("MaxWaitTimeInSeconds")
        return bool(limit) and self._platform.now() - self._job["CreationTime"] > limit

    def _times(self) -> Document:
        return times(self._job, self._platform.now())

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
        metrics = self.metrics.final()
        try:
            self._move(
                "Failed", FailureReason=reason[:1024], **self._times(), FinalMetricDataList=metrics
            )
        except IllegalMoveError:
            _log.warning("%s had ended already, then: %s", self._name, reason)


def ended(document: Document) -> bool:
    """Tell whether a training job is over."""
    return document["TrainingJobStatus"] in ENDED
