"""What every door to AWS's APIs promises, in memory and with boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

from lifecycle.adapters.aws_api import AwsApi
from lifecycle.decision import ApiCall
from lifecycle.requests.glue import start_job_run
from lifecycle.requests.training import tuning_request
from tests.builders import prepared_run
from tests.fakes import FakeApi, FakeObjects, fake_settings

if TYPE_CHECKING:
    from lifecycle.ports import Api

MODEL = {
    "ModelName": "churn-1",
    "ExecutionRoleArn": "arn:aws:iam::123456789012:role/baton-jobs",
    "PrimaryContainer": {"Image": "image", "ModelDataUrl": "s3://lake/model.tar.gz"},
}
UNLESS_THERE = ("DescribeModel", {"ModelName": "churn-1"})


def tuning_call(*exists: str) -> ApiCall:
    """A call with an error of its own for what is there: a run's tuning job."""
    request = tuning_request(prepared_run(), "churn-0123456", fake_settings())
    return ApiCall("sagemaker", "CreateHyperParameterTuningJob", request, exists=exists)


@pytest.fixture
def api(side: str, request: pytest.FixtureRequest) -> Api:
    if side == "fake":
        return FakeApi(FakeObjects())
    request.getfixturevalue("aws")
    return AwsApi()


def test_a_call_is_carried_out_and_answers_are_kept(api: Api) -> None:
    """The named keys of the response come back under the placeholders' names."""
    call = ApiCall("sagemaker", "CreateModel", MODEL, keep={"arn": "ModelArn"})
    answer = api.call(call)
    assert set(answer) == {"arn"}
    assert answer["arn"].endswith("model/churn-1")


def test_what_is_there_can_be_described(api: Api) -> None:
    """And what is not there is None, however the service says so."""
    assert api.describe("sagemaker", "DescribeModel", {"ModelName": "churn-1"}) is None
    api.call(ApiCall("sagemaker", "CreateModel", MODEL))
    found = api.describe("sagemaker", "DescribeModel", {"ModelName": "churn-1"})
    assert found is not None
    assert found["ModelName"] == "churn-1"


def test_a_thing_that_is_there_is_not_made_again(api: Api) -> None:
    """Some operations have no error of their own for it; the leg asks first."""
    call = ApiCall("sagemaker", "CreateModel", MODEL, unless=UNLESS_THERE)
    api.call(call)
    assert api.call(call) == {}


def test_a_thing_that_another_delivery_made_meanwhile_counts_as_there(api: Api, side: str) -> None:
    """Two deliveries ask at once, both find nothing, and both make it."""

    class Overtaken(FakeApi if side == "fake" else AwsApi):
        asked = 0

        def describe(self, *question):
            found = super().describe(*question)
            self.asked += 1
            if self.asked == 1:
                self.call(ApiCall("sagemaker", "CreateModel", MODEL))
            return found

    call = ApiCall("sagemaker", "CreateModel", MODEL, unless=UNLESS_THERE)
    assert Overtaken().call(call) == {}


def test_a_tolerated_error_means_that_it_was_done_before(api: Api) -> None:
    """The names are derived from the cause, so that "exists" is success."""
    api.call(tuning_call())
    assert api.call(tuning_call("ResourceInUse")) == {}


def test_a_glue_job_is_started_once_for_the_same_purpose(api: Api, side: str) -> None:
    """StartJobRun takes no name of ours: the run is known by an argument."""
    if side == "adapter":
        glue = boto3.client("glue")
        command = {"Name": "glueetl", "ScriptLocation": "s3://a/b.py"}
        most = {"MaxConcurrentRuns": 9}
        glue.create_job(Name="prepare", Role="r", Command=command, ExecutionProperty=most)

    first = api.call(start_job_run("prepare", "churn/r1", {"--run-uri": "s3://lake/churn"}))
    again = api.call(start_job_run("prepare", "churn/r1", {"--run-uri": "s3://lake/churn"}))
    other = api.call(start_job_run("prepare", "churn/r2", {"--run-uri": "s3://lake/churn"}))

    assert set(first) == {"job_run_id"}
    assert first == again
    assert first != other


def test_other_errors_are_raised(api: Api) -> None:
    """An error that was not named is a failure, and the queue tries again."""
    api.call(tuning_call())
    with pytest.raises(ClientError) as refused:
        api.call(tuning_call("SomethingElse"))
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"


def test_an_object_can_be_put(api: Api, side: str) -> None:
    """Small documents of a decision are written by it."""
    request = {"Bucket": "lake", "Key": "churn/a.json", "Body": b"{}", "ContentType": "a/b"}
    api.call(ApiCall("s3", "PutObject", request))
    if side == "adapter":
        kept = boto3.client("s3").get_object(Bucket="lake", Key="churn/a.json")
        assert kept["Body"].read() == b"{}"
