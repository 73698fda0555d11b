"""ExperimentConfig of jobs: what is refused, and what a component joins."""

import pytest

from local.sagemaker.api.errors import ResourceNotFound, ValidationException
from local.sagemaker.experiments.experiment_config import check_experiment, join_experiment
from tests.unit.local.sagemaker.world import call, unique


@pytest.fixture
def experiment(platform):
    name = unique("experiment")
    call(platform, "CreateExperiment", ExperimentName=name)
    return name


def component(platform, name=""):
    name = name or unique("component")
    call(platform, "CreateTrialComponent", TrialComponentName=name)
    return call(platform, "DescribeTrialComponent", TrialComponentName=name)


def trials_of(platform, experiment):
    return call(platform, "ListTrials", ExperimentName=experiment)["TrialSummaries"]


def test_experiments_and_trials_must_be_there(platform, experiment):
    """A trial must be one of the experiment's; a run needs an experiment."""
    other = unique("experiment")
    call(platform, "CreateExperiment", ExperimentName=other)
    trial = unique("trial")
    call(platform, "CreateTrial", ExperimentName=other, TrialName=trial)
    with pytest.raises(ResourceNotFound):
        check_experiment(platform, {"ExperimentConfig": {"ExperimentName": "nowhere"}})
    with pytest.raises(ResourceNotFound):
        check_experiment(platform, {"ExperimentConfig": {"TrialName": "nowhere"}})
    both = {"ExperimentName": experiment, "TrialName": trial}
    with pytest.raises(ValidationException, match=f"belongs to experiment {other}"):
        check_experiment(platform, {"ExperimentConfig": both})
    with pytest.raises(ValidationException, match="needs an ExperimentName"):
        check_experiment(platform, {"ExperimentConfig": {"RunName": "run"}})


def test_a_trial_is_made_once_for_a_component_without_one(platform, experiment):
    """Joining again, as after a kill, changes nothing."""
    made = component(platform)
    for _ in range(2):
        join_experiment(platform, made, {"ExperimentName": experiment})
    (trial,) = trials_of(platform, experiment)
    inside = call(platform, "ListTrialComponents", TrialName=trial["TrialName"])

    names = [item["TrialComponentName"] for item in inside["TrialComponentSummaries"]]
    assert names == [made["TrialComponentName"]]


def test_a_component_is_associated_with_its_run(platform, experiment):
    """A run is the trial component that the Python SDK names after experiment and run."""
    run = component(platform, f"{experiment}-first")
    made = component(platform)
    join_experiment(platform, made, {"ExperimentName": experiment, "RunName": "first"})
    found = call(platform, "ListAssociations", SourceArn=made["TrialComponentArn"])

    (edge,) = found["AssociationSummaries"]
    assert (edge["DestinationArn"], edge["AssociationType"]) == (
        run["TrialComponentArn"],
        "AssociatedWith",
    )
