"""Hears: CandidateApproved. Says: DeploymentStarted, or ModelDeployed for batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy_model import decide
from lifecycle.errors import RecordMissingError
from lifecycle.events import CandidateApproved
from lifecycle.feature_groups import online_groups
from lifecycle.leg import leg

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports


@leg(CandidateApproved)
def lambda_handler(cause: Cause[CandidateApproved], ports: Ports) -> Decision:
    """Load the run and its problem, and ask whether there is an endpoint already."""
    name = cause.event.problem
    run = ports.records.run(name, str(cause.event.run))
    problem = ports.records.problem(name)
    if problem is None:
        raise RecordMissingError(f"problem {name} is not recorded")
    endpoint = ports.api.describe("sagemaker", "DescribeEndpoint", {"EndpointName": name})
    groups = online_groups(name, run.definition, ports.records)
    return decide(
        cause,
        run=run,
        problem=problem,
        endpoint=endpoint,
        settings=ports.settings,
        groups=groups,
    )
