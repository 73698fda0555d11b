"""Each hook into ministack does on the running cloud what it is there for."""

import io
import json
import time
import urllib.error
import urllib.request
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError

from local.settings import SAGEMAKER_ACCESS_KEY_ID
from tests.integration.local.laptop import policy, until


@pytest.fixture
def name():
    return f"t{uuid.uuid4().hex[:12]}"


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def as_role(laptop, arn):
    """Clients with a role's session, taken on as SageMaker takes it on."""
    sts = laptop.client("sts", key=SAGEMAKER_ACCESS_KEY_ID)
    given = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return lambda service: laptop.client(service, *keys)


def test_sagemaker_answers_on_the_one_port(laptop, sagemaker, name):
    """Control and runtime requests arrive at the local SageMaker as they were sent."""
    laptop.client("sagemaker").delete_endpoint(EndpointName=name)
    answer = laptop.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name, ContentType="text/csv", Body=b"1,2,\xc3\xa4", InferenceId="i-1"
    )

    assert answer["Body"].read() == b"1,2,\xc3\xa4"
    assert answer["ContentType"] == "application/json"
    control, runtime = sagemaker.received[-2:]
    assert control[1]["x-amz-target"] == "SageMaker.DeleteEndpoint"
    assert json.loads(control[2]) == {"EndpointName": name}
    assert runtime[0] == f"/endpoints/{name}/invocations"
    assert runtime[1]["x-amzn-sagemaker-inference-id"] == "i-1"


def test_sagemaker_is_under_iam(laptop, name):
    """A role does what its policy says, on the resources that it names, and nothing else."""
    role = laptop.role(
        name,
        "sagemaker.amazonaws.com",
        {
            "Effect": "Allow",
            "Action": "sagemaker:DeleteEndpoint",
            "Resource": "arn:aws:sagemaker:us-east-1:000000000000:endpoint/mine-*",
        },
    )
    client = as_role(laptop, role)("sagemaker")

    client.delete_endpoint(EndpointName="mine-1")
    assert refusal(client.delete_endpoint, EndpointName="yours") == "AccessDeniedException"
    assert refusal(client.delete_model, ModelName="mine-1") == "AccessDeniedException"
    runtime = as_role(laptop, role)("sagemaker-runtime")
    assert (
        refusal(runtime.invoke_endpoint, EndpointName="mine-1", Body=b"") == "AccessDeniedException"
    )


def test_a_role_can_only_be_handed_over_by_who_may(laptop, name):
    """`iam:PassRole`, on the role, to SageMaker."""
    create = {"Effect": "Allow", "Action": "sagemaker:CreateModel", "Resource": "*"}
    role = laptop.role(name, "sagemaker.amazonaws.com", create)
    client = as_role(laptop, role)("sagemaker")
    assert (
        refusal(client.create_model, ModelName="m", ExecutionRoleArn=role)
        == "AccessDeniedException"
    )
    may_pass = {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": role,
        "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    }

    laptop.client("iam").put_role_policy(
        RoleName=name, PolicyName="may", PolicyDocument=policy(create, may_pass)
    )

    assert client.create_model(ModelName="m", ExecutionRoleArn=role)


def test_only_sagemaker_takes_on_the_roles_that_trust_it(laptop, name):
    """Neither the administrator, nor SageMaker a role that trusts another service."""
    anything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    jobs = laptop.role(name, "sagemaker.amazonaws.com", anything)
    functions = laptop.role(f"{name}-f", "lambda.amazonaws.com", anything)
    administrator, sagemaker = (
        laptop.client("sts"),
        laptop.client("sts", key=SAGEMAKER_ACCESS_KEY_ID),
    )

    assert sagemaker.assume_role(RoleArn=jobs, RoleSessionName="job")["Credentials"]
    denied = {"RoleSessionName": "job"}
    assert refusal(administrator.assume_role, RoleArn=jobs, **denied) == "AccessDenied"
    assert refusal(sagemaker.assume_role, RoleArn=functions, **denied) == "AccessDenied"


@pytest.mark.parametrize("key", ["test", "000000000000", "AKIABATONLAPTOP00000"])
def test_well_known_keys_are_nobody(laptop, key):
    """Without the secret of this state folder nothing is allowed."""
    s3 = laptop.client("s3", key=key, secret="test")
    expected = {"InvalidAccessKeyId", "SignatureDoesNotMatch"}

    assert refusal(s3.list_buckets) in expected


def test_events_of_aws_enter_by_the_inside_door(laptop, name):
    """They meet the rules of the default bus; by PutEvents they are refused."""
    events, sqs = laptop.client("events"), laptop.client("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(allow)})
    pattern = {"source": ["aws.sagemaker"], "detail": {"TrainingJobName": [name]}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn}])
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": "SageMaker Training Job State Change",
        "Detail": json.dumps({"TrainingJobName": name}),
        "Resources": ["arn:x"],
    }

    door = urllib.request.Request(
        f"{laptop.settings.endpoint_url}/_baton/events",
        data=json.dumps({"Entries": [entry] * 12}).encode(),
    )
    with urllib.request.urlopen(door) as answer:
        assert json.load(answer)["FailedEntryCount"] == 0

    def depth():
        names = ["ApproximateNumberOfMessages"]
        found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)
        return found["Attributes"][names[0]] == "12"

    until(depth)
    (message,) = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=1)["Messages"]
    event = json.loads(message["Body"])
    assert event["detail-type"] == entry["DetailType"]
    assert event["resources"] == ["arn:x"]
    assert event["account"] == "000000000000"
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 1


