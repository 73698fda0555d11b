"""`python -m local.sagemaker --port 4567 --data .baton/sagemaker`: serves until told to end."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from local.sagemaker.api.server import Server
from local.sagemaker.assembly import assemble, disassemble, recover
from local.sagemaker.event_faults import EventFaults, EventFaultsError
from local.sagemaker.quotas import QuotasError, parse_quotas
from local.sagemaker.settings import Settings, default_jobs_python, default_jupyter_lab

if TYPE_CHECKING:
    from collections.abc import Sequence


def parse(arguments: Sequence[str] | None = None) -> Settings:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m local.sagemaker",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=int, default=4567, help="where it answers")
    add("--host", default="127.0.0.1", help="the address it answers on; keep it a loopback one")
    add("--data", type=Path, default=Path(".baton/sagemaker"), help="the folder of all state")
    add(
        "--endpoint-url",
        default=os.environ.get("AWS_ENDPOINT_URL", ""),
        help="where S3 answers and, if they are there, STS, Logs, CloudWatch, SNS, SQS and Lambda",
    )
    add("--region", default=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"), help="in ARNs")
    add("--account", default="", help="in ARNs; asked of STS if left out")
    add(
        "--jobs-python",
        type=Path,
        default=default_jobs_python(),
        help="the interpreter that jobs, algorithms and endpoints run on",
    )
    add(
        "--jupyter-lab",
        type=Path,
        default=default_jupyter_lab(),
        help="the program behind notebook instances and Studio apps",
    )
    add("--jumpstart", action="store_true", help="put JumpStart's models into S3 at start")
    _add_switches(parser)
    chosen = parser.parse_args(arguments)
    try:
        EventFaults.parse(chosen.event_faults)
        chosen.quotas = parse_quotas(chosen.quotas)
    except EventFaultsError as error:
        parser.error(f"--event-faults {error}")
    except QuotasError as error:
        parser.error(f"--quotas {error}")
    return Settings(**vars(chosen))


def _add_switches(parser: argparse.ArgumentParser) -> None:
    """What AWS does at its own pace, or by chance, at the pace of tests."""
    group = parser.add_argument_group("switches, for trying out what AWS does by itself")

    def seconds(name: str, default: float, text: str) -> None:
        group.add_argument(name, type=float, default=default, metavar="SECONDS", help=text)

    seconds("--grace-seconds", 120.0, "from SIGTERM to SIGKILL when a job is stopped")
    seconds("--spot-interruption-seconds", 0.0, "interrupt spot jobs so long after training began")
    add = group.add_argument
    add("--spot-interruptions", type=int, default=1, help="how often to do so in one job")
    add("--spot-interruptions-per-hour", type=float, default=0.0, help="interrupt at this rate")
    add("--spot-seed", type=int, default=0, help="where the rate's draws begin")
    seconds("--spot-wait-seconds", 0.0, "how long a spot job waits for capacity")
    add(
        "--event-faults",
        default=os.environ.get("BATON_EVENT_FAULTS", ""),
        help="such as drop=0.1,repeat=0.5,reorder=0.2,delay=3,seed=7",
    )
    add(
        "--quotas",
        default=os.environ.get("BATON_QUOTAS", ""),
        help="such as 'ml.m5.large for training job usage=1'; others are not counted",
    )
    seconds("--monitoring-hour-seconds", 3600.0, "how long a monitoring schedule's hour lasts")
    add(
        "--monitoring-namespace",
        default="aws/sagemaker",
        help="how the monitors' metric namespaces begin; AWS's pages know two spellings",
    )
    add(
        "--labeling-least-objects",
        type=int,
        default=1250,
        help="how many objects auto-labelling asks for",
    )
    seconds("--serverless-idle-seconds", 300.0, "when an idle serverless process ends; 0 for never")
    seconds("--scaling-period-seconds", 60.0, "what one data point of target tracking stands for")


SIGNAL_SECONDS = 0.5
"""How late a signal may be noticed that did not wake the main thread."""


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = parse()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    platform = assemble(settings)
    server = Server((settings.host, settings.port), platform)
    recover(platform)
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    print(f"the local SageMaker answers on http://{settings.host}:{server.server_port}", flush=True)
    # A signal that another thread happens to take does not wake this one, which then would wait for
    # the next: Python runs handlers in the main thread alone, once that runs again (module signal).
    while not ended.wait(SIGNAL_SECONDS):
        pass
    server.shutdown()
    disassemble(platform)


if __name__ == "__main__":
    main()
