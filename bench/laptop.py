"""A laptop cloud that may be killed, whole or in part, and started again where it was."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from pyarrow.parquet import read_table

from local.cloud import answers, free_port
from local.processes import Process, recall
from local.running import read_exports
from local.settings import ROOT, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

MINISTACK, SAGEMAKER, STARTER, ALL = "ministack", "the local SageMaker", "python -m local up", "all"
TARGETS = (MINISTACK, SAGEMAKER, STARTER, ALL)
READY_SECONDS = 600.0
END_SECONDS = 60.0
FUNCTION_SECONDS = 900
ENDED = ("deployed", "rejected", "rolled_back", "failed", "data_rejected")


class LaptopError(Exception):
    """The cloud did not come up or did not go down; the message carries what it printed."""


class Laptop:
    """One laptop cloud, its processes, and clients that never try twice."""

    def __init__(self, state: Path, switches: Mapping[str, str] | None = None) -> None:
        """Describe it; nothing runs yet.

        Args:
            state: the folder of its state.
            switches: more of the environment, such as ``BATON_EVENT_FAULTS``.
        """
        state.mkdir(parents=True, exist_ok=True)
        saved = state / "port"  # the state of a queue carries its port
        self.port = int(saved.read_text()) if saved.exists() else free_port()
        self.state, self._switches = state, dict(switches or {})
        self._settings = Settings(self.port, state.resolve(), ROOT / "template.yaml")
        self._starter: subprocess.Popen[bytes] | None = None
        self._clients: dict[str, Any] = {}
        self.outputs: dict[str, str] = {}

    def start(self) -> float:
        """Start it and return when it is ready; seconds that took.

        Raises:
            LaptopError: it ended, or took too long.
        """
        began = time.monotonic()
        environment = {
            **os.environ,
            **self._switches,
            "BATON_PORT": str(self.port),
            "BATON_STATE": str(self.state),
        }
        output = self.state / "up.log"
        python = ROOT / ".venvs" / "local" / "bin" / "python"
        with output.open("ab") as log:
            self._starter = subprocess.Popen(
                [str(python if python.exists() else sys.executable), "-m", "local", "up"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        while not answers(self.port, "/_baton/health"):
            ended = self._starter.poll() is not None
            if ended or time.monotonic() - began > READY_SECONDS:
                raise LaptopError(output.read_text(errors="replace")[-4000:])
            time.sleep(0.05)
        self._clients = {}
        if not self.outputs:
            stack = self.client("cloudformation").describe_stacks(StackName="baton")["Stacks"][0]
            self.outputs = {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}
            self._be_patient()
        return time.monotonic() - began

    def _be_patient(self) -> None:
        """Give functions time: a busy machine is no fault that is to be shown here."""
        functions = self.client("lambda")
        for each in functions.list_functions(MaxItems=100)["Functions"]:
            name = each["FunctionName"]
            functions.update_function_configuration(FunctionName=name, Timeout=FUNCTION_SECONDS)

    def processes(self) -> dict[str, Process]:
        """Its running processes by name."""
        return {process.name: process for process in recall(self._settings.process_file)}

    def kill(self, target: str) -> None:
        """Kill a part of it, or all with every job and function, and wait until all is gone.

        Args:
            target: one of ``TARGETS``.
        """
        running = self.processes()
        chosen = running.values() if target == ALL else [running[target]]
        for process in chosen:
            # The servers lead groups of their own, which hold functions and jobs.
            if target == ALL and process.name != STARTER:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                os.kill(process.pid, signal.SIGKILL)
        self.await_end()

    def await_end(self) -> None:
        """Wait until nothing of it runs.

        Raises:
            LaptopError: something still does.
        """
        deadline = time.monotonic() + END_SECONDS
        if self._starter is not None:
            self._starter.wait(END_SECONDS)
        while self.processes():
            if time.monotonic() > deadline:
                raise LaptopError(f"still running: {', '.join(self.processes())}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self._starter is not None and self._starter.poll() is None:
            self._starter.terminate()
            self.await_end()

    def session(self) -> Any:
        """A boto3 session with the administrator's credentials."""
        found = read_exports((self.state / "env").read_text())
        return boto3.Session(
            aws_access_key_id=found["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=found["AWS_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
        )

    def client(self, service: str) -> Any:
        """A client of it; a request that fails, fails at once."""
        if service not in self._clients:
            config = Config(
                retries={"total_max_attempts": 1},
                connect_timeout=5,
                read_timeout=120,
                max_pool_connections=40,
            )
            self._clients[service] = self.session().client(
                service, endpoint_url=f"http://127.0.0.1:{self.port}", config=config
            )
        return self._clients[service]

    # ---- what happens on it ------------------------------------------------------------------

    def drop(self, key: str, body: str | bytes) -> None:
        """Drop an object into the landing bucket."""
        data = body.encode() if isinstance(body, str) else body
        self.client("s3").put_object(Bucket=self.outputs["LandingBucket"], Key=key, Body=data)

    def rows(self, problem: str, kind: str) -> list[dict[str, Any]]:
        """Rows of the record table about a problem, of a kind such as ``run``."""
        return self._query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": f"problem#{problem}"}, ":sk": {"S": kind}},
            ConsistentRead=True,
        )

    def _query(self, **asked: Any) -> list[dict[str, Any]]:
        query = self.client("dynamodb").get_paginator("query")
        pages = query.paginate(TableName=self.outputs["RecordTable"], **asked)
        return [item for page in pages for item in page["Items"]]

    def stages(self, problem: str) -> list[str]:
        """The stage of each run of a problem, oldest first."""
        return [row["stage"]["S"] for row in self.rows(problem, "run#")]

    def streamed_ids(self, problem: str) -> list[str]:
        """The ``id`` of every row of a problem that came by the stream, doubled ones twice."""
        found: list[str] = []
        for row in self.rows(problem, "input#"):
            uri = row.get("uri", {}).get("S")
            if row["origin"]["S"] == "stream" and uri:  # what was gathered has none any more
                bucket, _, key = uri.removeprefix("s3://").partition("/")
                body = self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
                found += read_table(io.BytesIO(body), columns=["id"])["id"].to_pylist()
        return found

    def announced(self, problem: str) -> list[dict[str, Any]]:
        """All that the legs said of a problem, as PutEvents takes it, without the bus."""
        found = self._query(
            IndexName="listing",
            KeyConditionExpression="listing = :listing",
            ExpressionAttributeValues={":listing": {"S": f"history#{problem}"}},
        )
        names = ("Source", "DetailType", "Detail")
        return [
            {name: entry["M"][name]["S"] for name in names}
            for row in found
            for entry in row["announced"]["L"]
        ]

    def waiting(self) -> dict[str, int]:
        """Messages in the stack's queues that hold any, those in work and put off included."""
        sqs = self.client("sqs")
        kinds = ("", "NotVisible", "Delayed")
        names = [f"ApproximateNumberOfMessages{kind}" for kind in kinds]
        found = {}
        for url in sqs.list_queues(QueueNamePrefix="baton-").get("QueueUrls", []):
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
            if count := sum(int(answer["Attributes"][name]) for name in names):
                found[url.rsplit("/", 1)[-1]] = count
        return found

    def log_lines(self, part: str) -> int:
        """Lines of the local SageMaker's log that hold some words."""
        text = (self._settings.logs / "sagemaker.log").read_text("utf-8", "replace")
        return sum(part in line for line in text.splitlines())

    def tick(self, identity: str) -> None:
        """Let the reconciler's clock strike, an hour ahead: no job is too young to be asked after.

        Args:
            identity: the tick's own; the same one twice is the same tick.
        """
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        body = {
            "version": "0",
            "id": identity,
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "000000000000",
            "time": later,
            "region": "us-east-1",
            "resources": [],
            "detail": {},
        }
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName="baton-ReconcileRuns")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))


FUNCTIONS, MODELS = "functions", "jobs and endpoints"
_BELOW = {MINISTACK: FUNCTIONS, SAGEMAKER: MODELS}


def memory_mb(laptop: Laptop) -> dict[str, float]:
    """Its memory in MB: of each server by its name, of ``FUNCTIONS`` and of ``MODELS``.

    What a server started is known by its parents. Pages that processes share are counted once each
    (proc(5), ``smaps_rollup``, Pss).
    """
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (parent := _parent(folder)) is not None:
            parents[int(folder.name)] = parent
    servers = {process.pid: name for name, process in laptop.processes().items()}
    found = dict.fromkeys([*servers.values(), *_BELOW.values()], 0.0)
    for pid in parents:
        ancestor = pid
        while ancestor and ancestor not in servers:
            ancestor = parents.get(ancestor, 0)
        if ancestor:
            name = servers[ancestor]
            found[name if pid == ancestor else _BELOW.get(name, name)] += _pss_mb(pid)
    return found


def _parent(folder: Path) -> int | None:
    """The parent of a process, by its folder in /proc; none if it has ended."""
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0  # it has ended meanwhile
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0) / 1024
