"""Endpoints: real model server processes, AWS's statuses and events."""

import threading
import time

import pytest

from local.sagemaker.api.errors import ApiError, ValidationException
from local.sagemaker.assembly import disassemble, recover
from local.sagemaker.endpoints.endpoint_life import live_endpoint
from local.sagemaker.store import Store
from tests.unit.local.sagemaker.world import (
    ECHO_SCRIPT,
    FAILING_SCRIPT,
    IMAGE,
    SLOW_SCRIPT,
    add_config,
    add_endpoint,
    add_model,
    archive,
    booster_bytes,
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

CHANGE = "SageMaker Endpoint State Change"


@pytest.fixture
def config(platform):
    return add_config(platform, variant(add_model(platform, plain_archive())))


def test_a_created_endpoint_serves(platform, config):
    """It is InService once /ping answers, and Describe shows its variants."""
    name = add_endpoint(platform, config)
    found = call(platform, "DescribeEndpoint", EndpointName=name)

    assert 0.0 <= float(invoke(platform, name)["Body"]) <= 1.0
    assert found["EndpointConfigName"] == config
    assert found["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    assert found["ProductionVariants"][0]["CurrentWeight"] == 1.0


def test_its_states_are_told_as_aws_tells_them(platform, config):
    """UPPER_SNAKE statuses, times in whole milliseconds, tags as a map, unset members null."""
    name = unique("endpoint")
    tags = [{"Key": "team", "Value": "risk"}]
    arn = call(platform, "CreateEndpoint", EndpointName=name, EndpointConfigName=config, Tags=tags)[
        "EndpointArn"
    ]
    settle(platform, name)
    created, in_service = told(platform, CHANGE, arn)

    assert (created["EndpointStatus"], in_service["EndpointStatus"]) == ("CREATING", "IN_SERVICE")
    assert isinstance(in_service["CreationTime"], int)
    assert in_service["Tags"] == {"team": "risk"}
    assert in_service["FailureReason"] is None
    assert not any(member.startswith("_") for member in in_service)


def test_deleting_ends_it(platform, config):
    """Nothing answers any more, its processes are gone, and DELETED is told."""
    name = add_endpoint(platform, config)
    arn = platform.arn("endpoint", name)
    instance = live_endpoint(platform, name).fleet.variants[0].instances[0]
    call(platform, "DeleteEndpoint", EndpointName=name)
    until(lambda: platform.store.find("endpoint", name) is None)
    until(lambda: "DELETED" in [event["EndpointStatus"] for event in told(platform, CHANGE, arn)])

    assert instance.wait() == 0
    assert not instance.folder.exists()
    with pytest.raises(ValidationException, match="Could not find endpoint"):
        call(platform, "DescribeEndpoint", EndpointName=name)
    with pytest.raises(ApiError, match="not found") as refused:
        invoke(platform, name)
    assert (refused.value.code, refused.value.status) == ("ValidationError", 400)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (script_archive(FAILING_SCRIPT), "the weights are torn"),
        (archive(readme_dot_md="no model"), "holds no file xgboost-model"),
        (b"not an archive", "not a readable tar archive"),
        (
            archive(code__inference_dot_py="", code__requirements_dot_txt="not-there-at-all"),
            "not-there-at-all",
        ),
    ],
)
def test_a_model_that_does_not_load_fails_the_endpoint(platform, content, reason):
    """FailureReason says AWS's sentence and the cause; only deleting is left."""
    name = add_endpoint(
        platform, add_config(platform, variant(add_model(platform, content))), "Failed"
    )
    found = call(platform, "DescribeEndpoint", EndpointName=name)

    assert "did not pass the ping health check" in found["FailureReason"]
    assert reason in found["FailureReason"]
    with pytest.raises(ValidationException, match="only be deleted"):
        call(platform, "UpdateEndpoint", EndpointName=name, EndpointConfigName=name)
    call(platform, "DeleteEndpoint", EndpointName=name)
    until(lambda: platform.store.find("endpoint", name) is None)


def test_model_data_that_is_not_there_fails_the_endpoint(platform):
    """The address is in the reason."""
    model = unique("model")
    call(
        platform,
        "CreateModel",
        ModelName=model,
        PrimaryContainer={"Image": "i", "ModelDataUrl": "s3://lake/nowhere/model.tar.gz"},
    )
    name = add_endpoint(platform, add_config(platform, variant(model)), "Failed")
    reason = call(platform, "DescribeEndpoint", EndpointName=name)["FailureReason"]

    assert "s3://lake/nowhere/model.tar.gz" in reason


def test_a_taken_name_is_refused_in_awss_words(platform, config):
    """ValidationException, not ResourceInUse."""
    name = add_endpoint(platform, config)

    with pytest.raises(ValidationException, match=r'Cannot create already existing endpoint "arn:'):
        call(platform, "CreateEndpoint", EndpointName=name, EndpointConfigName=config)


def test_a_missing_configuration_is_refused(platform):
    """Before anything is made."""
    with pytest.raises(ValidationException, match="Could not find endpoint configuration"):
        call(platform, "CreateEndpoint", EndpointName="x", EndpointConfigName="not-there")


