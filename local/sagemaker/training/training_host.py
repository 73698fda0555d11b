"""One host of a training job: its `/opt/ml`, its process, its log stream."""

from __future__ import annotations

import shutil
import uuid
from typing import TYPE_CHECKING, Any

from local.sagemaker.jobs.container import Container
from local.sagemaker.jobs.job_log import JobLog
from local.sagemaker.jobs.job_process import Cause, run_process
from local.sagemaker.training.checkpoints import CheckpointSync
from local.sagemaker.training.pipe_channels import PipeChannel
from local.sagemaker.training.system_profile import SystemProfile
from local.sagemaker.training.training_inputs import (
    deal,
    download_channels,
    is_pipe,
    write_configuration,
)
from local.sagemaker.training.training_order import training_order
from local.sagemaker.training.warm_pools import furnish

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.jobs.container import Place
    from local.sagemaker.jobs.job_process import JobControl
    from local.sagemaker.jobs.workers import Order
    from local.sagemaker.objects import Found
    from local.sagemaker.platform import Platform
    from local.sagemaker.training.training_order import Share

type Document = dict[str, Any]

LOG_GROUP = "/aws/sagemaker/TrainingJobs"


class TrainingHost:
    """One of the machines that a training job runs on, played by one process of this one.

    Attributes:
        container: Its `/opt/ml`.
        place: Its name and those of its siblings.
    """

    def __init__(self, platform: Platform, name: str, place: Place, share: Share) -> None:
        """Prepare nothing yet.

        Args:
            platform: The local SageMaker.
            name: The job's name.
            place: Which host this is.
            share: What it may take of the machine.
        """
        self._platform = platform
        self._share = share
        self._order: Order | None = None
        self._sync: CheckpointSync | None = None
        self._profile: SystemProfile | None = None
        self._pipes: list[PipeChannel] = []
        self.place = place
        folder = f"{name}-{uuid.uuid4().hex[:8]}"
        self.container = Container(platform.settings.data / "jobs" / folder)
        # A dot cannot be in a job's name, so no other job's log is called like that.
        file = f"{name}.log" if place.host == "algo-1" else f"{name}.{place.host}.log"
        self._log = JobLog(
            platform.settings.data / "logs" / "TrainingJobs" / file,
            platform.logs,
            LOG_GROUP,
            f"{name}/{place.host}-{int(platform.clock())}",
        )

    def prepare(self, job: Document, found: dict[str, list[Found]]) -> None:
        """Bring configuration, channels, code and checkpoints to where the process finds them.

        Args:
            job: The job's document.
            found: The objects of each channel, of all hosts together.

        Raises:
            ObjectsError: When S3 does not give what it should.
            JobFailed: When the job does not say what to run.
        """
        platform, container = self._platform, self.container
        furnish(platform, job, container, self.place)
        write_configuration(container, job, self.place)
        mine = deal(job, found, self.place)
        digests = download_channels(platform.objects, container, job, mine)
        self._order = training_order(
            platform, job, container, place=self.place, share=self._share, digests=digests
        )
        self._sync = self._checkpoints(job)
        self._profile = self._profiler(job)
        self._pipes = [
            PipeChannel(
                platform.objects,
                channel,
                found[channel["ChannelName"]],
                folder=container.base / "input/data",
                place=self.place,
                role=job["RoleArn"],
            )
            for channel in job.get("InputDataConfig", [])
            if is_pipe(job, channel)
        ]

    def run(
        self,
        control: JobControl,
        *,
        listen: Callable[[str], None],
        watch: Callable[[float], None],
    ) -> int:
        """Run the process to its end, the checkpoints kept in S3 meanwhile.

        Args:
            control: Through which the job can be ended.
            listen: Gets each line.
            watch: Called a few times a second with the seconds since the start.

        Returns:
            The exit code; negative for a signal.

        Raises:
            WorkersError: When no process can be started.
            ObjectsError: When the checkpoints cannot be kept, or a pipe not be fed.
        """
        assert self._order is not None
        if self._sync:
            self._sync.start()
        for pipe in self._pipes:
            pipe.start(lambda: control.end(Cause.HOST))
        try:
            return run_process(
                self._share.pool or self._platform.workers,
                self._order,
                self._log,
                control,
                listen=listen,
                watch=watch,
                started=self._profile.start if self._profile else lambda _pid: None,
            )
        finally:
            if self._profile:
                self._profile.finish()
            if self._sync:
                self._sync.finish()
            for pipe in self._pipes:
                pipe.finish()

    def clear(self) -> None:
        """Forget everything of the last attempt: the next host is a new machine."""
        shutil.rmtree(self.container.base, ignore_errors=True)

    def _profiler(self, job: Document) -> SystemProfile | None:
        config = job.get("ProfilerConfig", {})
        if config.get("DisableProfiler") or "S3OutputPath" not in config:
            return None
        return SystemProfile(self._platform.objects, job, self.place.host)

    def _checkpoints(self, job: Document) -> CheckpointSync | None:
        config = job.get("CheckpointConfig")
        if not config:
            return None
        folder = self.container.path(config.get("LocalPath", "/opt/ml/checkpoints"))
        sync = CheckpointSync(self._platform.objects, folder, config["S3Uri"], job["RoleArn"])
        sync.restore()
        return sync
