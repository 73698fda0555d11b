"""One instance behind an endpoint: a model server process, watched and replaced when it dies."""

from __future__ import annotations

import json
import logging
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.sagemaker.endpoints.model_client import (
    ModelAnswer,
    ModelClient,
    ModelStream,
    ModelTimeoutError,
    ModelUnreachableError,
)
from local.sagemaker.jobs.workers import Order, Worker, WorkersError
from local.sagemaker.objects import ObjectsError

if TYPE_CHECKING:
    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

PING_SECONDS = 2.0
STOP_SECONDS = 30.0
_POLL_SECONDS = 0.004
_log = logging.getLogger(__name__)


class StartError(Exception):
    """An instance did not come up; the message is fit for a FailureReason."""


@dataclass(frozen=True)
class ContainerPlan:
    """What runs on each instance of a variant.

    Attributes:
        image: The image's URI, which tells the framework.
        environment: The container's own variables.
        archive: The model archive on this machine, or None.
        files: A folder of model files that were never packed, or None.
        role: The execution role.
        isolated: Whether the container gets no credentials and no way to the cloud.
        patience: Seconds until `/ping` must answer.
        source: The archive of scripts that SAGEMAKER_SUBMIT_DIRECTORY names in S3, or None.
    """

    image: str
    environment: dict[str, str]
    archive: Path | None
    files: Path | None
    role: str
    isolated: bool
    patience: float
    source: Path | None = None


@dataclass
class Instance:
    """One process and the connections to it.

    Attributes:
        name: Unique on this machine; names its folder and log stream.
        folder: Stands in for /opt/ml.
        in_flight: Requests that it answers now; guarded by the endpoint's lock.
        healthy: Whether requests may go to it.
        log_folder: Below the data folder's `logs`, where its lines are kept.
    """

    name: str
    folder: Path
    log_group: str
    log_folder: str = "endpoints"
    in_flight: int = 0
    healthy: bool = False
    stopping: bool = False
    _worker: Worker | None = None
    _client: ModelClient | None = None
    _reader: threading.Thread | None = None
    _exit_code: int | None = None
    tail: list[str] = field(default_factory=list)

    def start(self, platform: Platform, plan: ContainerPlan) -> None:
        """Start the process and wait until it answers `/ping`.

        Raises:
            StartError: When it ends, or does not answer in time.
        """
        self._disconnect()
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "model").mkdir(parents=True)
        if plan.files is not None:
            shutil.copytree(plan.files, self.folder / "model", dirs_exist_ok=True)
        order = self.folder / "order.json"
        order.write_text(json.dumps(_order(plan, self.folder)))
        try:
            self._worker = platform.workers.start(
                Order(
                    environment=_environment(platform, plan),
                    folder=self.folder,
                    arguments=(str(order),),
                    call="local.sagemaker.containers.serving.model_server:main",
                )
            )
        except WorkersError as error:
            raise StartError(str(error)) from error
        self._reader = threading.Thread(
            target=self._read_output, args=(platform, self._worker), daemon=True
        )
        self._reader.start()
        self._client = self._when_ready(self._worker, self._reader, plan.patience)
        self.healthy = True

    def request(self, headers: dict[str, str], body: bytes, timeout: float) -> ModelAnswer:
        """Pass one request to `/invocations`.

        Raises:
            ModelUnreachableError: When the process is gone.
            ModelTimeoutError: When it does not answer in time.
        """
        return self._connected().request("POST", "/invocations", headers, body, timeout)

    def stream(self, headers: dict[str, str], body: bytes, timeout: float) -> ModelStream:
        """As `request`, but returns with the head of the answer; `timeout` is for each read."""
        return self._connected().stream("POST", "/invocations", headers, body, timeout)

    def _connected(self) -> ModelClient:
        client = self._client
        if client is None:
            raise ModelUnreachableError("the instance is not up")
        return client

    def ends_within(self, seconds: float) -> bool:
        """Wait for the process to end; tell whether it did, or there was none."""
        if self._reader is not None:
            self._reader.join(seconds)
        return self._reader is None or not self._reader.is_alive()

    def execution_parameters(self) -> Document:
        """What the container says of how batch transform should use it; empty for nothing."""
        client = self._client
        if client is None:
            return {}
        try:
            answer = client.request("GET", "/execution-parameters", {}, b"", PING_SECONDS)
            said = json.loads(answer.body) if answer.status == 200 else {}
        except (ModelUnreachableError, ModelTimeoutError, ValueError):
            return {}
        return said if isinstance(said, dict) else {}

    def stop(self, patience: float = STOP_SECONDS) -> None:
        """End the process: SIGTERM, and SIGKILL if it stays for longer than a container may."""
        self.stopping, self.healthy = True, False
        if self._worker is not None and self._reader is not None:
            self._worker.terminate()
            self._reader.join(patience)
            if self._reader.is_alive():
                self._worker.kill()
                self._reader.join(5.0)
        self._disconnect()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait(self) -> int | None:
        """Wait for the process to end; its exit code."""
        if self._reader is not None:
            self._reader.join()
        return self._exit_code

    def _when_ready(self, worker: Worker, reader: threading.Thread, patience: float) -> ModelClient:
        deadline = time.monotonic() + patience
        port, client = self.folder / "port", None
        while time.monotonic() < deadline:
            if client is None and port.exists():
                client = ModelClient(int(port.read_text()))
            if client is not None and _pings(client):
                return client
            if not reader.is_alive():
                raise StartError(self._why())
            time.sleep(_POLL_SECONDS)
        worker.kill()
        raise StartError(f"/ping did not answer within {patience:g} s")

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _why(self) -> str:
        failure = self.folder / "failure"
        if failure.exists():
            return failure.read_text()
        return self.tail[-1] if self.tail else "the process ended"

    def _read_output(self, platform: Platform, worker: Worker) -> None:
        path = platform.settings.data / "logs" / self.log_folder / f"{self.name}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with worker.output, path.open("ab") as log:
            for raw in worker.output:
                log.write(raw)
                log.flush()
                line = raw.decode("utf-8", "replace").rstrip()
                self.tail = [*self.tail[-19:], line]
                platform.logs.send(self.log_group, self.name, [(int(platform.now() * 1000), line)])
        # Nobody else waits for the worker: this thread's end is the sign of the process's.
        self._exit_code = worker.wait()