def test_an_instance_that_dies_is_replaced(platform):
    """The request that killed it twice is told so; the next is answered."""
    model = add_model(platform, script_archive(ECHO_SCRIPT))
    name = add_endpoint(platform, add_config(platform, variant(model)))
    with pytest.raises(ApiError, match="ended while it answered") as refused:
        invoke(platform, name, b"die")

    assert refused.value.code == "ModelError"
    assert invoke(platform, name, b"again")["Body"] == b"hello again"


def test_weights_and_instances_change_while_it_serves(platform):
    """UpdateEndpointWeightsAndCapacities, seen by Describe."""
    model = add_model(platform, plain_archive())
    config = add_config(platform, variant(model, VariantName="a"), variant(model, VariantName="b"))
    name = add_endpoint(platform, config)
    call(
        platform,
        "UpdateEndpointWeightsAndCapacities",
        EndpointName=name,
        DesiredWeightsAndCapacities=[
            {"VariantName": "a", "DesiredWeight": 0.0},
            {"VariantName": "b", "DesiredInstanceCount": 2},
        ],
    )
    found = {entry["VariantName"]: entry for entry in settle(platform, name)["ProductionVariants"]}

    assert found["a"]["CurrentWeight"] == 0.0
    assert found["b"]["CurrentInstanceCount"] == 2
    answered = {invoke(platform, name)["InvokedProductionVariant"] for _ in range(20)}
    assert answered == {"b"}


def test_model_files_that_were_never_packed_are_served(platform):
    """ModelDataSource with CompressionType None."""
    model = unique("model")
    uri = f"s3://lake/{model}/"
    platform.objects.path(uri).mkdir(parents=True)
    (platform.objects.path(uri) / "xgboost-model").write_bytes(booster_bytes())
    source = {"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None"}
    container = {"Image": IMAGE, "ModelDataSource": {"S3DataSource": source}}
    call(platform, "CreateModel", ModelName=model, PrimaryContainer=container)
    name = add_endpoint(platform, add_config(platform, variant(model)))

    assert 0.0 <= float(invoke(platform, name)["Body"]) <= 1.0


def test_a_serverless_endpoint_serves(platform):
    """Without instances to count."""
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    model = add_model(platform, plain_archive())
    name = add_endpoint(platform, add_config(platform, variant(model, ServerlessConfig=serverless)))
    entry = call(platform, "DescribeEndpoint", EndpointName=name)["ProductionVariants"][0]

    assert invoke(platform, name)["InvokedProductionVariant"] == "primary"
    assert entry["CurrentServerlessConfig"] == serverless
    assert "CurrentInstanceCount" not in entry


def test_listing_finds_endpoints_by_name_and_status(platform, config):
    """As ListEndpoints filters."""
    name = add_endpoint(platform, config)
    found = call(platform, "ListEndpoints", NameContains=name, StatusEquals="InService")

    assert [entry["EndpointName"] for entry in found["Endpoints"]] == [name]


def test_after_a_restart_it_serves_again_by_itself(tmp_path):
    """No client call is needed, S3 may still be away, and a request that comes early waits."""
    first = make_platform(tmp_path / "data", tmp_path / "objects")
    name = add_endpoint(first, add_config(first, variant(add_model(first, plain_archive()))))
    said = invoke(first, name)["Body"]
    disassemble(first)

    again = make_platform(tmp_path / "data", tmp_path / "objects")
    again.objects.away = True
    recover(again)
    answer = invoke(again, name)["Body"]
    disassemble(again)

    assert said == answer


def test_what_a_kill_interrupted_is_finished_at_the_next_start(tmp_path):
    """Creating goes on to InService, Deleting to gone."""
    first = make_platform(tmp_path / "data", tmp_path / "objects")
    config = add_config(first, variant(add_model(first, script_archive(SLOW_SCRIPT))))
    creating, deleting = add_endpoint(first, config), add_endpoint(first, config)
    disassemble(first)
    store = Store(tmp_path / "data" / "store.sqlite")
    store.update("endpoint", creating, EndpointStatus="Creating")
    store.update("endpoint", deleting, EndpointStatus="Deleting")
    store.close()

    again = make_platform(tmp_path / "data", tmp_path / "objects")
    recover(again)
    settle(again, creating)
    until(lambda: again.store.find("endpoint", deleting) is None)
    answer = invoke(again, creating, b"0")["Body"]
    disassemble(again)

    assert answer == b"slow"


def test_a_model_that_hangs_does_not_hold_up_the_end(tmp_path):
    """The server ends well within the fifteen seconds that it is given."""
    made = make_platform(tmp_path / "data", tmp_path / "objects")
    config = add_config(made, variant(add_model(made, script_archive(SLOW_SCRIPT))))
    name = add_endpoint(made, config)
    failures = []

    def ask():
        try:
            invoke(made, name, b"60")
        except ApiError as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    until(made.active["endpoint", name].traffic.busy)
    began = time.monotonic()
    disassemble(made)
    asking.join()

    assert time.monotonic() - began < 12
    assert failures
