"""Hears: DriftDetected, QualityDropped. Says: RetrainingStarted or RetrainingHeldBack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from answer_drift import decide
from lifecycle.events import DriftDetected, QualityDropped
from lifecycle.leg import leg
from lifecycle.records import MonthRecord

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(DriftDetected, QualityDropped)
def lambda_handler(cause: Cause[DriftDetected | QualityDropped], ports: Ports) -> Decision:
    """Load the problem and what its runs have cost this month."""
    name = cause.event.problem
    row = MonthRecord(problem=name, month=cause.time[:7])
    return decide(cause, ports.records.problem(name), ports.records.get(row) or row)
