"""Carries one processing job from its start to its end, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from local.sagemaker.jobs.container import places
from local.sagemaker.jobs.images import own_program, refusal, runs_scripts
from local.sagemaker.jobs.job_failures import JobFailed, exit_reason, insist, reason_of
from local.sagemaker.jobs.job_process import Cause, JobControl
from local.sagemaker.monitoring.monitoring_metrics import publish
from local.sagemaker.processing.processing_host import ProcessingHost, find_inputs
from local.sagemaker.processing.processing_states import KIND, IllegalMoveError, move

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

DEFAULT_SECONDS = 86_400
_MESSAGE_CHARACTERS = 1024
_log = logging.getLogger(__name__)


class ProcessingRun:
    """A processing job while it runs.

    Attributes:
        control: Through which it can be ended.
    """

    def __init__(self, platform: Platform, name: str) -> None:
        """Prepare; `start` or `run` begins. The job is stored already."""
        self._platform = platform
        self._name = name
        self._job = platform.store.get(KIND, name)
        self.control = JobControl(platform.settings.grace_seconds)
        count = self._job["ProcessingResources"]["ClusterConfig"]["InstanceCount"]
        self._hosts = [ProcessingHost(platform, self._job, place) for place in places(count)]
        self._failed: tuple[ProcessingHost, int] | None = None

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
            self._platform.active.pop((KIND, self._name), None)

    def _work(self) -> None:
        image = self._job["AppSpecification"]["ImageUri"]
        if not runs_scripts(image) and not own_program(image):
            raise JobFailed(refusal(image))
        found = find_inputs(self._platform, self._job)
        for host in self._hosts:
            host.prepare(found)
        if not self.control.told_to_end:
            self._run_hosts()
        # AWS joins the texts of all hosts.
        message = "".join(host.message() for host in self._hosts)[:_MESSAGE_CHARACTERS]
        if self._failed is not None:
            host, code = self._failed
            self._finish("Failed", message, FailureReason=exit_reason(host.container, code))
        elif self.control.told_to_end:
            self._finish("Stopped", message)
        else:
            for host in self._hosts:
                host.upload()
            publish(self._platform, self._job, self._hosts[0].container.base)
            self._finish("Completed", message)

    def _run_hosts(self) -> None:
        now = self._platform.now()
        self._job = self._platform.store.update(KIND, self._name, ProcessingStartTime=now)
        if len(self._hosts) == 1:
            self._run_host(self._hosts[0])
            return
        with ThreadPoolExecutor(len(self._hosts)) as pool:
            list(pool.map(self._run_host, self._hosts))

    def _run_host(self, host: ProcessingHost) -> None:
        """Run one host's process; a job fails as soon as one host fails, and ends the others."""
        try:
            code = host.run(self.control, self._watch)
        except BaseException:
            self.control.end(Cause.HOST)
            raise
        if code != 0 and not self.control.told_to_end and self.control.end(Cause.HOST):
            self._failed = (host, code)

    def _watch(self, seconds: float) -> None:
        limit = self._job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_SECONDS)
        if seconds > limit:
            self.control.end(Cause.RUNTIME)

    def _finish(self, status: str, message: str, **changes: Any) -> None:
        if message:
            changes["ExitMessage"] = message
        if self._platform.closing:
            return  # its process was ended with everything else; the next start says so
        changes["ProcessingEndTime"] = self._platform.now()
        try:
            move(self._platform, self._name, status, **changes)
        except IllegalMoveError:
            if status != "Completed":
                raise
            move(self._platform, self._name, "Stopped", **changes)  # stopped at the last moment

    def _fail(self, reason: str) -> None:
        try:
            insist(lambda: self._finish("Failed", "", FailureReason=reason))
        except IllegalMoveError:
            _log.warning("%s had ended already, then: %s", self._name, reason)
