"""Carries one training job from its start to its end, in a thread of its own."""

from __future__ import annotations

import json
import logging
import math
import shutil
import tarfile
import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.sagemaker.checkpoints import CheckpointSync
from local.sagemaker.container import Container, available_cores, toolkit_variables
from local.sagemaker.images import Runner, built_in, refusal, training_runner
from local.sagemaker.job_process import Cause, JobControl, JobLog, run_process
from local.sagemaker.metric_definitions import MetricReader
from local.sagemaker.objects import ObjectsError
from local.sagemaker.programs import program_order
from local.sagemaker.training_inputs import (
    download_channels,
    find_channels,
    unpack_source,
    write_configuration,
)
from local.sagemaker.training_states import ENDED, KIND, IllegalMoveError, move
from local.sagemaker.trial_metrics import add_points, component_name
from local.sagemaker.workers import Order, WorkersError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.sagemaker.objects import Found
    from local.sagemaker.platform import Platform
    from local.sagemaker.workers import Starter

type Document = dict[str, Any]

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
SPOT_SHARE = 0.3
"""Share of the training time that a spot job is billed for: AWS says "up to 90 %" is saved; 70 % is
what its own samples show."""
LAST = {
    Cause.STOPPED: "Stopped",
    Cause.RUNTIME: "MaxRuntimeExceeded",
    Cause.WAITED: "MaxWaitTimeExceeded",
}
_log = logging.getLogger(__name__)


class JobFailed(Exception):  # noqa: N818 -- a fact about the job, not a fault of this program
    """The job failed; the message is its FailureReason."""


