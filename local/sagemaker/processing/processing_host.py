"""One host of a processing job: its `/opt/ml`, its process, its log stream.

Page "Build Your Own Processing Container"; API CreateProcessingJob.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.sagemaker.jobs.container import Container, available_cores
from local.sagemaker.jobs.images import own_program
from local.sagemaker.jobs.job_failures import JobFailed
from local.sagemaker.jobs.job_log import JobLog
from local.sagemaker.jobs.job_process import run_process
from local.sagemaker.jobs.programs import program_order, tools
from local.sagemaker.jobs.workers import Order
from local.sagemaker.objects import ObjectsError
from local.sagemaker.training.checkpoints import CheckpointSync
from local.sagemaker.training.training_inputs import no_objects, share_of
from local.sagemaker.training.training_order import cloud_access

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.jobs.container import Place
    from local.sagemaker.jobs.job_process import JobControl
    from local.sagemaker.objects import Found
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"


class ProcessingHost:
    """One of the machines that a processing job runs on, played by one process of this one.

    Attributes:
        container: Its `/opt/ml`.
        place: Its name and those of its siblings.
    """

    def __init__(self, platform: Platform, job: Document, place: Place) -> None:
        """Prepare nothing yet."""
        self._platform = platform
        self._job = job
        self.place = place
        name = job["ProcessingJobName"]
        folder = platform.settings.data / "jobs" / f"{name}-{uuid.uuid4().hex[:8]}"
        self.container = Container(folder)
        # A dot cannot be in a job's name, so no other job's log is called like that.
        file = f"{name}.log" if place.host == "algo-1" else f"{name}.{place.host}.log"
        self._log = JobLog(
            platform.settings.data / "logs" / "ProcessingJobs" / file,
            platform.logs,
            LOG_GROUP,
            f"{name}/{place.host}-{int(platform.clock())}",
        )

    def prepare(self, found: dict[str, list[Found]]) -> None:
        """Bring this host's part of the inputs; make the folders of the outputs.

        Args:
            found: The objects of each input, of all hosts together.

        Raises:
            ObjectsError: When an object cannot be read.
        """
        self.container.make()
        for given in copied_inputs(self._job):
            source = given["S3Input"]
            mine = share_of(
                found[given["InputName"]], source.get("S3DataDistributionType"), self.place
            )
            folder = self.container.path(source["LocalPath"])
            self._platform.objects.download(mine, folder, self._job["RoleArn"])
        for output in copied_outputs(self._job):
            folder = self.container.path(output["S3Output"]["LocalPath"])
            folder.mkdir(parents=True, exist_ok=True)

    def run(self, control: JobControl, watch: Callable[[float], None]) -> int:
        """Run the process to its end; returns its exit code, negative for a signal.

        Raises:
            JobFailed: When the job does not say what to run.
            WorkersError: When no process can be started.
            ObjectsError: When continuous outputs cannot be written.
        """
        syncs = [
            CheckpointSync(
                self._platform.objects,
                self.container.path(output["S3Output"]["LocalPath"]),
                output["S3Output"]["S3Uri"],
                self._job["RoleArn"],
                kms_key=kms_key(self._job),
            )
            for output in copied_outputs(self._job)
            if output["S3Output"]["S3UploadMode"] == "Continuous"
        ]
        order = self._order()
        for sync in syncs:
            sync.start()
        try:
            return run_process(self._platform.workers, order, self._log, control, watch=watch)
        finally:
            for sync in syncs:
                sync.finish()

    def upload(self) -> None:
        """Copy the outputs that are due at the end; raises `ObjectsError`."""
        for output in copied_outputs(self._job):
            target = output["S3Output"]
            if target["S3UploadMode"] == "EndOfJob":
                folder = self.container.path(target["LocalPath"])
                self._platform.objects.upload_folder(
                    folder, target["S3Uri"], self._job["RoleArn"], kms_key=kms_key(self._job)
                )

    def message(self) -> str:
        """What the process wrote to `/opt/ml/output/message`; raises `JobFailed` if no text."""
        try:
            return self.container.read_text("output/message").strip()
        except UnicodeDecodeError as error:
            raise JobFailed("ClientError: /opt/ml/output/message is not UTF-8") from error

    def _order(self) -> Order:
        job, container = self._job, self.container
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
        place = self.place
        isolated = job.get("NetworkConfig", {}).get("EnableNetworkIsolation", False)
        environment = self._environment(isolated=isolated)
        workers = self._platform.workers
        hosts = {"current_host": place.host, "hosts": list(place.hosts)}
        container.write_config("resourceconfig.json", hosts, "config")
        container.write_config("processingjobconfig.json", _configuration(job), "config")
        if program:
            settings = self._platform.settings
            environment["SAGEMAKER_LOCAL_URL"] = f"http://{settings.host}:{settings.port}"
            order = Order(environment, container.base, call=program)
        else:
            relocated = [container.relocate(word) for word in words]
            order = program_order(relocated, environment, container.base, workers.python)
        return replace(order, opt_ml=str(container.base), hosts=place.hosts, isolated=isolated)

    def _environment(self, *, isolated: bool) -> dict[str, str]:
        job, container, place = self._job, self.container, self.place
        workers = self._platform.workers
        base = workers.base_environment()
        environment: dict[str, str] = (
            base
            | tools(container, workers.python, base["PATH"])
            | cloud_access(self._platform, job["RoleArn"], isolated=isolated)
            | {
                "SAGEMAKER_BASE_DIR": str(container.base),
                "PROCESSING_JOB_NAME": job["ProcessingJobName"],
                "PROCESSING_JOB_ARN": job["ProcessingJobArn"],
                "SM_NUM_CPUS": str(max(1, available_cores() // len(place.hosts))),
                "SM_CURRENT_HOST": place.host,
                "SM_HOSTS": json.dumps(list(place.hosts)),
                "SM_CURRENT_HOST_RANK": str(place.rank),
            }
            | job.get("Environment", {})
        )
        return environment


def copied_inputs(job: Document) -> list[Document]:
    """The inputs that the platform copies, not the container itself."""
    return [given for given in job.get("ProcessingInputs", []) if not given.get("AppManaged")]


def copied_outputs(job: Document) -> list[Document]:
    """The outputs that the platform copies, not the container itself."""
    outputs = job.get("ProcessingOutputConfig", {}).get("Outputs", [])
    return [output for output in outputs if not output.get("AppManaged")]


def kms_key(job: Document) -> str:
    """The key that outputs are encrypted with; empty for the bucket's own."""
    return str(job.get("ProcessingOutputConfig", {}).get("KmsKeyId", ""))


def find_inputs(platform: Platform, job: Document) -> dict[str, list[Found]]:
    """List the objects of every input; raises `ObjectsError` when one has none."""
    inputs = {}
    for given in copied_inputs(job):
        source, role = given["S3Input"], job["RoleArn"]
        manifest = source["S3DataType"] == "ManifestFile"
        find = platform.objects.find_in_manifest if manifest else platform.objects.find
        found = find(source["S3Uri"], role)
        if not found:
            raise ObjectsError(no_objects(source["S3Uri"], role))
        inputs[given["InputName"]] = found
    return inputs


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
