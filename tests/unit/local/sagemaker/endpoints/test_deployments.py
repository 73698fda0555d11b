"""UpdateEndpoint shifts traffic to a new fleet, and back; no request fails meanwhile."""

import threading

import pytest

from local.sagemaker.api.errors import ApiError, ValidationException
from local.sagemaker.assembly import disassemble, recover
from local.sagemaker.endpoints.deployments import check_plan, parts
from tests.unit.local.sagemaker.world import (
    ECHO_SCRIPT,
    FAILING_SCRIPT,
    SLOW_SCRIPT,
    add_config,
    add_endpoint,
    add_model,
    call,
    invoke,
    make_platform,
    plain_archive,
    script_archive,
    settle,
    told,
    unique,
    until,
    variant,
)


def plan(kind="ALL_AT_ONCE", wait=0, *, alarm="", termination=0, **routing):
    made = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": kind,
                "WaitIntervalInSeconds": wait,
                **routing,
            },
            "TerminationWaitInSeconds": termination,
            "MaximumExecutionTimeoutInSeconds": 600,
        }
    }
    if alarm:
        made["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": alarm}]}
    return made


def percent(value):
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def rolling(value, wait=0, **more):
    policy = {
        "MaximumBatchSize": percent(value),
        "WaitIntervalInSeconds": wait,
        "MaximumExecutionTimeoutInSeconds": 600,
    }
    return {"RollingUpdatePolicy": policy, **more}


def echo(platform, greeting, **more):
    model = add_model(platform, script_archive(ECHO_SCRIPT), GREETING=greeting)
    return add_config(platform, variant(model, **more))


def update(platform, name, config, deployment=None, **more):
    if deployment:
        more["DeploymentConfig"] = deployment
    call(platform, "UpdateEndpoint", EndpointName=name, EndpointConfigName=config, **more)


class Load:
    """Clients that ask all the time, and what they were answered."""

    def __init__(self, platform, name, threads=4):
        self.answers, self.failures = [], []
        self._ended = threading.Event()
        self._platform, self._name = platform, name
        self._threads = [threading.Thread(target=self._ask) for _ in range(threads)]

    def _ask(self):
        while not self._ended.is_set():
            try:
                self.answers.append(invoke(self._platform, self._name, b"you")["Body"])
            except ApiError as error:
                self.failures.append(error.message)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()


def test_the_steps_are_those_of_the_policy():
    """All at once, a canary's two, a line's many; INSTANCE_COUNT is a part of the fleet."""
    assert parts({}, 1) == [1.0]
    assert parts(plan("CANARY", CanarySize=percent(10)), 1) == [0.1, 1.0]
    assert parts(plan("LINEAR", LinearStepSize=percent(50)), 1) == [0.5, 1.0]
    assert parts(plan("LINEAR", LinearStepSize=percent(30)), 1) == pytest.approx([0.3, 0.6, 0.9, 1])
    assert parts(plan("CANARY", CanarySize={"Type": "INSTANCE_COUNT", "Value": 1}), 4) == [0.25, 1]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (plan("CANARY"), "CanarySize is required"),
        (plan("CANARY", CanarySize=percent(51)), "between 1 and 50"),
        (plan("LINEAR", LinearStepSize=percent(5)), "between 10 and 50"),
        (plan("CANARY", 600, CanarySize=percent(10)), "sum of all waits"),
        (rolling(51), "between 5 and 50"),
        (rolling(50, 300), "sum of all waits"),
        (
            plan() | {"RollingUpdatePolicy": {"MaximumBatchSize": percent(50)}},
            "one update policy only",
        ),
    ],
)
def test_a_plan_that_aws_refuses_is_refused(wrong, reason):
    """Before anything starts."""
    with pytest.raises(ValidationException, match=reason):
        check_plan(wrong)


@pytest.mark.parametrize(
    "deployment",
    [
        None,
        plan(),
        plan("CANARY", 1, CanarySize=percent(20)),
        plan("LINEAR", 0, LinearStepSize=percent(25)),
        rolling(50),
    ],
    ids=["default", "all at once", "canary", "linear", "rolling"],
)
def test_no_request_fails_while_traffic_shifts(platform, deployment):
    """Under concurrent load, the old model answers first and the new one last."""
    name = add_endpoint(platform, echo(platform, "old", InitialInstanceCount=2))
    config = echo(platform, "new", InitialInstanceCount=2)
    with Load(platform, name) as load:
        until(lambda: load.answers)
        update(platform, name, config, deployment)
        found = settle(platform, name)
        until(lambda: load.answers[-1] == b"new you")

    assert load.failures == []
    assert load.answers[0] == b"old you"
    assert set(load.answers) == {b"old you", b"new you"}
    assert found["EndpointConfigName"] == config
    assert "PendingDeploymentSummary" not in found
    assert invoke(platform, name)["Body"].startswith(b"new")


