"""The laptop cloud as a whole: its two servers, its health, and how it comes up and goes down."""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import socket
import time
from typing import TYPE_CHECKING

from local import fault_plan
from local.processes import Child, Process, recall, remember
from local.settings import ACCESS_KEY_ID, HOST, REGION, SAGEMAKER_ACCESS_KEY_ID, STACK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.settings import Settings

#: What a server may see of the caller's environment: functions inherit it, so it is kept small.
_KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "SSL_CERT_FILE", "TZ", "USER")
_START_SECONDS = 120.0  # of a machine that is busy with other things
SAGEMAKER_SWITCHES = ("BATON_EVENT_FAULTS", "BATON_QUOTAS")


class CloudError(Exception):
    """The laptop cloud cannot do what was asked; the message says why and what to do."""


_PORTS = (20_000, 32_000)


def free_port() -> int:
    """Find a port on the loopback interface that nobody uses.

    It lies below those that the system hands out by itself (ip(7), ip_local_port_range): one of
    them could go to any other program between this look and the start of a server.
    """
    while True:
        port = random.randrange(*_PORTS)  # noqa: S311 -- no secret depends on it
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        return port


class Cloud:
    """ministack and the local SageMaker, started together and ended together."""

    def __init__(self, settings: Settings) -> None:
        """Describe a cloud; nothing runs yet."""
        self._settings = settings
        self._children: list[Child] = []

    def check_startable(self) -> None:
        """Find out beforehand what would stop a start.

        Raises:
            CloudError: when it runs already, the port is taken, or an environment is missing.
        """
        settings = self._settings
        for name in ("ministack", "local", "jobs", "sam"):
            if not (settings.environments / name / "bin" / "python").exists():
                raise CloudError(f"{settings.environments / name} is missing: `make setup` first")
        if not settings.template.is_file():
            raise CloudError(f"{settings.template} is missing: there is nothing to deploy")
        if running := recall(settings.process_file):
            raise CloudError(
                f"this laptop cloud runs already (pid {running[0].pid}): `make down` ends it"
            )
        self._check_port_of_state()
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, settings.port))
            except OSError as error:
                raise CloudError(
                    f"port {settings.port} is taken ({error.strerror}): end the other program, "
                    f"or choose another port, for example `BATON_PORT={free_port()} make up`"
                ) from error

    def _check_port_of_state(self) -> None:
        """A saved queue's address carries its port: under another one nothing would be delivered.

        Raises:
            CloudError: when the state was made with another port.
        """
        file = self._settings.port_file
        saved = file.read_text().strip() if file.exists() else str(self._settings.port)
        if saved != str(self._settings.port):
            raise CloudError(
                f"the state in {self._settings.state} was made with port {saved}: start with "
                f"`BATON_PORT={saved} make up`, or forget the state with `make clean`"
            )

    def start(self) -> None:
        """Start both servers and return when both answer.

        Raises:
            CloudError: when a server ends or does not answer.
        """
        settings = self._settings
        self.say("starting")
        shutil.rmtree(settings.state / "tmp", ignore_errors=True)
        (settings.state / "tmp").mkdir(parents=True)
        settings.port_file.write_text(str(settings.port))
        sagemaker_port = free_port()
        self._children = [self._start_ministack(sagemaker_port)]
        self._remember()
        self._await_answer(self._children[0], settings.port, "/_ministack/health")
        self._children.append(self._start_sagemaker(sagemaker_port))
        self._remember()
        self._await_answer(self._children[1], sagemaker_port, "/ping")

    def save(self) -> None:
        """Let ministack write all state down: a kill from now on finds the stack as it is.

        Raises:
            CloudError: when it does not.
        """
        if not answers(self._settings.port, "/_baton/save", seconds=60):
            raise CloudError("ministack could not write its state down; its log tells more")

    def say(self, status: str, **more: str) -> None:
        """Set what `GET /_baton/health` answers: `starting`, `ready`, or `failed` with a reason."""
        document = {
            "status": status,
            "endpoint_url": self._settings.endpoint_url,
            "region": REGION,
            "stack": STACK,
            **more,
        }
        self._settings.state.mkdir(parents=True, exist_ok=True)
        temporary = self._settings.health_file.with_suffix(".new")
        temporary.write_text(json.dumps(document))
        temporary.replace(self._settings.health_file)

    def watch(self, pause: Callable[[float], None] = time.sleep) -> None:
        """Return never: wait, and raise when a server ends by itself.

        Raises:
            CloudError: naming the server and the end of its log.
        """
        while True:
            for child in self._children:
                if child.exit_code() is not None:
                    raise CloudError(_ended(child))
            pause(0.5)

    def stop(self) -> None:
        """End the local SageMaker with its jobs, then ministack, which saves its state."""
        if not self._children:
            return
        for child in reversed(self._children):
            child.end()
        self._children = []
        shutil.rmtree(self._settings.state / "tmp", ignore_errors=True)
        self._settings.health_file.unlink(missing_ok=True)
        self._settings.process_file.unlink(missing_ok=True)

    def _remember(self) -> None:
        itself = Process.of("python -m local up", os.getpid())
        remember(
            self._settings.process_file, [itself, *(child.process for child in self._children)]
        )

    def _environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return {**kept, "TMPDIR": str(self._settings.state / "tmp"), **more}

    def _start_ministack(self, sagemaker_port: int) -> Child:
        settings = self._settings
        users = {"administrator": ACCESS_KEY_ID, "sagemaker": SAGEMAKER_ACCESS_KEY_ID}
        environment = self._environment(
            AUTH="true",
            BATON_SECRET_ACCESS_KEY=settings.secret_access_key,
            BATON_SAGEMAKER_PORT=str(sagemaker_port),
            BATON_STATE=str(settings.state),
            BATON_USERS=json.dumps(users),
            DOCKER_HOST="unix:///nonexistent",
            GATEWAY_PORT=str(settings.port),
            IOT_MTLS_ENABLED="0",
            MINISTACK_HOST=HOST,
            MINISTACK_REGION=REGION,
            PERSIST_STATE="1",
            S3_DATA_DIR=str(settings.state / "s3"),
            S3_PERSIST="1",
            SFTP_ENABLED="0",
            STATE_DIR=str(settings.state / "ministack"),
        )
        if os.environ.get("BATON_RECORD_CALLS"):
            environment["BATON_RECORD_CALLS"] = str(settings.call_file)
        if plan := os.environ.get(fault_plan.VARIABLE):
            environment[fault_plan.VARIABLE] = plan
        python = str(settings.environments / "ministack/bin/python")
        command = [python, "-m", "local.ministack_server"]
        log = settings.logs / "ministack.log"
        return Child("ministack", command, environment=environment, log=log, cwd=settings.root)

    def _start_sagemaker(self, port: int) -> Child:
        settings = self._settings
        identity = {**settings.client_environment(), "AWS_ACCESS_KEY_ID": SAGEMAKER_ACCESS_KEY_ID}
        environment = self._environment(PYTHONUNBUFFERED="1", **identity)
        for switch in SAGEMAKER_SWITCHES:
            if switch in os.environ:
                environment[switch] = os.environ[switch]
        python = str(settings.environments / "local/bin/python")
        command = [python, "-m", "local.sagemaker", "--port", str(port)]
        command += ["--data", str(settings.state / "sagemaker")]
        command += ["--endpoint-url", settings.endpoint_url]
        log = settings.logs / "sagemaker.log"
        return Child(
            "the local SageMaker", command, environment=environment, log=log, cwd=settings.root
        )

    @staticmethod
    def _await_answer(child: Child, port: int, path: str) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not answers(port, path):
            if child.exit_code() is not None:
                raise CloudError(_ended(child))
            if time.monotonic() > deadline:
                raise CloudError(
                    f"{child.name} does not answer after {_START_SECONDS:.0f} s; {child.log}"
                )
            time.sleep(0.05)


def _ended(child: Child) -> str:
    how = f"{child.name} ended with code {child.exit_code()}"
    return f"{how}; the end of {child.log}:\n{child.last_lines()}"


def answers(port: int, path: str, seconds: float = 2) -> bool:
    """Tell whether `GET path` on a loopback port answers 200 in time."""
    connection = http.client.HTTPConnection(HOST, port, timeout=seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def stop_left_behind(process_file: Path) -> list[Process]:
    """End the cloud that a file names, its starter first, and return what was running."""
    running = recall(process_file)
    for process in running:
        process.end(patience=40.0)
    process_file.unlink(missing_ok=True)
    return running