ARCHIVE_TEMPLATE = {
    "Resources": {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": {"Ref": "AWS::StackName"}}},
        "Archive": {
            "Type": "AWS::Events::Archive",
            "Properties": {
                "SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]},
                "RetentionDays": 7,
                "EventPattern": {"source": ["baton"]},
            },
        },
    },
    "Outputs": {
        "Name": {"Value": {"Ref": "Archive"}},
        "Arn": {"Value": {"Fn::GetAtt": ["Archive", "Arn"]}},
    },
}


def test_cloudformation_knows_event_archives(laptop, name):
    """Made, changed and deleted with their stack, they keep what their pattern names."""
    stacks, events = laptop.client("cloudformation"), laptop.client("events")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(ARCHIVE_TEMPLATE))
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    for source in ("baton", "other"):
        entry = {"EventBusName": name, "Source": source, "DetailType": "d", "Detail": "{}"}
        events.put_events(Entries=[entry])

    archive = events.describe_archive(ArchiveName=outputs["Name"])
    assert (archive["EventCount"], archive["RetentionDays"]) == (1, 7)
    assert archive["ArchiveArn"] == outputs["Arn"]

    changed = json.loads(json.dumps(ARCHIVE_TEMPLATE))
    changed["Resources"]["Archive"]["Properties"]["RetentionDays"] = 9
    stacks.update_stack(StackName=name, TemplateBody=json.dumps(changed))
    until(lambda: events.describe_archive(ArchiveName=outputs["Name"])["RetentionDays"] == 9)

    stacks.delete_stack(StackName=name)
    stacks.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert outputs["Name"] not in [a["ArchiveName"] for a in events.list_archives()["Archives"]]


HANDLER = """
import importlib.util, json, os, sys, time
def handler(event, context):
    metric = {"Name": "Calls", "Unit": "Count"}
    directive = {"Namespace": context.function_name, "Dimensions": [["leg"]], "Metrics": [metric]}
    metadata = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    print(json.dumps({"_aws": metadata, "leg": "test", "Calls": 2}))
    seen = [m for m in ("boto3", "botocore", "yaml", "h11") if importlib.util.find_spec(m)]
    secrets = [v for n, v in os.environ.items() if n.startswith("BATON_") and "SECRET" in n]
    return {"path": event["rawPath"], "seen": seen, "secrets": secrets}
"""


@pytest.fixture
def function_url(laptop, name):
    """A function, warm, with a URL that anybody may call."""
    role = laptop.role(name, "lambda.amazonaws.com")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("app.py", HANDLER)
    functions = laptop.client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": archive.getvalue()},
    )
    functions.add_permission(
        FunctionName=name,
        StatementId="all",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    return functions.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]


