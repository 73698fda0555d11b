"""Hears: whatever may make a run due. Says: RunStarted or BudgetExceeded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.events import (
    CandidateRejected,
    DataIngested,
    DataRejected,
    DeploymentRolledBack,
    ModelDeployed,
    ModelRefused,
    PreparationFailed,
    ProblemDefined,
    RetrainingStarted,
    SnapshotClosed,
    TrainingFailed,
)
from lifecycle.leg import leg
from lifecycle.records import MonthRecord
from lifecycle.snapshots import Snapshots
from start_run import decide

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.events import Event
    from lifecycle.ports import Ports


@leg(
    DataIngested,
    SnapshotClosed,
    ProblemDefined,
    RetrainingStarted,
    ModelDeployed,
    CandidateRejected,
    PreparationFailed,
    TrainingFailed,
    ModelRefused,
    DeploymentRolledBack,
    DataRejected,
)
def lambda_handler(cause: Cause[Event], ports: Ports) -> Decision:
    """Load the problem, all its inputs, and what its runs have cost this month."""
    name = cause.event.problem
    row = MonthRecord(problem=name, month=cause.time[:7])
    month = ports.records.get(row) or row
    problem = ports.records.problem(name)
    snapshots = Snapshots(name, ports.records.snapshots(name))
    inputs = ports.records.inputs(name)
    return decide(cause, problem, inputs, month, ports.settings, snapshots=snapshots)
