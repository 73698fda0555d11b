"""Carries one processing job from its start to its end, in a thread of its own.

Page "Build Your Own Processing Container"; API CreateProcessingJob.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from typing import TYPE_CHECKING, Any

from local.sagemaker.checkpoints import CheckpointSync
from local.sagemaker.container import HOST, Container, available_cores
from local.sagemaker.images import own_program, refusal, runs_scripts
from local.sagemaker.job_process import Cause, JobControl, JobLog, run_process
from local.sagemaker.monitoring_metrics import publish
from local.sagemaker.objects import ObjectsError
from local.sagemaker.processing_states import KIND, IllegalMoveError, move
from local.sagemaker.programs import program_order
from local.sagemaker.training_inputs import no_objects
from local.sagemaker.workers import Order, WorkersError

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
DEFAULT_SECONDS = 86_400
_log = logging.getLogger(__name__)


class JobFailed(Exception):  # noqa: N818 -- a fact about the job, not a fault of this program
    """The job failed; the message is its FailureReason."""


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
        folder = platform.settings.data / "jobs" / f"{name}-{uuid.uuid4().hex[:8]}"
        self._container = Container(folder)
        self._log = JobLog(
            platform.settings.data / "logs" / "ProcessingJobs" / f"{name}.log",
            platform.logs,
            LOG_GROUP,
            f"{name}/algo-1-{int(platform.clock())}",
        )

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
            _log.exception("processing job %s broke", self._name)
            self._fail(f"InternalServerError: {error}")
        finally:
            self._container.remove()
            self._platform.active.pop((KIND, self._name), None)

    def _work(self) -> None:
        image = self._job["AppSpecification"]["ImageUri"]
        if not runs_scripts(image) and not own_program(image):
            raise JobFailed(refusal(image))
        self._container.make()
        self._download()
        code = 0
        if not self.control.told_to_end:
            code = self._run_program()
        message = self._exit_message()
        if self.control.cause in (Cause.STOPPED, Cause.RUNTIME):
            self._finish("Stopped", message)
        elif code != 0:
            shown = code if code >= 0 else 128 - code
            reason = f"AlgorithmError: {self._container.failure()}, exit code: {shown}"
            self._finish("Failed", message, FailureReason=reason[:1024])
        else:
            self._upload()
            publish(self._platform, self._job, self._container.base)
            self._finish("Completed", message)

    def _download(self) -> None:
        objects, role = self._platform.objects, self._job["RoleArn"]
        for given in self._job.get("ProcessingInputs", []):
            source = given["S3Input"]
            if given.get("AppManaged"):
                continue
            manifest = source["S3DataType"] == "ManifestFile"
            find = objects.find_in_manifest if manifest else objects.find
            found = find(source["S3Uri"], role)
            if not found:
                raise ObjectsError(no_objects(source["S3Uri"], role))
            objects.download(found, self._container.path(source["LocalPath"]), role)
        for output in self._outputs():
            folder = self._container.path(output["S3Output"]["LocalPath"])
            folder.mkdir(parents=True, exist_ok=True)

    def _run_program(self) -> int:
        syncs = [
            CheckpointSync(
                self._platform.objects,
                self._container.path(output["S3Output"]["LocalPath"]),
                output["S3Output"]["S3Uri"],
                self._job["RoleArn"],
            )
            for output in self._outputs()
            if output["S3Output"]["S3UploadMode"] == "Continuous"
        ]
        order = self._order()
        now = self._platform.now()
        self._job = self._platform.store.update(KIND, self._name, ProcessingStartTime=now)
        for sync in syncs:
            sync.start()
        try:
            return run_process(
                self._platform.workers, order, self._log, self.control, watch=self._watch
            )
        finally:
            for sync in syncs:
                sync.finish()

    def _order(self) -> Order:
        job, container = self._job, self._container
        specification = job["AppSpecification"]
        words = [
            *specification.get("ContainerEntrypoint", []),
            *specification.get("ContainerArguments", []),
        ]
        program = "" if words else own_program(specification["ImageUri"])
        if not program and not specification.get("ContainerEntrypoint"):
            raise JobFailed(
                "ClientError: CannotStartContainerError. The local SageMaker has no image whose "
                "own entry point it could run: AppSpecification.ContainerEntrypoint is needed."
            )
        hosts = {"current_host": HOST, "hosts": [HOST]}
        container.write_config("resourceconfig.json", hosts, "config")
        container.write_config("processingjobconfig.json", _configuration(job), "config")
        environment = (
            self._platform.workers.base_environment()
            | self._platform.clients.process_environment(job["RoleArn"])
            | {
                "SAGEMAKER_BASE_DIR": str(container.base),
                "PROCESSING_JOB_NAME": self._name,
                "PROCESSING_JOB_ARN": job["ProcessingJobArn"],
                "SM_NUM_CPUS": str(available_cores()),
            }
            | job.get("Environment", {})
        )
        if program:
            settings = self._platform.settings
            environment["SAGEMAKER_LOCAL_URL"] = f"http://{settings.host}:{settings.port}"
            return Order(environment, container.base, call=program)
        relocated = [container.relocate(word) for word in words]
        return program_order(relocated, environment, container.base, self._platform.workers.python)

    def _upload(self) -> None:
        for output in self._outputs():
            target = output["S3Output"]
            if target["S3UploadMode"] == "EndOfJob":
                folder = self._container.path(target["LocalPath"])
                self._platform.objects.upload_folder(folder, target["S3Uri"], self._job["RoleArn"])

    def _outputs(self) -> list[Document]:
        outputs = self._job.get("ProcessingOutputConfig", {}).get("Outputs", [])
        return [output for output in outputs if not output.get("AppManaged")]

    def _exit_message(self) -> str:
        try:
            return self._container.read_text("output/message").strip()
        except UnicodeDecodeError as error:
            raise JobFailed("ClientError: /opt/ml/output/message is not UTF-8") from error

    def _watch(self, seconds: float) -> None:
        limit = self._job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_SECONDS)
        if seconds > limit:
            self.control.end(Cause.RUNTIME)

    def _finish(self, status: str, message: str, **changes: Any) -> None:
        if message:
            changes["ExitMessage"] = message
        if self._platform.closing:
            return  # its process was ended with everything else; the next start says so
        move(self._platform, self._name, status, ProcessingEndTime=self._platform.now(), **changes)

    def _fail(self, reason: str) -> None:
        try:
            self._finish("Failed", "", FailureReason=reason[:1024])
        except IllegalMoveError:
            _log.warning("%s had ended already, then: %s", self._name, reason)


def _configuration(job: Document) -> Document:
    """`processingjobconfig.json`: the request, and when its inputs are read."""
    members = (
        "ProcessingJobArn",
        "ProcessingJobName",
        "ProcessingInputs",
        "ProcessingOutputConfig",
        "ProcessingResources",
        "AppSpecification",
        "Environment",
        "RoleArn",
        "StoppingCondition",
    )
    document: Document = json.loads(json.dumps({name: job.get(name) for name in members}))
    for given in document["ProcessingInputs"] or []:
        given["S3Input"]["S3DownloadMode"] = "StartOfJob"
    return document
