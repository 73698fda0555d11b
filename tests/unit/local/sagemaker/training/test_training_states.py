"""Legal moves of a training job."""

import uuid

import pytest

from local.sagemaker.training.training_states import (
    FOLLOWERS,
    KIND,
    STATUS_OF,
    IllegalMoveError,
    first_transition,
    move,
)


@pytest.fixture
def job(platform):
    name = f"states-{uuid.uuid4().hex[:8]}"
    document = {"TrainingJobName": name, "TrainingJobArn": platform.arn(KIND, name)}
    platform.create(KIND, name, document | first_transition(platform.now()))
    return name


def test_every_state_leads_to_an_end():
    """From each state some final state can be reached; final ones lead nowhere."""
    ends = {"Completed", "Failed", "Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"}
    reached = set(ends)
    while more := {state for state, after in FOLLOWERS.items() if after & reached} - reached:
        reached |= more

    assert set(FOLLOWERS) <= reached
    assert not ends & set(FOLLOWERS)
    assert {STATUS_OF[end] for end in ends} == {"Completed", "Failed", "Stopped"}


def test_a_move_closes_the_state_before_it(platform, job):
    """Each transition ends when the next begins; a final one ends at once."""
    move(platform, job, "Downloading")
    move(platform, job, "Failed", FailureReason="ClientError: no")
    steps = platform.get(KIND, job)["SecondaryStatusTransitions"]

    assert [step["Status"] for step in steps] == ["Starting", "Downloading", "Failed"]
    assert steps[0]["EndTime"] == steps[1]["StartTime"]
    assert "EndTime" in steps[2]
    assert steps[2]["StatusMessage"] == "ClientError: no"


def test_an_illegal_move_changes_nothing(platform, job):
    """A job cannot complete before it ran."""
    with pytest.raises(IllegalMoveError):
        move(platform, job, "Completed")

    assert platform.get(KIND, job)["SecondaryStatus"] == "Starting"


def test_uploading_after_a_stop_is_still_stopping(platform, job):
    """TrainingJobStatus never goes back from Stopping to InProgress."""
    move(platform, job, "Stopping")
    assert move(platform, job, "Uploading")["TrainingJobStatus"] == "Stopping"
    assert move(platform, job, "Stopped")["TrainingJobStatus"] == "Stopped"
