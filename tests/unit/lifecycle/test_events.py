"""Own events: facts with a name, a version, and a form that can be read again."""

from __future__ import annotations

import json
import re

import pytest
from pydantic import ValidationError

from lifecycle.events import CATALOGUE, Event, ModelDeployed
from tests.builders import cause_of, own_event

NAMED_BY_THE_CONTRACT = {
    "ProblemDefined",
    "ProblemRejected",
    "DataIngested",
    "DataRejected",
    "DataPrepared",
    "FeaturesStored",
    "LabelsRequested",
    "DataLabeled",
    "TrainingStarted",
    "ModelTrained",
    "TuningStarted",
    "ModelTuned",
    "TrainingFailed",
    "CandidateEvaluated",
    "CandidateApproved",
    "CandidateRejected",
    "ApprovalRequested",
    "DeploymentStarted",
    "ModelDeployed",
    "DeploymentRolledBack",
    "PredictionsReady",
    "DriftDetected",
    "QualityDropped",
    "RetrainingStarted",
    "BudgetExceeded",
}


def test_every_event_of_the_contract_is_in_the_catalogue() -> None:
    """Users subscribe to these names."""
    assert set(CATALOGUE) >= NAMED_BY_THE_CONTRACT


@pytest.mark.parametrize("cls", CATALOGUE.values(), ids=CATALOGUE)
def test_an_event_is_named_versioned_and_explained(cls: type[Event]) -> None:
    """Its name is written out, not derived, and it says in a sentence what happened."""
    assert "detail_type" in vars(cls)
    assert re.fullmatch(r"[A-Z][A-Za-z]+", cls.detail_type)
    assert cls.version >= 1
    assert cls.__doc__


def test_an_event_cannot_be_changed() -> None:
    """Facts do not."""
    said = ModelDeployed(problem="churn", endpoint="churn", mode="realtime")
    with pytest.raises(ValidationError):
        said.mode = "batch"


def test_an_event_is_read_as_it_was_written() -> None:
    """Through JSON and the bus and back."""
    said = ModelDeployed(problem="churn", run="r", endpoint="churn", mode="realtime")
    data = json.loads(said.model_dump_json())
    assert cause_of(own_event("ModelDeployed", data)).event == said
