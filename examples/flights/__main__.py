"""`make demo`: a model's whole life on real flights, on a laptop cloud of its own."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from cli.errors import CliError
from cli.output import duration
from examples.flights.dataset import DatasetMissingError
from examples.flights.laptop import CloudNotReadyError, Laptop
from examples.flights.screen import Screen
from examples.flights.story import Demo, StoryError

if TYPE_CHECKING:
    from types import FrameType

FAULTS = (
    StoryError,
    CloudNotReadyError,
    DatasetMissingError,
    CliError,
    BotoCoreError,
    ClientError,
)


def main() -> int:
    """Play the demo; 0 only if all of it happened, and clean up in any case."""
    signal.signal(signal.SIGTERM, _stop)
    screen = Screen()
    screen.console.print(
        "[bold]Baton[/]: from a dropped file to a served, watched, retrained model"
    )
    laptop = Laptop()
    code = 1
    with tempfile.TemporaryDirectory(prefix="baton-flights-") as folder:
        demo = Demo(screen, laptop, Path(folder))
        try:
            screen.outcome(demo.play())
            code = 0
        except FAULTS as error:
            told = "\n".join([str(error), *laptop.faults()])
            screen.failed(demo.chapter or "start", told, str(laptop.logs))
        except KeyboardInterrupt:
            screen.console.print("\nstopped")
            code = 130
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if demo.passengers is not None:
                demo.passengers.stop()
            laptop.stop()
            laptop.forget(keep_logs=code == 1)
    if code == 0:
        passed = duration(screen.passed)
        screen.console.print(f"\n[bold green]All of it happened[/], in {passed}. Cleaned up.")
    return code


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
