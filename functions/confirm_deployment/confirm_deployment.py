"""The endpoint settled: the new model serves, or it was taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.cost import cost_report
from lifecycle.decision import ApiCall, Decision
from lifecycle.events import DeploymentRolledBack, ModelDeployed
from lifecycle.runs import end_run, past

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.records import JobRecord, ProblemRecord, RunRecord
    from lifecycle.settings import Settings

SETTLED = frozenset({"InService", "Failed", "OutOfService", "UpdateRollbackFailed"})


def decide_not_ours(endpoint: str) -> Decision:
    """No run of this stack deploys to the endpoint now."""
    return Decision(f"No run deploys to the endpoint {endpoint} now.")


def decide(
    cause: Cause[Any],
    *,
    job: JobRecord,
    run: RunRecord,
    problem: ProblemRecord,
    endpoint: dict[str, Any] | None,
    settings: Settings,
) -> Decision:
    """Confirm or take back, by what the endpoint itself says now.

    Events may be late, doubled or of the deployment before, so only Describe decides.

    Args:
        cause: what was heard.
        job: the deployment's row.
        run: the run that is being deployed.
        problem: its problem.
        endpoint: DescribeEndpoint, if there is an endpoint.
        settings: the stack's resources.
    """
    if run.stage != "deploying":
        return past(run)
    status = endpoint["EndpointStatus"] if endpoint else "Failed"
    if status not in SETTLED:
        return Decision(
            f"The endpoint is {status}; its next event tells.", problem=run.problem, run=run.run
        )
    serves = endpoint and endpoint["EndpointConfigName"] == run.endpoint_config
    if status == "InService" and serves:
        return _deployed(cause, job, run, problem, settings)
    reason = (endpoint or {}).get("FailureReason") or "an alarm or a failing start took it back"
    return _rolled_back(cause, job, run, problem, status=status, reason=reason)


def _deployed(
    cause: Cause[Any],
    job: JobRecord,
    run: RunRecord,
    problem: ProblemRecord,
    settings: Settings,
) -> Decision:
    mode = run.definition["deploy"]["mode"]
    champion = problem.model_copy(
        update={
            "champion": run.run,
            "deployed_at": cause.time,
            "active_run": None if problem.active_run == run.run else problem.active_run,
        }
    )
    moved = run.moved("deployed", cause.time)
    return Decision(
        f"The model of run {run.run} serves at endpoint {run.problem}.",
        problem=run.problem,
        run=run.run,
        records=(moved, job.model_copy(update={"ended": True}), champion),
        calls=tuple(
            ApiCall(
                "s3",
                "PutObject",
                {
                    "Bucket": settings.lake_bucket,
                    "Key": f"{run.problem}/runs/{run.run}/reports/cost.{suffix}",
                    "Body": body,
                    "ContentType": content_type,
                },
            )
            for suffix, content_type, body in cost_report(moved)
        ),
        events=(ModelDeployed(problem=run.problem, run=run.run, endpoint=run.problem, mode=mode),),
    )


def _rolled_back(
    cause: Cause[Any],
    job: JobRecord,
    run: RunRecord,
    problem: ProblemRecord,
    *,
    status: str,
    reason: str,
) -> Decision:
    # A failed endpoint can only be deleted (DescribeEndpoint, EndpointStatus); without this the
    # next candidate could never be deployed.
    remove = ApiCall("sagemaker", "DeleteEndpoint", {"EndpointName": run.problem})
    gone = status == "Failed" and not problem.champion
    said = DeploymentRolledBack(
        problem=run.problem, run=run.run, endpoint=run.problem, reason=reason
    )
    return Decision(
        f"The deployment was rolled back: {reason}",
        problem=run.problem,
        run=run.run,
        records=(
            run.moved("rolled_back", cause.time, reason=reason),
            job.model_copy(update={"ended": True}),
            *end_run(problem, run),
        ),
        calls=(remove,) if gone else (),
        events=(said,),
    )
