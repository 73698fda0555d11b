"""A new model whose alarm rings while it takes traffic: the old one serves on."""

import pytest

from tests import tables
from tests.e2e.asking import Asking

pytestmark = pytest.mark.e2e

QUESTIONS = tables.questions(tables.customers(5, seed=102), "Churn")
SHIFT = {"type": "canary", "percent": 50, "bake_minutes": 0.5}


def opening(cloud):
    cloud.define("shaky", "Churn", deploy={"shift": SHIFT})
    cloud.put("shaky/data/old.csv", tables.to_csv(tables.customers(600, seed=100, wrong=0.45)))


def test_an_alarm_takes_the_new_model_back_and_no_request_fails(cloud):
    """While both fleets stand the alarm is set off, as CloudWatch lets anybody with the right."""
    first = cloud.event("shaky", "ModelDeployed")
    sagemaker, cloudwatch = cloud.client("sagemaker"), cloud.client("cloudwatch")
    config = sagemaker.describe_endpoint(EndpointName="shaky")["EndpointConfigName"]
    before = cloud.answers("shaky", QUESTIONS)
    cloud.put("shaky/data/new.csv", tables.to_csv(tables.customers(1800, seed=101)))
    started = cloud.events("shaky", "DeploymentStarted", 2)[1]
    (alarm,) = cloudwatch.describe_alarms(AlarmNamePrefix="baton-shaky-")["MetricAlarms"]

    def rolled_back():
        cloudwatch.set_alarm_state(
            AlarmName=alarm["AlarmName"], StateValue="ALARM", StateReason="for the test"
        )
        return cloud.heard("shaky", "DeploymentRolledBack")

    with Asking(cloud, "shaky", QUESTIONS) as asking:
        assert cloud.until(rolled_back, 60), cloud.story("shaky")

    back = cloud.event("shaky", "DeploymentRolledBack")
    assert back["run"] == started["run"] != first["run"]
    assert asking.failures == []
    endpoint = sagemaker.describe_endpoint(EndpointName="shaky")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", config)
    assert cloud.answers("shaky", QUESTIONS) == before
    alert = cloud.alert("shaky", "DeploymentRolledBack")
    assert alert["MessageAttributes"]["severity"]["Value"] == "critical"
