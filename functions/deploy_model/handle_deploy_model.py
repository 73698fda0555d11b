"""Hears: CandidateApproved. Says: DeploymentStarted, ModelDeployed for batch, or ModelRefused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy_model import decide
from lifecycle.errors import RecordMissingError
from lifecycle.events import CandidateApproved
from lifecycle.feature_groups import online_groups
from lifecycle.leg import leg
from lifecycle.model_proof import doubt, signed
from lifecycle.runs import UNSIGNED, refused

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports
    from lifecycle.records import RunRecord


@leg(CandidateApproved)
def lambda_handler(cause: Cause[CandidateApproved], ports: Ports) -> Decision:
    """Load the run and its problem, and ask whether there is an endpoint already."""
    name = cause.event.problem
    run = ports.records.run(name, str(cause.event.run))
    problem = ports.records.problem(name)
    if problem is None:
        raise RecordMissingError(f"problem {name} is not recorded")
    if run.stage == "approved" and (why := _doubt(run, ports)):
        return refused(run, problem, before="deployment", reason=why, at=cause.time)
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


def _doubt(run: RunRecord, ports: Ports) -> str:
    """Why the run's package may not serve; nothing when it is the one that was judged."""
    if not signed(run, "package", ports):
        return UNSIGNED
    return doubt(run, str(run.model_sha256), ports)