def test_a_canary_gets_its_part_while_it_bakes(platform):
    """About a fifth of the requests, and the deployment is told with its status."""
    name = add_endpoint(platform, echo(platform, "old"))
    arn = platform.arn("endpoint", name)
    update(platform, name, echo(platform, "new"), plan("CANARY", 2, CanarySize=percent(20)))

    def statuses():
        told_so_far = told(platform, "SageMaker Endpoint Deployment State Change", arn)
        summaries = [event["PendingDeploymentSummary"] for event in told_so_far]
        return [entry["ProductionVariants"][0]["VariantStatus"][0]["Status"] for entry in summaries]

    until(lambda: "Baking" in statuses())
    answers = [invoke(platform, name, b"you")["Body"] for _ in range(300)]
    pending = call(platform, "DescribeEndpoint", EndpointName=name)["PendingDeploymentSummary"]
    settle(platform, name)

    assert 0.08 < answers.count(b"new you") / 300 < 0.35
    assert pending["ProductionVariants"][0]["CurrentWeight"] == 0.2
    assert statuses() == ["Creating", "Baking", "ActivatingTraffic"]


def test_an_alarm_takes_the_new_fleet_back(platform):
    """The old fleet has all traffic again; the reason names the alarm; AWS's events tell it."""
    old = echo(platform, "old")
    name, alarm = add_endpoint(platform, old), unique("alarm")
    arn = platform.arn("endpoint", name)
    platform.clients.alarms[alarm] = "OK"
    with Load(platform, name) as load:
        update(
            platform,
            name,
            echo(platform, "new"),
            plan("CANARY", 30, alarm=alarm, CanarySize=percent(50)),
        )
        until(lambda: b"new you" in load.answers)
        platform.clients.alarms[alarm] = "ALARM"
        found = settle(platform, name)

    assert load.failures == []
    assert found["EndpointConfigName"] == old
    assert alarm in found["FailureReason"]
    assert {invoke(platform, name, b"you")["Body"] for _ in range(20)} == {b"old you"}
    events = told(platform, "SageMaker Endpoint State Change", arn)
    assert [event["EndpointStatus"] for event in events][-3:] == [
        "UPDATING",
        "ROLLING_BACK",
        "IN_SERVICE",
    ]


