"""Everything that is kept is encrypted, under a key of the customer's own where one is given."""

from __future__ import annotations

import re
from typing import Any

import pytest

from events.wiring import environment, of_type, parameters, resources
from lifecycle.requests.deployment import endpoint_config_request, model_request
from lifecycle.requests.features import feature_group_request
from lifecycle.requests.processing import scoring_request
from lifecycle.requests.training import training_request, tuning_request
from tests.builders import prepared_run
from tests.contract.test_requests import SETTINGS, faults

KEY = "arn:aws:kms:eu-west-1:111122223333:key/5a1b"
NOTHING = object()
PLACES = {
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
    "AWS::Events::EventBus": ("KmsKeyIdentifier",),
    "AWS::Kinesis::Stream": ("StreamEncryption", "KeyId"),
    "AWS::Logs::LogGroup": ("KmsKeyId",),
    "AWS::S3::Bucket": (
        "BucketEncryption",
        "ServerSideEncryptionConfiguration",
        0,
        "ServerSideEncryptionByDefault",
        "KMSMasterKeyID",
    ),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
    "AWS::SecretsManager::Secret": ("KmsKeyId",),
}
"""What keeps data → where CloudFormation takes its key."""
KEEPERS = [
    (name, where) for kind, where in PLACES.items() for name in sorted(of_type(kind)) if where
]
OWN = {"Ref": "KmsKeyArn"}
REALTIME = "deploy: {mode: realtime}\n"


def chosen(value: Any, *, own_key: bool) -> Any:
    """A property as CloudFormation decides it, with and without a key of one's own."""
    if isinstance(value, list):
        return [chosen(item, own_key=own_key) for item in value]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        condition, yes, no = value["Fn::If"]
        assert condition == "OwnKey"
        return chosen(yes if own_key else no, own_key=own_key)
    if value == {"Ref": "AWS::NoValue"}:
        return NOTHING
    found = {key: chosen(item, own_key=own_key) for key, item in value.items()}
    return {key: item for key, item in found.items() if item is not NOTHING}


def at(properties: Any, where: tuple[Any, ...]) -> Any:
    for step in where:
        properties = properties[step] if isinstance(step, int) else properties.get(step, {})
    return properties


def test_nothing_that_keeps_data_is_forgotten():
    """A new kind of resource that takes a key has to be named here."""
    kinds = {item["Type"] for item in resources().values()}

    assert set(PLACES) <= kinds
    assert not kinds & {"AWS::EFS::FileSystem", "AWS::RDS::DBInstance", "AWS::OpenSearchService"}


@pytest.mark.parametrize(("name", "where"), KEEPERS, ids=[name for name, _ in KEEPERS])
def test_a_key_of_ones_own_encrypts_whatever_keeps_data(name, where):
    properties = chosen(resources()[name]["Properties"], own_key=True)

    assert at(properties, where) == OWN
    assert properties.get("SqsManagedSseEnabled") is None


@pytest.mark.parametrize("name", sorted(of_type("AWS::SQS::Queue")))
def test_without_one_queues_are_encrypted_by_sqs(name):
    properties = chosen(of_type("AWS::SQS::Queue")[name], own_key=False)

    assert properties["SqsManagedSseEnabled"] is True
    assert "KmsMasterKeyId" not in properties


