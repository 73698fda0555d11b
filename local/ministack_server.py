"""`python -m local.ministack_server`: ministack with this project's hooks, on one loopback port.

Run by ministack's own interpreter; `local.cloud` starts it, with its settings in the environment.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hypercorn.asyncio import serve as serve_application  # type: ignore[import-not-found]
from hypercorn.config import Config  # type: ignore[import-not-found]

from local.fault_plan import VARIABLE
from local.front_door import FrontDoor
from local.ministack_hooks import (
    access,
    events,
    functions,
    glue,
    inside,
    journal,
    metrics,
    planned_faults,
    queues,
    recording,
    sagemaker,
    state,
    storage,
)
from local.ministack_hooks.keeper import KINDS, Keeper
from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.ministack_hooks.planned_faults import PutEvents

_HOST = "127.0.0.1"
JOURNALED_SECONDS = 20.0
"""How often at most what is in the journal anyway is saved as a whole."""
_logger = logging.getLogger("baton")


class Saver:
    """Writes the state down while the cloud runs, so that a sudden end loses a second at most.

    Each service is saved a second after traffic pauses, and during traffic after a while; the more
    its last saving cost, the longer it waits for the next, so that all of it takes a twentieth of
    the time at most. Functions' packages, by far the largest, change by deployment only. What the
    journal keeps meanwhile is saved now and then, so that the journal stays short.
    """

    def __init__(self, door: FrontDoor, keeper: Keeper) -> None:
        """Watch the traffic through `door`."""
        self._door, self._keeper, self._lock = door, keeper, threading.Lock()
        self._saved_at: dict[str, float] = {}
        self._seen: dict[str, int] = {}
        self._cost: dict[str, float] = {}

    async def run(self, *, quiet: float = 1.0, at_most: float = 15.0) -> None:
        """Save for ever; times in seconds."""
        while True:
            await asyncio.sleep(quiet)
            patience = quiet if time.monotonic() - self._door.last_request >= quiet else at_most
            await asyncio.to_thread(self.save_due, patience)

    def save_due(self, patience: float) -> None:
        """Save every service that has waited `patience` seconds and whose turn it is."""
        for name, save in list(state.savable()):
            begin = time.monotonic()
            journaled = name in KINDS.values()
            requests = self._door.deployments if name == "lambda" else self._door.requests
            least = JOURNALED_SECONDS if journaled else patience
            wait = max(least, 20 * self._cost.get(name, 0.0))
            if requests == self._seen.get(name) or begin - self._saved_at.get(name, 0.0) < wait:
                continue
            self._save(name, save, requests)

    def save_all(self) -> None:
        """Save every service now, whatever it costs."""
        for name, save in list(state.savable()):
            requests = self._door.deployments if name == "lambda" else self._door.requests
            while not self._save(name, save, requests):
                time.sleep(0.01)

    def _save(self, name: str, save: Callable[[], bool], requests: int) -> bool:
        """Save a service; whether it could be, for it may change while it is copied."""
        with self._lock:
            begin = time.monotonic()
            try:
                saved = save()
            except RuntimeError as error:  # the next turn is soon
                _logger.info("state of %s not saved this time: %s", name, error)
                return False
            if saved and name in KINDS.values():
                self._keeper.saved(name)
            self._saved_at[name] = time.monotonic()
            self._seen[name], self._cost[name] = requests, time.monotonic() - begin
            return True


async def look_often(watch: metrics.MetricWatch, *, every: float = 5.0) -> None:
    """Look at queues and alarms for ever; SQS publishes once a minute."""
    while True:
        await asyncio.sleep(every)
        await asyncio.to_thread(watch.look)


async def serve(folder: Path, port: int, region: str, runs: glue.GlueRuns, keeper: Keeper) -> None:
    """Serve until SIGINT or SIGTERM; ministack saves its state at the end."""

    def started() -> None:
        keeper.open_queues()
        runs.end_unfinished()
        functions.warm_functions()

    put_events: PutEvents = partial(events.put_aws_events, region=region)
    if plan := os.environ.get(VARIABLE):
        put_events = runs.put_events = planned_faults.EventFaults(Path(plan), put_events)
    door = FrontDoor(
        inside.application(),
        port=port,
        health_file=folder / "health.json",
        put_events=put_events,
        started=started,
    )
    config = Config()
    config.bind = [f"{_HOST}:{port}"]
    config.keep_alive_timeout = 75
    config.backlog = 512
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)

    async def end() -> None:
        await told.wait()
        await asyncio.to_thread(functions.stop_hearing)

    saving = Saver(door, keeper)
    door.save = saving.save_all
    saver = asyncio.create_task(saving.run())
    watch = asyncio.create_task(look_often(metrics.MetricWatch(region)))
    try:
        await serve_application(door, config, shutdown_trigger=end)
    finally:
        saver.cancel()
        watch.cancel()
        runs.end_all()
        functions.end_functions()


def _glue_runs(folder: Path, endpoint_url: str, region: str) -> glue.GlueRuns:
    environment = {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
    }
    return glue.GlueRuns(ROOT / ".venvs/glue/bin/python", folder / "tmp" / "glue", environment)


def main() -> None:
    """Install every hook and serve."""
    folder, port = Path(os.environ["BATON_STATE"]), int(os.environ["GATEWAY_PORT"])
    region = os.environ["MINISTACK_REGION"]
    inside.check_compatible()
    logging.getLogger("persistence").setLevel(logging.WARNING)
    secret = os.environ.pop("BATON_SECRET_ACCESS_KEY")  # functions inherit the environment
    access.hook_identities(json.loads(os.environ.pop("BATON_USERS")), secret, region)
    access.hook_service_identity("sagemaker", "sagemaker.amazonaws.com")
    access.hook_alarm_names()
    if calls := os.environ.pop("BATON_RECORD_CALLS", ""):
        recording.hook_call_record(Path(calls))
    sagemaker.hook_sagemaker(int(os.environ["BATON_SAGEMAKER_PORT"]))
    events.hook_event_archive()
    functions.hook_function_urls(f"http://{_HOST}:{port}")
    metrics.hook_embedded_metrics()
    metrics.hook_alarms(region)
    if plan := os.environ.get(VARIABLE):
        planned_faults.hook_calls()
        planned_faults.hook_messages(Path(plan))
    functions.hook_function_workers(folder / "functions")
    functions.hook_updates()
    functions.hook_polling()
    queues.hook_changes()
    queues.hook_fair_queues()
    storage.hook_default_key()
    storage.hook_sent_again()
    keeper = journal.hook_journal(folder / "journal", region)
    runs = _glue_runs(folder, f"http://{_HOST}:{port}", region)
    glue.hook_glue(runs)
    # A thread that computes keeps the interpreter for this long while the event loop waits for it;
    # Python's own 5 ms, a few times over, were a fifth of a hop's time.
    sys.setswitchinterval(0.0005)
    asyncio.run(serve(folder, port, region, runs, keeper))


if __name__ == "__main__":
    main()