def _pings(client: ModelClient) -> bool:
    try:
        return client.request("GET", "/ping", {}, b"", PING_SECONDS).status == 200
    except (ModelUnreachableError, ModelTimeoutError):
        return False


def _order(plan: ContainerPlan, folder: Path) -> Document:
    return {
        "archive": str(plan.archive) if plan.archive else None,
        "source": str(plan.source) if plan.source else None,
        "base": str(folder),
        "image": plan.image,
        "environment": plan.environment,
    }


def _environment(platform: Platform, plan: ContainerPlan) -> dict[str, str]:
    environment = platform.workers.base_environment() | {"SAGEMAKER_REGION": platform.region}
    # Inside a container one thread serves a prediction; the cores belong to all endpoints and jobs.
    environment["OMP_NUM_THREADS"] = "1"
    if not plan.isolated:
        environment |= platform.clients.process_environment(plan.role)
    return environment | plan.environment


def container_plan(
    platform: Platform, model: Document, container: Document, patience: float, files: Path
) -> ContainerPlan:
    """Fetch what a model's container needs.

    Args:
        platform: The local SageMaker.
        model: The model's document.
        container: Its one container.
        patience: Seconds until `/ping` must answer.
        files: A folder for model data that is not packed; it need not be there.

    Raises:
        StartError: When the model data cannot be read.
    """
    role = model.get("ExecutionRoleArn", "")
    try:
        archive, unpacked = _model_data(platform, container, role, files)
        scripts = (container.get("Environment") or {}).get("SAGEMAKER_SUBMIT_DIRECTORY", "")
        # The SDK's framework models leave the archive of a model as it is and name the scripts.
        source = _archive(platform, scripts, role) if scripts.startswith("s3://") else None
    except ObjectsError as error:
        raise StartError(str(error)) from error
    return ContainerPlan(
        image=container.get("Image", ""),
        environment=dict(container.get("Environment") or {}),
        archive=archive,
        files=unpacked,
        role=role,
        isolated=bool(model.get("EnableNetworkIsolation")),
        patience=patience,
        source=source,
    )


def _model_data(
    platform: Platform, container: Document, role: str, files: Path
) -> tuple[Path | None, Path | None]:
    source = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
    url = container.get("ModelDataUrl") or source.get("S3Uri", "")
    if not url:
        return None, None
    if source.get("CompressionType") == "None":
        platform.objects.download(platform.objects.find(url, role), files, role)
        return None, files
    return _archive(platform, url, role), None


def _archive(platform: Platform, url: str, role: str) -> Path:
    try:
        path = platform.objects.fetch(url, role)
    except ObjectsError:
        # The endpoint was served before: its archive is still here while S3 is away.
        remembered = platform.store.find("model-archive", url)
        if remembered is None or not Path(remembered["Path"]).is_file():
            raise
        return Path(remembered["Path"])
    if not platform.store.find("model-archive", url):
        platform.store.create("model-archive", url, {"Path": str(path)})
    platform.store.update("model-archive", url, Path=str(path))
    return path
