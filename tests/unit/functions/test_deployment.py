"""From an approved candidate to a model that serves, or is taken back."""

from __future__ import annotations

from typing import Any

import pytest

from confirm_deployment import decide as confirm
from deploy_model import decide as deploy
from lifecycle.events import DeploymentRolledBack, DeploymentStarted, ModelDeployed
from lifecycle.settings import Settings
from tests.builders import (
    PROBLEM,
    RUN,
    cause_of,
    envelope,
    job_record,
    own_event,
    prepared_run,
    problem_record,
)

SETTINGS = Settings(lake_bucket="lake", event_bus="baton")
CONFIG = "churn-20260203-101112-3fa94c"
APPROVED = {"problem": PROBLEM, "run": RUN, "model_package": "arn", "by": "rules"}


def deployed(endpoint: dict[str, Any] | None = None, extra: str = "", **changes: Any) -> Any:
    return deploy(
        cause_of(own_event("CandidateApproved", APPROVED)),
        run=prepared_run(extra, **({"stage": "approved"} | changes)),
        problem=problem_record(active_run=RUN),
        endpoint=endpoint,
        settings=SETTINGS,
    )


def operations(decision: Any) -> list[str]:
    return [call.operation for call in decision.calls]


def test_the_first_model_makes_the_endpoint():
    """Model and configuration first, the endpoint last; each of them once."""
    decision = deployed()

    assert operations(decision) == [
        "CreateModel",
        "CreateEndpointConfig",
        "PutMetricAlarm",
        "CreateEndpoint",
    ]
    assert decision.records[0].endpoint_config == CONFIG
    assert isinstance(decision.events[0], DeploymentStarted)


def test_an_endpoint_stores_no_requests_of_a_problem_with_personal_data():
    """Data capture would keep them as they came; the front door captures without them."""
    (config,) = [
        call.request
        for call in deployed(extra="compliance: {pii: [email]}\n").calls
        if call.operation == "CreateEndpointConfig"
    ]

    assert "DataCaptureConfig" not in config
    assert "DataCaptureConfig" in deployed().calls[1].request


def test_a_later_model_shifts_traffic_and_names_the_alarm_that_takes_it_back():
    """Blue/green by UpdateEndpoint."""
    decision = deployed({"EndpointConfigName": "churn-before", "EndpointStatus": "InService"})

    request = decision.calls[-1].request
    assert operations(decision)[-1] == "UpdateEndpoint"
    config = request["DeploymentConfig"]
    routing = config["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == "CANARY"
    assert routing["WaitIntervalInSeconds"] == 300
    assert config["AutoRollbackConfiguration"]["Alarms"] == [
        {"AlarmName": "baton-churn-server-errors"}
    ]


@pytest.mark.parametrize(
    "endpoint",
    [
        {"EndpointConfigName": CONFIG},
        {
            "EndpointConfigName": "churn-before",
            "PendingDeploymentSummary": {"EndpointConfigName": CONFIG},
        },
    ],
)
def test_an_endpoint_that_has_or_gets_this_model_is_not_updated_again(endpoint):
    """UpdateEndpoint has no name to meet an earlier delivery by."""
    assert "UpdateEndpoint" not in operations(deployed(endpoint))


def test_for_batch_no_endpoint_is_made():
    """The model waits for files to score."""
    decision = deployed(extra="deploy: {mode: batch}\n")

    assert operations(decision) == ["CreateModel"]
    assert decision.records[1].champion == RUN
    assert decision.events[0].mode == "batch"


def test_a_run_beyond_approval_is_not_deployed_again():
    """A repeated approval finds nothing to do."""
    assert deployed(stage="deploying").calls == ()


def confirmed(endpoint: dict[str, Any] | None, **problem: Any) -> Any:
    told = {"EndpointName": PROBLEM, "EndpointStatus": "IN_SERVICE"}
    cause = cause_of(envelope("aws.sagemaker", "SageMaker Endpoint State Change", told))
    return confirm(
        cause,
        job=job_record("endpoint", CONFIG),
        run=prepared_run(stage="deploying", endpoint_config=CONFIG),
        problem=problem_record(**({"active_run": RUN} | problem)),
        endpoint=endpoint,
        settings=SETTINGS,
    )


def test_an_endpoint_in_service_with_our_model_makes_it_the_champion():
    """The run ends, the problem is free for its next run, and the cost report is written."""
    decision = confirmed({"EndpointStatus": "InService", "EndpointConfigName": CONFIG})

    run, job, problem = decision.records
    assert (run.stage, job.ended) == ("deployed", True)
    assert (problem.champion, problem.active_run) == (RUN, None)
    assert isinstance(decision.events[0], ModelDeployed)
    assert [call.request["Key"].rsplit("/", 1)[-1] for call in decision.calls] == [
        "cost.json",
        "cost.html",
    ]


def test_in_service_with_the_model_before_means_rolled_back():
    """The champion before it keeps serving."""
    decision = confirmed(
        {"EndpointStatus": "InService", "EndpointConfigName": "churn-before"}, champion="r0"
    )

    assert isinstance(decision.events[0], DeploymentRolledBack)
    assert decision.records[0].stage == "rolled_back"
    assert decision.records[-1].champion == "r0"
    assert decision.calls == ()


def test_a_first_endpoint_that_failed_is_removed_so_that_the_next_can_be_made():
    """After Failed, only DeleteEndpoint works."""
    decision = confirmed(
        {"EndpointStatus": "Failed", "EndpointConfigName": CONFIG, "FailureReason": "no ping"}
    )

    assert operations(decision) == ["DeleteEndpoint"]
    assert decision.events[0].reason == "no ping"


@pytest.mark.parametrize("status", ["Creating", "Updating", "RollingBack"])
def test_while_the_endpoint_moves_nothing_is_said(status):
    """Its next event tells."""
    decision = confirmed({"EndpointStatus": status, "EndpointConfigName": CONFIG})

    assert decision.events == ()
    assert decision.records == ()
