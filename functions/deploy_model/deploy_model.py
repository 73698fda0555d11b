"""A candidate was approved: make its endpoint, or shift the endpoint's traffic to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.decision import ApiCall, Decision
from lifecycle.events import DeploymentStarted, ModelDeployed
from lifecycle.names import model_name
from lifecycle.records import JobRecord
from lifecycle.requests.deployment import (
    alarm_request,
    deployment_config,
    endpoint_config_request,
    model_request,
)
from lifecycle.runs import past

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lifecycle.cause import Cause
    from lifecycle.events import CandidateApproved
    from lifecycle.records import ProblemRecord, RunRecord
    from lifecycle.settings import Settings


def decide(
    cause: Cause[CandidateApproved],
    *,
    run: RunRecord,
    problem: ProblemRecord,
    endpoint: dict[str, Any] | None,
    settings: Settings,
    groups: Mapping[str, str] | None = None,
) -> Decision:
    """Deploy the run's model.

    Args:
        cause: the approval.
        run: the approved run.
        problem: its problem.
        endpoint: DescribeEndpoint of the problem's endpoint, if there is one.
        settings: the stack's resources.
        groups: feature groups that the endpoint can look rows up in, by problem.
    """
    if run.stage != "approved":
        return past(run)
    name = model_name(run.problem, run.run)
    model = ApiCall(
        "sagemaker",
        "CreateModel",
        model_request(run, settings, groups),
        unless=("DescribeModel", {"ModelName": name}),
    )
    if run.definition["deploy"]["mode"] == "batch":
        return _for_batch(cause, run, problem, model)
    config = ApiCall(
        "sagemaker",
        "CreateEndpointConfig",
        endpoint_config_request(run, settings),
        unless=("DescribeEndpointConfig", {"EndpointConfigName": name}),
    )
    alarm = ApiCall("cloudwatch", "PutMetricAlarm", alarm_request(run.problem, settings))
    job = JobRecord(
        job_kind="endpoint",
        name=name,
        problem=run.problem,
        run=run.run,
        leg="confirm_deployment",
        started_at=cause.time,
    )
    # An endpoint of this very configuration was made by an earlier delivery of this event.
    updated = endpoint is not None and endpoint["EndpointConfigName"] != name
    shifting = f", shifting traffic {_shift(run)}" if updated else ""
    return Decision(
        f"Endpoint {run.problem} is being {'updated' if updated else 'made'}{shifting}.",
        problem=run.problem,
        run=run.run,
        records=(run.moved("deploying", cause.time, endpoint_config=name), job),
        calls=(model, config, alarm, *_endpoint_call(run, name, endpoint, settings)),
        events=(
            DeploymentStarted(
                problem=run.problem, run=run.run, endpoint=run.problem, endpoint_config=name
            ),
        ),
    )


def _endpoint_call(
    run: RunRecord, config: str, endpoint: dict[str, Any] | None, settings: Settings
) -> tuple[ApiCall, ...]:
    """Make or update the endpoint, unless an earlier delivery did."""
    request: dict[str, Any] = {"EndpointName": run.problem, "EndpointConfigName": config}
    if endpoint is None:
        request["Tags"] = [{"Key": "baton:problem", "Value": run.problem}]
        return (
            ApiCall(
                "sagemaker",
                "CreateEndpoint",
                request,
                unless=("DescribeEndpoint", {"EndpointName": run.problem}),
            ),
        )
    pending = (endpoint.get("PendingDeploymentSummary") or {}).get("EndpointConfigName")
    if config in {endpoint["EndpointConfigName"], pending}:
        return ()
    request["DeploymentConfig"] = deployment_config(run, settings)
    return (ApiCall("sagemaker", "UpdateEndpoint", request),)


def _for_batch(
    cause: Cause[CandidateApproved], run: RunRecord, problem: ProblemRecord, model: ApiCall
) -> Decision:
    """Nothing serves all day: the model is ready for the files that land under score/."""
    deployed = problem.model_copy(
        update={"champion": run.run, "active_run": None, "deployed_at": cause.time}
    )
    return Decision(
        "The model is ready to score files in bulk.",
        problem=run.problem,
        run=run.run,
        records=(run.moved("deployed", cause.time), deployed),
        calls=(model,),
        events=(
            ModelDeployed(problem=run.problem, run=run.run, endpoint=run.problem, mode="batch"),
        ),
    )


def _shift(run: RunRecord) -> str:
    shift = run.definition["deploy"]["shift"]
    percent = f" {shift['percent']} %" if shift["type"] != "all_at_once" else ""
    return f"{shift['type'].replace('_', ' ')}{percent}, {shift['bake_minutes']} min to bake"
