"""The stream's archive as the template has it: what Firehose takes from Kinesis lies in S3."""

import gzip
import json
from uuid import uuid4

import pytest

from events.wiring import resources
from tests.integration.local.laptop import until

OWN = ("RecordStream", "LandingBucket")
ASKED = {"Condition": "RecordsAreArchived"}


@pytest.fixture
def stack(laptop):
    """A stack of the archive's own resources, with the stream and the bucket that they name."""
    wanted = {
        name: {key: value for key, value in item.items() if key in {"Type", "Properties"}}
        for name, item in resources().items()
        if name in OWN or item.get("Condition") == ASKED["Condition"]
    }
    template = {
        "Parameters": {
            "LogRetentionDays": {"Type": "Number", "Default": 30},
            "StreamShards": {"Type": "Number", "Default": 1},
        },
        "Resources": wanted,
    }
    name = f"archive-{uuid4().hex[:8]}"
    formation = laptop.client("cloudformation")
    formation.create_stack(
        StackName=name,
        TemplateBody=json.dumps(template, default=str),
        Capabilities=["CAPABILITY_IAM"],
    )

    def status():
        return formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]

    assert until(lambda: not status().endswith("IN_PROGRESS"))
    assert status() == "CREATE_COMPLETE"
    return formation, name


def test_every_record_lies_in_the_archive_as_it_came(laptop, stack):
    formation, name = stack

    def made(logical):
        answer = formation.describe_stack_resource(StackName=name, LogicalResourceId=logical)
        return answer["StackResourceDetail"]["PhysicalResourceId"]

    stream, bucket = made("RecordStream"), made("LandingBucket")
    record = {"problem": "churn", "record": {"age": 30}}
    laptop.client("kinesis").put_record(
        StreamName=stream, PartitionKey="a", Data=json.dumps(record).encode()
    )
    s3 = laptop.client("s3")

    def keys():
        found = s3.list_objects_v2(Bucket=bucket, Prefix="archive/")
        return [item["Key"] for item in found.get("Contents", [])]

    assert until(keys)
    (key,) = keys()
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    text = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
    assert json.loads(text) == record