def test_function_urls_are_reached_without_resolving_a_name(laptop, function_url):
    """They stand on the one port, and the path after them is the function's."""
    assert function_url.startswith(f"{laptop.settings.endpoint_url}/_aws/lambda-url/")

    with urllib.request.urlopen(f"{function_url}console/page") as answer:
        result = json.load(answer)

    assert result["path"] == "/console/page"


def test_functions_see_their_layers_alone(function_url):
    """Nothing of ministack's packages, and no secret of the cloud."""
    with urllib.request.urlopen(function_url) as answer:
        result = json.load(answer)

    assert (result["seen"], result["secrets"]) == ([], [])


def test_metrics_in_logs_become_metrics(laptop, function_url, name):
    """The embedded metric format, as Powertools writes it."""
    with urllib.request.urlopen(function_url):
        pass

    def total():
        now = time.time()
        found = laptop.client("cloudwatch").get_metric_statistics(
            Namespace=name,
            MetricName="Calls",
            Dimensions=[{"Name": "leg", "Value": "test"}],
            StartTime=now - 3600,
            EndTime=now + 3600,
            Period=7200,
            Statistics=["Sum"],
        )
        return sum(point["Sum"] for point in found["Datapoints"]) == 2

    until(total)


def test_tls_only_buckets_can_be_used_over_loopback(laptop, name):
    """The template's bucket policies refuse plain HTTP, which loopback is not counted as."""
    s3 = laptop.client("s3")
    s3.create_bucket(Bucket=name)
    refuse = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket=name, Policy=policy(refuse))

    s3.put_object(Bucket=name, Key="a", Body=b"x")

    assert s3.get_object(Bucket=name, Key="a")["Body"].read() == b"x"


def test_one_unsigned_request_cannot_wipe_the_cloud(laptop):
    """The reset address of ministack is closed."""
    reset = urllib.request.Request(
        f"{laptop.settings.endpoint_url}/_ministack/reset", method="POST"
    )

    with pytest.raises(urllib.error.HTTPError, match="403") as caught:
        urllib.request.urlopen(reset)
    caught.value.close()


def states(laptop, prefix):
    alarms = laptop.client("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    return {each["AlarmName"]: each["StateValue"] for each in alarms}


def test_an_alarm_hears_its_own_dimensions_alone(laptop, name):
    """Errors of one endpoint do not roll back another; the bus hears of the change."""
    metrics, sqs, events = (laptop.client(each) for each in ("cloudwatch", "sqs", "events"))
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(allow)})
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [f"{name}-a"]}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn}])
    for endpoint in ("a", "b"):
        metrics.put_metric_alarm(
            AlarmName=f"{name}-{endpoint}",
            Namespace=name,
            MetricName="Errors",
            Dimensions=[{"Name": "EndpointName", "Value": endpoint}],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
        )

    datum = {
        "MetricName": "Errors",
        "Value": 1,
        "Dimensions": [{"Name": "EndpointName", "Value": "a"}],
    }
    metrics.put_metric_data(Namespace=name, MetricData=[datum])

    until(lambda: states(laptop, name) == {f"{name}-a": "ALARM", f"{name}-b": "OK"})
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
    event = json.loads(message["Body"])
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["detail"]["state"]["value"] in {"OK", "ALARM"}


def test_a_dead_letter_raises_the_alarm_of_its_queue(laptop, name):
    """SQS publishes how many messages wait; the alarm ends when they are gone."""
    sqs, metrics = laptop.client("sqs"), laptop.client("cloudwatch")
    urls = {}
    for queue in (f"{name}-a", f"{name}-b"):
        urls[queue] = sqs.create_queue(QueueName=queue)["QueueUrl"]
        metrics.put_metric_alarm(
            AlarmName=queue,
            Namespace="AWS/SQS",
            MetricName="ApproximateNumberOfMessagesVisible",
            Dimensions=[{"Name": "QueueName", "Value": queue}],
            Statistic="Maximum",
            Period=10,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
        )

    sqs.send_message(QueueUrl=urls[f"{name}-a"], MessageBody="unhandled")

    until(lambda: states(laptop, name) == {f"{name}-a": "ALARM", f"{name}-b": "OK"})
    sqs.purge_queue(QueueUrl=urls[f"{name}-a"])
    until(lambda: states(laptop, name)[f"{name}-a"] == "OK", seconds=40)
