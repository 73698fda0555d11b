"""Search over whatever the store holds."""

import pytest

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.search import record_member
from tests.unit.local.sagemaker.world import add_config, add_model, call, plain_archive, unique
from tests.unit.local.sagemaker.world import variant as serve


def where(name, value, operator="Equals"):
    return {"Filters": [{"Name": name, "Operator": operator, "Value": value}]}


def search(platform, resource, expression, **more):
    answer = call(platform, "Search", Resource=resource, SearchExpression=expression, **more)
    return [record[record_member(resource)] for record in answer["Results"]]


@pytest.mark.parametrize(
    ("resource", "kind", "member"),
    [
        ("Pipeline", "pipeline", "PipelineName"),
        ("PipelineExecution", "pipeline-execution", "PipelineExecutionDisplayName"),
        ("HyperParameterTuningJob", "hyper-parameter-tuning-job", "HyperParameterTuningJobName"),
        ("Endpoint", "endpoint", "EndpointName"),
        ("Project", "project", "ProjectName"),
    ],
)
def test_a_kind_is_found_whoever_stored_it(platform, resource, kind, member):
    """The name of a resource in Search gives the kind of its documents."""
    name = unique("thing")
    platform.create(kind, name, {member: name, "CreationTime": platform.now()})

    assert [item[member] for item in search(platform, resource, where(member, name))] == [name]


def test_training_jobs_are_sorted_by_a_metric(platform):
    """`Metrics.<name>` is the final value; jobs without it come last when it descends."""
    family = unique("family")
    for auc in (0.7, 0.9, None, 0.8):
        metrics = [] if auc is None else [{"MetricName": "validation:auc", "Value": auc}]
        platform.create(
            "training-job",
            unique("job"),
            {
                "TrainingJobName": str(auc),
                "CreationTime": platform.now(),
                "FinalMetricDataList": metrics,
                "Tags": [{"Key": "family", "Value": family}],
            },
        )
    found = search(
        platform, "TrainingJob", where("Tags.family", family), SortBy="Metrics.validation:auc"
    )

    assert [job["TrainingJobName"] for job in found] == ["0.9", "0.8", "0.7", "None"]


def test_a_model_is_shown_with_the_endpoints_that_serve_it(platform):
    """As on the model dashboard."""
    model = add_model(platform, plain_archive())
    config = add_config(platform, serve(model))
    endpoint = unique("endpoint")
    platform.create(
        "endpoint",
        endpoint,
        {"EndpointName": endpoint, "EndpointConfigName": config, "CreationTime": 1.0},
    )
    (found,) = search(platform, "Model", where("ModelName", model))

    assert found["Model"]["ModelName"] == model
    assert [item["EndpointName"] for item in found["Endpoints"]] == [endpoint]


def test_no_other_account_shares_anything(platform):
    """CrossAccount finds nothing; the newest is first otherwise."""
    name = unique("experiment")
    for number in (1, 2):
        call(platform, "CreateExperiment", ExperimentName=f"{name}-{number}")
    both = where("ExperimentName", name, "Contains")

    newest = [f"{name}-2", f"{name}-1"]
    sort = {"SortBy": "ExperimentName"}
    assert [
        item["ExperimentName"] for item in search(platform, "Experiment", both, **sort)
    ] == newest
    assert search(platform, "Experiment", both, CrossAccountFilterOption="CrossAccount") == []


@pytest.mark.parametrize("resource", ["Image", "ImageVersion"])
def test_what_a_search_record_cannot_hold_is_refused_by_name(platform, resource):
    """The API's enum has them, its answer does not."""
    with pytest.raises(ValidationException, match=f"does not support: Resource {resource}"):
        search(platform, resource, where("ImageName", "x"))


def test_more_than_fifty_conditions_are_refused(platform):
    """AWS's bound, counted through all levels."""
    twenty = {"Filters": where("ExperimentName", "x")["Filters"] * 20}

    with pytest.raises(ValidationException, match="50 conditions"):
        search(platform, "Experiment", {"SubExpressions": [twenty] * 3})
