# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""Functions: their URLs, their workers, and how soon they hear of a message."""

from __future__ import annotations

import functools
import json
import logging
import threading
import zipfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from local.function_sandbox import SharedArchive, bare_interpreter
from local.ministack_hooks.inside import Response, module

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def hook_function_urls(endpoint_url: str) -> None:
    """Hand out function URLs that every HTTP client reaches: `<endpoint>/_aws/lambda-url/<id>/`."""
    service = module("services.lambda_svc")
    original_create, original_id = service._create_function_url_config, service._function_url_id
    marker = "/_aws/lambda-url/"

    @functools.wraps(original_create)
    def create(*arguments: Any, **options: Any) -> Response:
        status, headers, body = original_create(*arguments, **options)
        if status >= 300:
            return status, headers, body
        document = json.loads(body)
        address = f"{endpoint_url}{marker}{original_id(document['FunctionUrl'])}/"
        for config in service._function_urls.values():
            if config["FunctionUrl"] == document["FunctionUrl"]:
                config["FunctionUrl"] = address
        return status, headers, json.dumps({**document, "FunctionUrl": address}).encode()

    @functools.wraps(original_id)
    def url_id(url: str) -> str:
        found: str = url.partition(marker)[2].strip("/") if marker in url else original_id(url)
        return found

    service._create_function_url_config, service._function_url_id = create, url_id


def hook_function_workers(folder: Path) -> None:
    """Run functions on an interpreter without packages, and unpack each package once for all.

    AWS gives a function its code, its layers and nothing of the host's; ministack's own packages
    would hide a dependency that a layer lacks. Unpacking a layer for every worker would cost
    seconds and gigabytes.
    """
    runtime = module("core.lambda_runtime")
    interpreter = bare_interpreter(folder / "python")
    original = runtime._detect_runtime_binary

    @functools.wraps(original)
    def detect(name: str) -> tuple[str, str]:
        if name.startswith("python"):
            return str(interpreter), runtime._PYTHON_WORKER_SCRIPT
        found: tuple[str, str] = original(name)
        return found

    runtime._detect_runtime_binary = detect
    runtime.zipfile = SimpleNamespace(
        ZipFile=functools.partial(SharedArchive, folder / "packages"),
        BadZipFile=zipfile.BadZipFile,
        LargeFileError=zipfile.LargeZipFile,
    )


def hook_updates() -> None:
    """Let a function that is updated finish what it is doing.

    On AWS the environments of the version before end after the invocations they run. ministack ends
    them at once, and what they were handed comes back after the queue's visibility timeout only.
    """
    runtime, service = module("core.lambda_runtime"), module("services.lambda_svc")
    leaving: WeakSet[Any] = WeakSet()  # one that never started is given back by nobody
    invalidate, release, reset = (
        runtime.invalidate_worker,
        runtime.release_worker,
        runtime.reset,
    )
    kill, updating = runtime.kill_workers, threading.local()

    def kill_idle(workers: Iterable[Any]) -> None:
        """Those that are handed out end when they come back, unless they failed to start."""
        ending = [worker for worker in workers if worker is not None]
        if getattr(updating, "is_so", False):
            with runtime._lock:
                leaving.update(worker for worker in ending if worker.in_use)
            ending = [each for each in ending if not (each.in_use and each._lock.locked())]
        kill(ending)

    @functools.wraps(invalidate)
    def update(*arguments: Any, **options: Any) -> None:
        updating.is_so = True
        try:
            invalidate(*arguments, **options)
        finally:
            updating.is_so = False

    @functools.wraps(release)
    def give_back(worker: Any) -> None:
        release(worker)
        if worker in leaving:
            leaving.discard(worker)
            kill([worker])

    @functools.wraps(reset)
    def end_all() -> None:
        reset()
        kill(list(leaving))

    runtime.kill_workers, runtime.reset = kill_idle, end_all
    for place in (runtime, service):
        place.invalidate_worker, place.release_worker = update, give_back


def warm_functions() -> None:
    """Start one worker of each function, one by one, so that the first event meets it warm."""
    runtime, service = module("core.lambda_runtime"), module("services.lambda_svc")
    for (_, _, name), function in list(service._functions._data.items()):
        worker, _ = runtime.acquire_worker(name, function["config"], function.get("code_zip"))
        try:
            runtime.ensure_spawned(worker)
        except RuntimeError as error:
            logging.getLogger("baton").warning("%s does not start: %s", name, error)
        finally:
            runtime.release_worker(worker)


def stop_hearing() -> None:
    """End every function and let none hear any more, while all that they call still answers.

    One that failed since this server was gone would have used up a try of its message.
    """
    service = module("services.lambda_svc")
    service._poll_sqs = service._poll_kinesis = lambda: False
    end_functions()


def end_functions() -> None:
    """End every function's worker."""
    module("core.lambda_runtime").reset()


def hook_polling() -> None:
    """Poll sooner, and read Kinesis on a thread of its own.

    After a look that found nothing ministack waits 50 ms, most of a hop's time; a slow Kinesis
    batch would stop every queue.
    """
    service, concurrency = module("services.lambda_svc"), module("core.concurrency")
    service._ESM_IDLE_WAKE_GAP_SECONDS = 0.004
    original, running = service._poll_kinesis, threading.Lock()

    def run() -> None:
        try:
            while original():
                pass
        finally:
            running.release()

    @functools.wraps(original)
    def poll() -> bool:
        if running.acquire(blocking=False):
            concurrency.spawn_background(run, thread_name="kinesis")
        return False

    service._poll_kinesis = poll
