"""Hears: ModelTrained, ModelTuned. Starts the evaluation, or says ModelRefused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluate_candidate import decide
from lifecycle.errors import RecordMissingError
from lifecycle.events import ModelTrained, ModelTuned
from lifecycle.leg import leg
from lifecycle.model_proof import signed

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(ModelTrained, ModelTuned)
def lambda_handler(cause: Cause[ModelTrained | ModelTuned], ports: Ports) -> Decision:
    """Load the run and the champion of its problem, and verify the trained model's MAC."""
    name = cause.event.problem
    run = ports.records.run(name, str(cause.event.run))
    problem = ports.records.problem(name)
    if problem is None:
        raise RecordMissingError(f"problem {name} is not recorded")
    champion = ports.records.run(name, problem.champion) if problem.champion else None
    proven = run.stage == "trained" and signed(run, "trained", ports)
    return decide(cause, run, champion, ports.settings, problem=problem, proven=proven)