def test_without_one_everything_else_is_encrypted_by_aws():
    bucket = chosen(of_type("AWS::S3::Bucket")["LakeBucket"], own_key=False)
    default = at(bucket, PLACES["AWS::S3::Bucket"][:-1])

    assert default == {"SSEAlgorithm": "AES256"}
    table = chosen(of_type("AWS::DynamoDB::Table")["RecordTable"], own_key=False)
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    stream = chosen(of_type("AWS::Kinesis::Stream")["RecordStream"], own_key=False)
    assert stream["StreamEncryption"] == {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
    topic = chosen(of_type("AWS::SNS::Topic")["AlertTopic"], own_key=False)
    assert topic["KmsMasterKeyId"] == {"Ref": "AlertKey"}


def test_every_role_may_use_the_key_and_only_that_key():
    policy = resources()["UsesOwnKey"]
    roles = {str(role) for role in policy["Properties"]["Roles"]}
    optional = {"RecordArchiveRole"}

    assert policy["Condition"] == "OwnKey"
    for name in set(of_type("AWS::IAM::Role")) - optional:
        assert str({"Ref": name}) in roles
    for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
        assert statement["Resource"] == OWN


def keyed(**more):
    return SETTINGS.__class__(
        **{name: getattr(SETTINGS, name) for name in SETTINGS.__dataclass_fields__}
        | {"kms_key": KEY}
        | more
    )


def keys_in(value: Any) -> list[str]:
    """The names of all parameters that are given the key."""
    if isinstance(value, list):
        return [name for item in value for name in keys_in(item)]
    if not isinstance(value, dict):
        return []
    own = [name for name, item in value.items() if item == KEY]
    return own + [name for item in value.values() for name in keys_in(item)]


def requests_(settings, extra=""):
    run = prepared_run(extra, problem="churn", trained_model_uri="s3://lake/x/model.tar.gz")
    return {
        "CreateTrainingJob": training_request(run, "one", settings),
        "CreateHyperParameterTuningJob": tuning_request(run, "one", settings),
        "CreateProcessingJob": scoring_request(run, "one", "s3://landing/a", settings, "s3://b"),
        "CreateEndpointConfig": endpoint_config_request(run, settings),
        "CreateFeatureGroup": feature_group_request("churn", "churn", [], settings, online=True),
    }


@pytest.mark.parametrize("operation", sorted(requests_(SETTINGS)))
def test_jobs_keep_what_they_keep_under_the_key(operation):
    """Disks and outputs both, and the request stays one that SageMaker takes."""
    request = requests_(keyed())[operation]

    assert len(keys_in(request)) == 2
    assert faults("sagemaker", operation, request) == []


@pytest.mark.parametrize("operation", sorted(requests_(SETTINGS)))
def test_no_key_is_named_where_none_was_given(operation):
    request = requests_(SETTINGS)[operation]

    assert not re.search("KmsKeyId", str(request))


@pytest.mark.parametrize("instance", ["ml.m5d.large", "ml.c6gd.xlarge", "ml.g5.xlarge"])
def test_a_disk_that_encrypts_itself_is_given_no_key(instance):
    """SageMaker refuses the request otherwise (ResourceConfig, VolumeKmsKeyId)."""
    extra = f"train: {{instance: {instance}}}\ndeploy: {{instance: {instance}}}\n"
    made = requests_(keyed(), extra)

    assert keys_in(made["CreateTrainingJob"]) == ["KmsKeyId"]
    assert keys_in(made["CreateProcessingJob"]) == ["KmsKeyId"]
    assert "KmsKeyId" not in made["CreateEndpointConfig"]


def test_jobs_and_models_are_cut_off_from_network_and_credentials():
    """Whatever runs in them reads what its request names and nothing else of the lake."""
    made = requests_(keyed(isolate_jobs=True))
    tuned = made["CreateHyperParameterTuningJob"]["TrainingJobDefinition"]

    assert made["CreateTrainingJob"]["EnableNetworkIsolation"] is True
    assert tuned["EnableNetworkIsolation"] is True
    assert made["CreateProcessingJob"]["NetworkConfig"] == {"EnableNetworkIsolation": True}
    assert faults("sagemaker", "CreateProcessingJob", made["CreateProcessingJob"]) == []


@pytest.mark.parametrize(
    ("extra", "groups", "isolated"),
    [
        (REALTIME, None, True),
        (REALTIME, {"churn": "churn"}, False),
        ("deploy: {mode: serverless}\n", None, False),
    ],
    ids=["realtime", "with an online store", "serverless"],
)
def test_a_model_is_cut_off_unless_it_looks_rows_up_or_is_serverless(extra, groups, isolated):
    run = prepared_run(extra)

    request = model_request(run, keyed(isolate_jobs=True), groups)

    assert request.get("EnableNetworkIsolation", False) is isolated
    assert faults("sagemaker", "CreateModel", request) == []


def test_no_function_is_told_a_secret():
    """Its environment names resources; what is secret is asked for, with the function's role."""
    for name, function in of_type("AWS::Serverless::Function").items():
        assert "Environment" not in function, name
    told = environment()
    for name, value in told.items():
        assert "resolve:" not in str(value), name
        assert not re.search("(?i)password|token|private", str(value)), name
    assert told["BATON_PERSONAL_SECRET"] == {"Fn::GetAtt": ["PersonalSecret", "Id"]}  # its ARN


def test_no_parameter_is_a_secret():
    """What is typed in at a deployment is kept in its history."""
    assert [name for name in parameters() if re.search("(?i)password|secret|token", name)] == []