@dataclass
class Share:
    """What a job may take of this machine, and what its siblings have already.

    Attributes:
        cores: How many cores it may use.
        pool: Where its process starts; None for the platform's own workers.
        variables: Further environment variables.
        found: The objects of each channel, if they are known already.
        listen: Gets each of its log lines.
    """

    cores: int = field(default_factory=available_cores)
    pool: Starter | None = None
    variables: dict[str, str] = field(default_factory=dict)
    found: dict[str, list[Found]] = field(default_factory=dict)
    listen: Callable[[str], None] = lambda _line: None


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
        self._algorithm = built_in(image) if self._runner is Runner.ALGORITHM else None
        self.control = JobControl(platform.settings.grace_seconds)
        self.metrics = MetricReader(
            job["AlgorithmSpecification"].get("MetricDefinitions"),
            platform.clock,
            self._algorithm,
        )
        folder = platform.settings.data / "jobs" / f"{name}-{uuid.uuid4().hex[:8]}"
        self._container = Container(folder)
        self._log = JobLog(
            platform.settings.data / "logs" / "TrainingJobs" / f"{name}.log",
            platform.logs,
            LOG_GROUP,
            f"{name}/algo-1-{int(platform.clock())}",
        )
        self._interruption = platform.settings.spot_interruption_seconds

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
            self._container.remove()
            self._platform.active.pop((KIND, self._name), None)

    def _work(self) -> None:
        if self._runner is Runner.UNKNOWN:
            raise JobFailed(refusal(self._job["AlgorithmSpecification"]["TrainingImage"]))
        code = self._attempt()
        while self.control.cause is Cause.INTERRUPTED and code != 0:
            code = self._resume()
        if self.control.cause is Cause.INTERRUPTED:  # it finished within the grace time
            self.control.cause = Cause.NOTHING
        if self.control.told_to_end:
            self._move("Stopping")
        elif code != 0:
            raise JobFailed(self._failure_reason(code))
        self._move("Uploading")
        artifacts = self._upload()
        last = LAST.get(self.control.cause, "Completed")
        self._keep_points()
        self._move(last, **artifacts, **self._times(), FinalMetricDataList=self.metrics.final())
        self._publish()

    def _attempt(self) -> int:
        """Download, then run the process once; returns its exit code."""
        try:
            return self._download_and_run()
        except IllegalMoveError:
            if self.control.told_to_end:  # StopTrainingJob came between two steps
                return 0
            raise

    def _download_and_run(self) -> int:
        container, job = self._container, self._job
        container.make()
        if self.control.told_to_end:
            return 0
        now = self._platform.now()
        self._job = self._move("Downloading", TrainingStartTime=job.get("TrainingStartTime", now))
        write_configuration(container, job)
        digests = download_channels(self._platform.objects, container, job, self._found())
        order = self._order(digests)
        sync = self._checkpoints()
        if self.control.told_to_end:
            return 0
        self._move("Training")
        if sync:
            sync.start()
        try:
            return run_process(
                self._share.pool or self._platform.workers,
                order,
                self._log,
                self.control,
                listen=self._listen,
                watch=self._watch,
            )
        finally:
            if sync:
                sync.finish()

    def _found(self) -> dict[str, list[Found]]:
        return self._share.found or find_channels(self._platform.objects, self._job)

    def _resume(self) -> int:
        self._move("Interrupted")
        self._interruption = 0.0  # once a job; a second interruption would prove nothing more
        self.control.cause = Cause.NOTHING
        if self._waited_too_long():
            self.control.cause = Cause.WAITED
            return 0
        self._move("Starting")
        shutil.rmtree(self._container.base)
        return self._attempt()

    def _order(self, digests: dict[str, str]) -> Order:
        container, job = self._container, self._job
        decoded = {name: _decoded(text) for name, text in job.get("HyperParameters", {}).items()}
        visible = {name: item for name, item in decoded.items() if not _reserved(name)}
        environment = (
            self._platform.workers.base_environment()
            | self._platform.clients.process_environment(job["RoleArn"])
            | toolkit_variables(
                container,
                visible,
                sorted(digests),
                instance=job["ResourceConfig"]["InstanceType"],
                cpus=self._share.cores,
            )
            | {
                "SAGEMAKER_BASE_DIR": str(container.base),
                "TRAINING_JOB_NAME": self._name,
                "TRAINING_JOB_ARN": job["TrainingJobArn"],
                "CURRENT_HOST": "algo-1",
            }
            | self._share.variables
            | job.get("Environment", {})
        )
        if self._share.variables:
            environment["LOCAL_CHANNEL_DIGESTS"] = json.dumps(digests)
        code = container.base / "code"
        if words := self._entry_words():
            return program_order(words, environment, code, self._platform.workers.python)
        if self._runner is Runner.SCRIPT:
            source = decoded.get("sagemaker_submit_directory")
            if not isinstance(source, str):
                raise JobFailed("ClientError: sagemaker_submit_directory is missing")
            unpack_source(self._platform.objects, container, source, job["RoleArn"])
            return Order(environment, code, call="local.sagemaker.algorithms.script:main")
        assert self._algorithm is not None
        return Order(environment, code, call=self._algorithm.train)

    def _entry_words(self) -> list[str]:
        specification = self._job["AlgorithmSpecification"]
        words = [
            *specification.get("ContainerEntrypoint", []),
            *specification.get("ContainerArguments", []),
        ]
        return [self._container.relocate(word) for word in words]

    def _checkpoints(self) -> CheckpointSync | None:
        config = self._job.get("CheckpointConfig")
        if not config:
            return None
        folder = self._container.path(config.get("LocalPath", "/opt/ml/checkpoints"))
        sync = CheckpointSync(self._platform.objects, folder, config["S3Uri"], self._job["RoleArn"])
        sync.restore()
        return sync

    def _listen(self, line: str) -> None:
        self.metrics.read(line)
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

    def _failure_reason(self, code: int) -> str:
        # SageMaker reports the code that a shell would: 128 + the signal's number.
        shown = code if code >= 0 else 128 - code
        return f"AlgorithmError: {self._container.failure()}, exit code: {shown}"[:1024]

    def _upload(self) -> Document:
        """Upload model and output; returns ModelArtifacts."""
        job, objects, base = self._job, self._platform.objects, self._container.base
        root = f"{job['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{self._name}/output"
        plain = job["OutputDataConfig"].get("CompressionType") == "NONE"
        address = f"{root}/model" if plain else f"{root}/model.tar.gz"
        for folder, name in ((base / "model", "model"), (base / "output/data", "output")):
            full = folder.is_dir() and any(folder.iterdir())
            if plain and full:
                objects.upload_folder(folder, f"{root}/{name}", job["RoleArn"])
            elif full or (name == "model" and not plain):
                archive = base / f"{name}.tar.gz"
                _pack(folder, archive)
                objects.upload(archive, f"{root}/{name}.tar.gz", job["RoleArn"])
        return {"ModelArtifacts": {"S3ModelArtifacts": address}}

    def _times(self) -> Document:
        end = self._platform.now()
        start = self._job.get("TrainingStartTime")
        if start is None:
            return {"TrainingTimeInSeconds": 0, "BillableTimeInSeconds": 0}
        seconds = math.ceil(end - start)
        spot = self._job.get("EnableManagedSpotTraining")
        billed = math.ceil((end - start) * SPOT_SHARE) if spot else seconds
        return {
            "TrainingEndTime": end,
            "TrainingTimeInSeconds": seconds,
            "BillableTimeInSeconds": billed,
        }

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
        metrics = self.metrics.final()
        self._keep_points()
        try:
            self._move(
                "Failed", FailureReason=reason[:1024], **self._times(), FinalMetricDataList=metrics
            )
        except IllegalMoveError:
            _log.warning("%s had ended already, then: %s", self._name, reason)


def _decoded(text: str) -> Any:
    """A hyperparameter as the toolkit reads it: JSON where it is JSON, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _reserved(name: str) -> bool:
    return name.startswith("sagemaker_") or name in {
        "_tuning_objective_metric",
        "default_user_module_name",
    }


def _pack(folder: Path, archive: Path) -> None:
    """Pack a folder's content at the archive's root."""
    with tarfile.open(archive, "w:gz", compresslevel=3) as packed:
        for path in sorted(folder.iterdir()):
            packed.add(path, arcname=path.name)


def ended(document: Document) -> bool:
    """Tell whether a training job is over."""
    return document["TrainingJobStatus"] in ENDED