def test_a_rolling_update_replaces_a_batch_at_a_time_and_rolls_back(platform):
    """One new instance beside two old ones, then an alarm: the old ones have everything again."""
    name, alarm = add_endpoint(platform, echo(platform, "old", InitialInstanceCount=2)), unique("a")
    platform.clients.alarms[alarm] = "OK"
    watched = rolling(50, 1, AutoRollbackConfiguration={"Alarms": [{"AlarmName": alarm}]})
    live = platform.active["endpoint", name]
    old = live.fleet.variants[0]
    with Load(platform, name) as load:
        update(platform, name, echo(platform, "new", InitialInstanceCount=2), watched)
        until(lambda: len(old.instances) == 1)
        platform.clients.alarms[alarm] = "ALARM"
        found = settle(platform, name)

    assert load.failures == []
    assert alarm in found["FailureReason"]
    assert found["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert {invoke(platform, name, b"you")["Body"] for _ in range(20)} == {b"old you"}
    assert len(live.fleet.instances) == len(old.instances) == 2


def test_rolling_updates_are_for_one_variant_with_instances(platform):
    """Others are refused, as AWS does."""
    model = add_model(platform, script_archive(ECHO_SCRIPT))
    two = add_config(platform, variant(model, VariantName="a"), variant(model, VariantName="b"))
    name = add_endpoint(platform, echo(platform, "old"))
    with pytest.raises(ValidationException, match="more than one production variant"):
        update(platform, name, two, rolling(50))


def test_the_deployment_of_a_new_endpoint_is_what_an_update_retains(platform):
    """CreateEndpoint's DeploymentConfig, with RetainDeploymentConfig."""
    name = unique("endpoint")
    call(
        platform,
        "CreateEndpoint",
        EndpointName=name,
        EndpointConfigName=echo(platform, "old"),
        DeploymentConfig=plan("LINEAR", 0, LinearStepSize=percent(50)),
    )
    settle(platform, name)
    update(platform, name, echo(platform, "new"), RetainDeploymentConfig=True)
    settle(platform, name)
    arn = platform.arn("endpoint", name)
    events = told(platform, "SageMaker Endpoint Deployment State Change", arn)

    weights = [
        event["PendingDeploymentSummary"]["ProductionVariants"][0]["CurrentWeight"]
        for event in events
    ]
    assert weights == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("state", ["ALARM", "", "OK"])
def test_alarms_are_looked_at_before_anything_starts(platform, state):
    """One that fires already, or does not exist, ends the deployment."""
    old, new = echo(platform, "old"), echo(platform, "new")
    name, alarm = add_endpoint(platform, old), unique("alarm")
    if state:
        platform.clients.alarms[alarm] = state
    update(platform, name, new, plan(alarm=alarm))

    assert settle(platform, name)["EndpointConfigName"] == (new if state == "OK" else old)


def test_a_model_that_does_not_start_leaves_the_old_one_serving(platform):
    """The endpoint is InService with the reason beside it."""
    old = echo(platform, "old")
    name = add_endpoint(platform, old)
    bad = add_config(platform, variant(add_model(platform, script_archive(FAILING_SCRIPT))))
    update(platform, name, bad)
    found = settle(platform, name)

    assert found["EndpointConfigName"] == old
    assert "the weights are torn" in found["FailureReason"]
    assert invoke(platform, name, b"you")["Body"] == b"old you"


def test_the_old_fleet_answers_what_it_has_before_it_ends(platform):
    """A request that takes a second outlives a shift that takes less."""
    slow = add_config(platform, variant(add_model(platform, script_archive(SLOW_SCRIPT))))
    name = add_endpoint(platform, slow)
    answers = []
    asking = threading.Thread(target=lambda: answers.append(invoke(platform, name, b"1.0")["Body"]))
    asking.start()
    until(platform.active["endpoint", name].traffic.busy)
    update(platform, name, echo(platform, "new"))
    settle(platform, name)
    first = invoke(platform, name, b"you")["Body"]
    asking.join()

    assert (first, answers) == (b"new you", [b"slow"])


def test_an_update_under_way_refuses_another(platform):
    """And deleting, too."""
    name = add_endpoint(platform, echo(platform, "old"))
    config = echo(platform, "new")
    update(platform, name, config, plan(termination=1))
    with pytest.raises(ValidationException, match="Cannot update in-progress endpoint"):
        update(platform, name, config)
    with pytest.raises(ValidationException, match="Cannot update in-progress endpoint"):
        call(platform, "DeleteEndpoint", EndpointName=name)
    settle(platform, name)


def test_a_real_time_endpoint_does_not_become_serverless(platform):
    """The other way is allowed."""
    model = add_model(platform, plain_archive())
    serverless = add_config(
        platform, variant(model, ServerlessConfig={"MemorySizeInMB": 1024, "MaxConcurrency": 1})
    )
    name = add_endpoint(platform, add_config(platform, variant(model)))

    with pytest.raises(ValidationException, match="real-time endpoint to a serverless"):
        update(platform, name, serverless)


def test_variant_properties_can_be_kept(platform):
    """RetainAllVariantProperties keeps what was set at run time."""
    model = add_model(platform, plain_archive())
    name = add_endpoint(platform, add_config(platform, variant(model)))
    call(
        platform,
        "UpdateEndpointWeightsAndCapacities",
        EndpointName=name,
        DesiredWeightsAndCapacities=[{"VariantName": "primary", "DesiredInstanceCount": 2}],
    )
    settle(platform, name)
    update(platform, name, add_config(platform, variant(model)), RetainAllVariantProperties=True)

    assert settle(platform, name)["ProductionVariants"][0]["CurrentInstanceCount"] == 2


def test_an_update_that_a_restart_interrupted_is_carried_out(tmp_path):
    """The old model serves until the new one does."""
    first = make_platform(tmp_path / "data", tmp_path / "objects")
    name = add_endpoint(first, echo(first, "old"))
    config = echo(first, "new")
    update(first, name, config, plan(termination=300))
    until(lambda: invoke(first, name, b"you")["Body"] == b"new you")
    disassemble(first)

    again = make_platform(tmp_path / "data", tmp_path / "objects")
    document = again.store.get("endpoint", name)
    assert document["EndpointStatus"] == "Updating"
    pending = document["_Pending"]
    policy = pending["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    policy["TerminationWaitInSeconds"] = 0
    again.store.update("endpoint", name, _Pending=pending)
    recover(again)
    found = settle(again, name)
    answer = invoke(again, name, b"you")["Body"]
    disassemble(again)

    assert (found["EndpointConfigName"], answer) == (config, b"new you")
