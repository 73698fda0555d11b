"""Hears: a problem.yaml landed in S3. Says: ProblemDefined or ProblemRejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from define_problem import decide
from lifecycle.aws_events import ObjectCreated
from lifecycle.leg import leg

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(ObjectCreated)
def lambda_handler(cause: Cause[ObjectCreated], ports: Ports) -> Decision:
    """Load the landed text and the definition in force."""
    text = ports.objects.read(cause.event.uri)
    existing = ports.records.problem(cause.event.problem)
    return decide(cause, text, existing, ports.settings)
