"""The trial components, artifacts and associations of jobs, from their documents."""

import pytest

from local.sagemaker.assembly import disassemble
from local.sagemaker.lineage.lineage_jobs import tracked
from local.sagemaker.lineage.lineage_tracking import begin_tracking, end_tracking, track
from tests.unit.local.sagemaker.world import (
    IMAGE,
    add_model,
    call,
    make_platform,
    plain_archive,
    unique,
    until,
)

CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """One of this file's own: it looks at all that is stored, and others store parts of things."""
    made = make_platform(tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("objects"))
    yield made
    disassemble(made)


def keep(platform, kind, word, status="Completed", **members):
    """Store a job as its own module would; its ARN."""
    name = unique("job")
    document = {
        f"{word}JobName": name,
        f"{word}JobArn": platform.arn(kind, name),
        f"{word}JobStatus": status,
        "CreationTime": platform.now(),
        **members,
    }
    return platform.create(kind, name, document)


def processing(platform, status="Completed", **more):
    place = unique("place")
    arn = keep(
        platform,
        "processing-job",
        "Processing",
        status,
        AppSpecification={"ImageUri": IMAGE},
        ProcessingResources={"ClusterConfig": CLUSTER},
        ProcessingInputs=[{"InputName": "in", "S3Input": {"S3Uri": f"s3://lake/{place}/in"}}],
        ProcessingOutputConfig={
            "Outputs": [{"OutputName": "out", "S3Output": {"S3Uri": f"s3://lake/{place}/out"}}]
        },
        **more,
    )
    return arn, place


def component_of(platform, arn):
    listed = call(platform, "ListTrialComponents", SourceArn=arn)["TrialComponentSummaries"]
    return call(
        platform, "DescribeTrialComponent", TrialComponentName=listed[0]["TrialComponentName"]
    )


def edges_of(platform, component):
    """(association type, source URI) of every edge of a component."""
    arn = component["TrialComponentArn"]
    into = call(platform, "ListAssociations", DestinationArn=arn, MaxResults=50)
    out = call(platform, "ListAssociations", SourceArn=arn, MaxResults=50)
    edges = [*into["AssociationSummaries"], *out["AssociationSummaries"]]
    found = set()
    for edge in edges:
        other = ({edge["SourceArn"], edge["DestinationArn"]} - {arn}).pop()
        uri = call(platform, "DescribeArtifact", ArtifactArn=other)["Source"]["SourceUri"]
        found.add((edge["AssociationType"], uri))
    return found


def test_a_processing_jobs_outputs_are_its_products_when_it_is_over(platform):
    """Before, only what goes in is associated."""
    arn, place = processing(platform, "InProgress")
    track(platform, arn)
    into = {("ContributedTo", IMAGE), ("ContributedTo", f"s3://lake/{place}/in")}
    assert edges_of(platform, component_of(platform, arn)) == into
    name = arn.rpartition("/")[2]
    platform.store.update("processing-job", name, ProcessingJobStatus="Completed")
    track(platform, arn)
    component = component_of(platform, arn)

    assert edges_of(platform, component) == into | {("Produced", f"s3://lake/{place}/out")}
    assert component["Status"]["PrimaryStatus"] == "Completed"
    assert component["OutputArtifacts"] == {"out": {"Value": f"s3://lake/{place}/out"}}
    assert component["Parameters"]["SageMaker.InstanceType"] == {"StringValue": "ml.m5.large"}


def test_a_failed_job_has_no_products(platform):
    """And says why it failed."""
    arn, _ = processing(platform, "Failed", FailureReason="AlgorithmError: torn")
    track(platform, arn)
    component = component_of(platform, arn)

    assert component["OutputArtifacts"] == {}
    assert "AlgorithmError: torn" in component["Status"]["Message"]


def test_a_transform_jobs_model_contributes_to_it(platform):
    """The archive of its model is an ascendant of its results."""
    model = add_model(platform, plain_archive())
    place = unique("place")
    arn = keep(
        platform,
        "transform-job",
        "Transform",
        ModelName=model,
        TransformResources={"InstanceCount": 1, "InstanceType": "ml.m5.large"},
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{place}/in"}}
        },
        TransformOutput={"S3OutputPath": f"s3://{place}/out"},
    )
    track(platform, arn)

    assert edges_of(platform, component_of(platform, arn)) == {
        ("ContributedTo", f"s3://{place}/in"),
        ("ContributedTo", f"s3://lake/models/{model}/model.tar.gz"),
        ("Produced", f"s3://{place}/out"),
    }


def test_what_a_killed_process_missed_is_caught_up_with(platform):
    """A job that ended while nobody listened is found at the next start, once."""
    arn, _ = processing(platform)
    begin_tracking(platform)
    name = arn.rpartition("/")[2]
    try:
        job = platform.store.get("processing-job", name)
        until(lambda: tracked(platform, "processing-job", job))
    finally:
        end_tracking(platform)

    assert component_of(platform, arn)["Status"]["PrimaryStatus"] == "Completed"


def test_a_deleted_component_does_not_come_back(platform):
    """Neither with the job's next change nor at the next start."""
    arn, _ = processing(platform, "InProgress")
    track(platform, arn)
    component = component_of(platform, arn)["TrialComponentName"]
    call(platform, "DeleteTrialComponent", TrialComponentName=component)
    name = arn.rpartition("/")[2]
    platform.store.update("processing-job", name, ProcessingJobStatus="Completed")
    track(platform, arn)

    assert call(platform, "ListTrialComponents", SourceArn=arn)["TrialComponentSummaries"] == []


@pytest.mark.parametrize("text", ["nan", "inf", "gini", "1e400"])
def test_only_finite_numbers_are_number_values(platform, text):
    """JSON has no others."""
    arn = keep(
        platform,
        "training-job",
        "Training",
        "Failed",
        SecondaryStatus="Failed",
        AlgorithmSpecification={"TrainingImage": IMAGE},
        ResourceConfig=CLUSTER,
        HyperParameters={"criterion": text},
    )
    track(platform, arn)

    assert component_of(platform, arn)["Parameters"]["criterion"] == {"StringValue": text}
