"""Hears: ModelTrained, ModelTuned. Starts the evaluation; SageMaker says when it has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluate_candidate import decide
from lifecycle.events import ModelTrained, ModelTuned
from lifecycle.leg import leg

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(ModelTrained, ModelTuned)
def lambda_handler(cause: Cause[ModelTrained | ModelTuned], ports: Ports) -> Decision:
    """Load the run and the champion of its problem."""
    run = ports.records.run(cause.event.problem, str(cause.event.run))
    problem = ports.records.problem(cause.event.problem)
    champion = problem.champion if problem else None
    return decide(cause, run, champion, ports.settings)
