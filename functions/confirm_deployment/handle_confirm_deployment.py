"""Hears: an endpoint changed. Says: ModelDeployed or DeploymentRolledBack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confirm_deployment import decide, decide_not_ours
from lifecycle.aws_events import EndpointChanged
from lifecycle.errors import RecordMissingError
from lifecycle.events import CompletionMissed
from lifecycle.leg import leg

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(EndpointChanged, CompletionMissed)
def lambda_handler(cause: Cause[EndpointChanged | CompletionMissed], ports: Ports) -> Decision:
    """Find the run that deploys to this endpoint, and ask the endpoint how it is."""
    event = cause.event
    name = event.endpoint if isinstance(event, EndpointChanged) else event.problem
    problem = ports.records.problem(name)
    if problem is None or problem.active_run is None:
        return decide_not_ours(name)
    run = ports.records.run(name, problem.active_run)
    if run.stage == "approved":
        raise RecordMissingError(f"run {run.run} is about to deploy; its record is not there yet")
    if run.endpoint_config is None:
        return decide_not_ours(name)
    return decide(
        cause,
        job=ports.records.job("endpoint", run.endpoint_config),
        run=run,
        problem=problem,
        endpoint=ports.api.describe("sagemaker", "DescribeEndpoint", {"EndpointName": name}),
        settings=ports.settings,
    )
