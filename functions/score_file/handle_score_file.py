"""Hears: a file landed under score/, or need wait no more. Says: ScoringStarted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lifecycle.aws_events import ObjectCreated
from lifecycle.events import ModelDeployed, WaitingDataReleased
from lifecycle.landed import elsewhere, known_already, lies_in, new_input, released
from lifecycle.leg import leg
from score_file import decide, decide_waiting

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(ObjectCreated, ModelDeployed, WaitingDataReleased)
def lambda_handler(
    cause: Cause[ObjectCreated | ModelDeployed | WaitingDataReleased], ports: Ports
) -> Decision:
    """Load what is known of the file, and the run that serves."""
    event = cause.event
    if isinstance(event, ModelDeployed):
        return released(event.problem, ports.records.inputs(event.problem), "score")
    if isinstance(event, ObjectCreated) and not lies_in(event.key, "score"):
        return elsewhere(event, "score")
    row = new_input(event, "score")
    known = ports.records.get(row)
    if known and not known.waiting:
        return known_already(known)
    row = known or row
    problem = ports.records.problem(event.problem)
    if problem is None or problem.champion is None:
        return known_already(row) if known else decide_waiting(cause, row, problem)
    champion = ports.records.run(event.problem, problem.champion)
    return decide(cause, row, champion, ports.settings)
