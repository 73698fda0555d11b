"""Hears: DataPrepared. Says: TuningStarted or TrainingStarted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.events import DataPrepared
from lifecycle.leg import leg
from start_training import decide

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(DataPrepared)
def lambda_handler(cause: Cause[DataPrepared], ports: Ports) -> Decision:
    """Load the run."""
    run = ports.records.run(cause.event.problem, str(cause.event.run))
    return decide(cause, run, ports.settings)
