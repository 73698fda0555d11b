"""InvokeEndpoint beside a bare server of the same model: one row, the same client, in turns."""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xgboost

from tests.conformance.sagemaker.laptop import IMAGE, ROLE, ROOT, unique, until
from tests.conformance.sagemaker.serving import model_archive, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conformance.sagemaker.laptop import LocalSageMaker

ROUNDS = 40
A_ROUND = 30
RATE = 100
SECONDS = 8
COLUMNS = 20
GOAL_RATIO = 2.0
GOAL_P99_MILLISECONDS = 25.0

type Ask = Callable[[], float]


def measure(laptop: LocalSageMaker, times: int) -> dict[str, Any]:
    """Both servers in turns, then InvokeEndpoint at a steady rate."""
    row = ",".join(f"{value:.4f}" for value in np.linspace(-1, 1, COLUMNS))
    model = _model()
    endpoint = _endpoint(laptop, model)
    path = f"/endpoints/{endpoint}/invocations"
    with bare_server(model) as port:
        ours, bare = asker(laptop.port, path, row), asker(port, "/", row)
        boto = _boto(laptop, endpoint, row)
        for ask in (ours, bare, boto):
            _many(ask, 50)
        taken: dict[str, list[float]] = {"ours": [], "bare": [], "boto3": []}
        for _ in range(times or ROUNDS):
            taken["ours"] += _many(ours, A_ROUND)
            taken["bare"] += _many(bare, A_ROUND)
            taken["boto3"] += _many(boto, A_ROUND // 3)
        steady = at_rate(lambda: asker(laptop.port, path, row))
        steady_bare = at_rate(lambda: asker(port, "/", row))
    medians = {name: round(1000 * statistics.median(values), 3) for name, values in taken.items()}
    ratio, p99 = medians["ours"] / medians["bare"], 1000 * quantile(steady, 0.99)
    return {
        "p50_ms": medians,
        "ratio": round(ratio, 2),
        "goal_ratio": GOAL_RATIO,
        "p99_at_rate_ms": round(p99, 2),
        "p99_at_rate_bare_ms": round(1000 * quantile(steady_bare, 0.99), 2),
        "goal_p99_ms": GOAL_P99_MILLISECONDS,
        "met": ratio <= GOAL_RATIO and p99 < GOAL_P99_MILLISECONDS,
    }


def asker(port: int, path: str, row: str) -> Ask:
    """A client with one kept connection; each call asks once and tells the seconds it took."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body, headers = row.encode(), {"Content-Type": "text/csv", "Accept": "text/csv"}

    def ask() -> float:
        began = time.perf_counter()
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        took = time.perf_counter() - began
        assert answer.status == 200, content
        float(content)
        return took

    return ask


def at_rate(connect: Callable[[], Ask]) -> list[float]:
    """Ask at a steady rate, whether answers come or not; seconds from each due time."""
    local, taken, lock = threading.local(), [], threading.Lock()
    start = time.perf_counter() + 0.2

    def one(number: int) -> None:
        if not hasattr(local, "ask"):
            local.ask = connect()
            local.ask()
        due = start + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        local.ask()
        with lock:
            taken.append(time.perf_counter() - due)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(RATE * SECONDS)))
    return taken[RATE // 2 :]  # the first half second connects


def quantile(values: list[float], part: float) -> float:
    """The value that `part` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


@contextmanager
def bare_server(model: bytes) -> Iterator[int]:
    """A uvicorn with bench/sagemaker_bare.py; its port."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        path = Path(folder, "model.ubj")
        path.write_bytes(model)
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        command = [sys.executable, "-m", "uvicorn", "bench.sagemaker_bare:serve"]
        command += ["--port", str(port), "--log-level", "warning"]
        command += ["--no-access-log", "--timeout-keep-alive", "300"]
        environment = os.environ | {"MODEL": str(path), "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(command, cwd=ROOT, env=environment)
        try:
            until(lambda: _listens(port), "the bare server listens")
            yield port
        finally:
            process.terminate()
            process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _many(ask: Ask, times: int) -> list[float]:
    return [ask() for _ in range(times)]


def _boto(laptop: LocalSageMaker, endpoint: str, row: str) -> Ask:
    client = laptop.client("sagemaker-runtime")

    def ask() -> float:
        began = time.perf_counter()
        answer = client.invoke_endpoint(EndpointName=endpoint, Body=row, ContentType="text/csv")
        answer["Body"].read()
        return time.perf_counter() - began

    return ask


def _model() -> bytes:
    generator = np.random.default_rng(5)
    rows = generator.normal(size=(2000, COLUMNS))
    matrix = xgboost.DMatrix(rows, (rows[:, 0] + rows[:, 1] > 0).astype(float))
    parameters = {"objective": "binary:logistic", "nthread": 1}
    return bytes(xgboost.train(parameters, matrix, 100).save_raw("ubj"))


def _endpoint(laptop: LocalSageMaker, model: bytes) -> str:
    name = unique("invoke")
    uri = laptop.put(f"models/{name}/model.tar.gz", model_archive({"xgboost-model": model}))
    client = laptop.client()
    client.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": uri},
    )
    variant = {
        "VariantName": "primary",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    client.create_endpoint(EndpointName=name, EndpointConfigName=name)
    settle(laptop, name)
    return name
