"""`python -m local.sagemaker --port 4567 --data .baton/sagemaker`: serves until told to end."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from local.sagemaker.assembly import assemble, disassemble, recover
from local.sagemaker.event_faults import EventFaults, EventFaultsError
from local.sagemaker.server import Server
from local.sagemaker.settings import Settings, default_jobs_python, default_jupyter_lab

if TYPE_CHECKING:
    from collections.abc import Sequence


def parse(arguments: Sequence[str] | None = None) -> Settings:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m local.sagemaker", description=__doc__)
    parser.add_argument("--port", type=int, default=4567)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, default=Path(".baton/sagemaker"))
    parser.add_argument("--endpoint-url", default=os.environ.get("AWS_ENDPOINT_URL", ""))
    parser.add_argument("--region", default=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))
    parser.add_argument(
        "--account", default="", help="the account in ARNs; asked of STS if left out"
    )
    parser.add_argument("--jobs-python", type=Path, default=default_jobs_python())
    parser.add_argument("--jupyter-lab", type=Path, default=default_jupyter_lab())
    parser.add_argument("--grace-seconds", type=float, default=120.0)
    parser.add_argument("--spot-interruption-seconds", type=float, default=0.0)
    parser.add_argument(
        "--event-faults",
        default=os.environ.get("BATON_EVENT_FAULTS", ""),
        help="such as drop=0.1,repeat=0.5,reorder=0.2,delay=3,seed=7",
    )
    parser.add_argument(
        "--jumpstart", action="store_true", help="put JumpStart's models into S3 at start"
    )
    parser.add_argument("--monitoring-hour-seconds", type=float, default=3600.0)
    parser.add_argument("--monitoring-namespace", default="aws/sagemaker")
    parser.add_argument("--spot-interruptions", type=int, default=1)
    parser.add_argument("--spot-interruptions-per-hour", type=float, default=0.0)
    parser.add_argument("--spot-seed", type=int, default=0)
    parser.add_argument("--spot-wait-seconds", type=float, default=0.0)
    parser.add_argument("--serverless-idle-seconds", type=float, default=300.0)
    parser.add_argument("--scaling-period-seconds", type=float, default=60.0)
    chosen = parser.parse_args(arguments)
    try:
        EventFaults.parse(chosen.event_faults)
    except EventFaultsError as error:
        parser.error(f"--event-faults {error}")
    return Settings(**vars(chosen))


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
    ended.wait()
    server.shutdown()
    disassemble(platform)


if __name__ == "__main__":
    main()
