"""What acts for one problem touches nothing of another, by whichever door it tries."""

import pytest

from lifecycle.aws_events import ObjectCreated
from lifecycle.decision import ApiCall, Decision
from lifecycle.errors import ForeignProblemError
from lifecycle.leg import Leg
from lifecycle.problem_scope import scoped, with_features_of
from tests.builders import object_created
from tests.fakes import FakeObjects, fake_ports

OWN = "s3://lake/churn/runs/r1/inputs.json"
THEIRS = "s3://lake/fraud/runs/r9/inputs.json"


@pytest.fixture
def ports():
    objects = FakeObjects()
    for uri in (OWN, THEIRS, "s3://landing/fraud/data/rows.csv", "s3://lake/fraud/features/a"):
        objects.write(uri, b"{}")
    return fake_ports(objects=objects)


def doors(tmp_path):
    """Every door to objects, opened at an address."""
    file = tmp_path / "file"
    file.write_bytes(b"")
    return {
        "download": lambda objects, uri: objects.download(uri, tmp_path / "got"),
        "upload": lambda objects, uri: objects.upload(file, uri),
        "read": lambda objects, uri: objects.read(uri),
        "write": lambda objects, uri: objects.write(uri, b""),
        "copy from": lambda objects, uri: objects.copy(uri, OWN),
        "copy to": lambda objects, uri: objects.copy(OWN, uri),
        "list": lambda objects, uri: objects.list(uri),
        "stored": lambda objects, uri: objects.stored(uri),
    }


DOORS = ["download", "upload", "read", "write", "copy from", "copy to", "list", "stored"]
FOREIGN = [
    THEIRS,
    "s3://landing/fraud/data/rows.csv",
    "s3://lake/churn-2/runs/r1/inputs.json",  # a name that only begins alike
    "s3://lake/churn",  # no folder: a listing there would show churn-2 as well
    "s3://lake/",
    "s3://lake",
]


@pytest.mark.parametrize("uri", FOREIGN)
@pytest.mark.parametrize("door", DOORS)
def test_no_door_opens_to_what_another_problem_owns(door, uri, ports, tmp_path):
    objects = scoped(ports, "churn").objects

    with pytest.raises(ForeignProblemError):
        doors(tmp_path)[door](objects, uri)


@pytest.mark.parametrize("door", DOORS)
def test_every_door_opens_to_the_problems_own(door, ports, tmp_path):
    doors(tmp_path)[door](scoped(ports, "churn").objects, OWN)


def test_without_a_told_problem_the_first_address_binds(ports):
    """An end of a job names the job alone; whose it is, the leg's own record says."""
    objects = scoped(ports).objects
    objects.read(OWN)

    with pytest.raises(ForeignProblemError):
        objects.read(THEIRS)


def test_the_features_that_a_definition_joins_are_read_and_nothing_else_of_their_owner(ports):
    joining = with_features_of("fraud", scoped(ports, "churn"))

    assert joining.objects.read("s3://lake/fraud/features/a") == b"{}"
    with pytest.raises(ForeignProblemError):
        joining.objects.read(THEIRS)
    with pytest.raises(ForeignProblemError):
        joining.objects.write("s3://lake/fraud/features/a", b"poisoned")


def test_other_buckets_are_left_to_iam(ports):
    """AWS's own bucket of models, for example, which the role names."""
    with pytest.raises(FileNotFoundError):
        scoped(ports, "churn").objects.read("s3://jumpstart-cache-prod-eu-west-1/model.tar.gz")


@pytest.mark.parametrize(
    "request_",
    [
        {"InputDataConfig": [{"DataSource": {"S3DataSource": {"S3Uri": THEIRS}}}]},
        {"OutputDataConfig": {"S3OutputPath": "s3://lake/fraud/runs"}},
        {"Bucket": "lake", "Key": "fraud/runs/r9/inputs.json", "Body": b""},
    ],
    ids=["input", "output", "object"],
)
def test_no_job_is_given_what_another_problem_owns(request_, ports):
    """SageMaker fetches for a job whatever its request names, under a role that may read all."""
    with pytest.raises(ForeignProblemError):
        scoped(ports, "churn").api.call(ApiCall("sagemaker", "CreateTrainingJob", request_))


def test_a_leg_is_given_doors_of_its_events_problem(ports):
    """The landed key says whose delivery it is."""

    def handle(_cause, given):
        given.objects.read(THEIRS)
        return Decision("never")

    curious = Leg("ingest_files", (ObjectCreated,), handle)

    with pytest.raises(ForeignProblemError):
        curious.answer(object_created("churn/data/rows.csv"), ports)
