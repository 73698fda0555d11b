"""What started a leg: AWS's events and our own, in one form."""

from __future__ import annotations

import pytest

from lifecycle.aws_events import (
    EndpointChanged,
    JobEnded,
    ModelPackageChanged,
    ObjectCreated,
    ScheduleTicked,
)
from lifecycle.errors import UnknownEventError
from lifecycle.events import ModelDeployed
from tests.builders import TIME, cause_of, envelope, object_created, own_event, training_ended


def test_an_event_of_aws_begins_a_chain() -> None:
    """Its own id is the correlation of all that follows."""
    cause = cause_of(object_created("churn/data/a b.csv") | {"id": "aws-1"})
    assert isinstance(cause.event, ObjectCreated)
    assert (cause.id, cause.correlation_id, cause.time) == ("aws-1", "aws-1", TIME)
    assert cause.event.problem == "churn"
    assert cause.event.uri == "s3://landing/churn/data/a b.csv"


def test_an_own_event_carries_its_chain_on() -> None:
    """Identity and time are those of its metadata: the bus gives a copy an id of its own."""
    data = {"problem": "churn", "run": "r", "endpoint": "churn", "mode": "realtime"}
    event = own_event("ModelDeployed", data, event_id="own-1", correlation_id="aws-1")
    cause = cause_of(event)
    assert isinstance(cause.event, ModelDeployed)
    assert (cause.id, cause.correlation_id) == ("own-1", "aws-1")


def test_fields_a_newer_writer_added_are_tolerated() -> None:
    """A reader never breaks on more than it knows."""
    data = {"problem": "churn", "endpoint": "churn", "mode": "realtime", "colour": "green"}
    assert not hasattr(cause_of(own_event("ModelDeployed", data)).event, "colour")


def test_effects_of_the_same_cause_have_the_same_ids() -> None:
    """And of different causes, legs or places, different ones."""
    cause = cause_of(object_created("churn/data/a.csv") | {"id": "one"})
    again = cause_of(object_created("churn/data/a.csv") | {"id": "one"})
    other = cause_of(object_created("churn/data/a.csv") | {"id": "two"})
    assert cause.effect_id("leg", 0) == again.effect_id("leg", 0)
    ids = {
        cause.effect_id("leg", 0),
        cause.effect_id("leg", 1),
        cause.effect_id("other", 0),
        other.effect_id("leg", 0),
    }
    assert len(ids) == 4


def test_a_jobs_end_tells_its_reason_and_whether_it_did_its_work() -> None:
    """The reason is there for failures only."""
    assert cause_of(training_ended("job")).event.completed
    failed = cause_of(training_ended("job", "Failed", FailureReason="AlgorithmError: no")).event
    assert isinstance(failed, JobEnded)
    assert (failed.kind, failed.completed, failed.reason) == (
        "training-job",
        False,
        "AlgorithmError: no",
    )


def test_a_failed_processing_job_tells_its_message() -> None:
    """Processing jobs say in ``ExitMessage`` what went wrong, when they say it at all."""
    detail = {
        "ProcessingJobName": "evaluate-churn",
        "ProcessingJobStatus": "Failed",
        "ExitMessage": "no column",
    }
    event = envelope("aws.sagemaker", "SageMaker Processing Job State Change", detail)
    assert cause_of(event).event.reason == "no column"


def test_unset_fields_of_aws_may_be_null_or_absent() -> None:
    """SageMaker spells "nothing" in several ways."""
    endpoint = {"EndpointName": "churn", "EndpointStatus": "IN_SERVICE", "EndpointConfigName": None}
    changed = cause_of(envelope("aws.sagemaker", "SageMaker Endpoint State Change", endpoint)).event
    assert changed == EndpointChanged(endpoint="churn", endpoint_config="", status="IN_SERVICE")
    package = {"ModelPackageArn": "arn:p", "UpdatedModelPackageFields": None}
    name = "SageMaker Model Package State Change"
    told = cause_of(envelope("aws.sagemaker", name, package)).event
    assert told == ModelPackageChanged(arn="arn:p", group="", approval="")


def test_a_schedule_is_known_by_its_rule() -> None:
    """The name without the ARN around it."""
    arn = "arn:aws:events:us-east-1:123456789012:rule/baton-Reconcile"
    event = envelope("aws.events", "Scheduled Event", {}, resources=[arn])
    assert cause_of(event).event == ScheduleTicked(rule="baton-Reconcile")


@pytest.mark.parametrize("source", ["aws.s3", "baton", "someone.else"])
def test_an_event_nobody_described_is_refused(source: str) -> None:
    """By name, so that the rule that routed it here is found."""
    with pytest.raises(UnknownEventError, match="Never Heard Of"):
        cause_of(envelope(source, "Never Heard Of", {}))
