"""What every leg, bucket, queue and role of the template must have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from events.wiring import TEMPLATE, functions, of_type, outputs, resolved, resources

ROOT = Path(__file__).parents[2]
OUTPUTS = {
    "LandingBucket",
    "LakeBucket",
    "RecordStream",
    "EventBus",
    "AlertTopic",
    "RecordTable",
    "ConsoleUrl",
}
QUEUES = {name for name in of_type("AWS::SQS::Queue") if name.endswith("Queue")}
DEAD_LETTERS = {name for name in of_type("AWS::SQS::Queue") if name.endswith("DeadLetters")}
DRIVEN = sorted(name.removesuffix("Queue") for name in QUEUES)
"""The legs that a queue drives."""


def statements() -> list[tuple[str, dict[str, Any]]]:
    """Every statement that allows a role something, with the resource that holds it."""
    found = []
    for name, role in of_type("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            found += [(name, item) for item in policy["PolicyDocument"]["Statement"]]
    for name, policy in of_type("AWS::IAM::Policy").items():
        found += [(name, item) for item in policy["PolicyDocument"]["Statement"]]
    return found


def actions_of(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return action if isinstance(action, list) else [action]


def denies_plain_http(policy: dict[str, Any]) -> bool:
    return any(
        item["Effect"] == "Deny"
        and item["Principal"] == "*"
        and item["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for item in policy["PolicyDocument"]["Statement"]
    )


def test_every_folder_is_a_function_and_every_function_a_folder():
    """Reading `functions/` is reading the list of legs."""
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handle_*.py")}

    assert {function.folder for function in functions().values()} == folders


@pytest.mark.parametrize("function", functions().values(), ids=lambda item: item.folder)
def test_a_function_is_named_after_its_folder(function):
    """`start_run` is StartRun, handled by handle_start_run, and called <stack>-StartRun."""
    camel = function.folder.title().replace("_", "")

    assert function.name == camel
    assert resolved(function.properties["FunctionName"]) == f"baton-{camel}"
    assert resolved(function.properties["Handler"]) == f"handle_{function.folder}.lambda_handler"


@pytest.mark.parametrize("leg", DRIVEN)
def test_a_leg_is_driven_by_a_queue_of_its_own(leg):
    """With dead letters of its own after five attempts, and one message a call.

    A message that ends its worker would take the others of a batch with it.
    """
    (event,) = functions()[leg].properties["Events"].values()
    queue = of_type("AWS::SQS::Queue")[f"{leg}Queue"]

    assert resolved(event["Properties"]["Queue"]) == f"{leg}Queue.Arn"
    assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert event["Properties"]["BatchSize"] == 1
    assert resolved(queue["RedrivePolicy"]) == {
        "deadLetterTargetArn": f"{leg}DeadLetters.Arn",
        "maxReceiveCount": 5,
    }


@pytest.mark.parametrize("leg", DRIVEN)
def test_a_message_stays_hidden_for_longer_than_its_handler_may_take(leg):
    """Otherwise it would be handled twice at a time (Lambda, "Configuring a queue")."""
    timeout = functions()[leg].properties["Timeout"]
    visibility = of_type("AWS::SQS::Queue")[f"{leg}Queue"]["VisibilityTimeout"]
    if isinstance(visibility, dict):
        visibility = resolved(visibility["Fn::FindInMap"][3]["DefaultValue"])

    assert visibility > timeout


def test_no_function_is_driven_by_eventbridge_itself():
    """Queues buffer, retry and redrive; EventBridge to Lambda does not."""
    kinds = {
        event["Type"]
        for function in functions().values()
        for event in function.properties.get("Events", {}).values()
    }

    assert kinds == {"SQS", "Kinesis"}


@pytest.mark.parametrize("name", sorted(DEAD_LETTERS))
def test_dead_letters_raise_an_alarm(name):
    """At the first message, through the alert topic."""
    alarm = of_type("AWS::CloudWatch::Alarm")[f"{name}Alarm"]

    assert resolved(alarm["Dimensions"]) == [{"Name": "QueueName", "Value": f"{name}.QueueName"}]
    assert resolved(alarm["AlarmActions"]) == ["AlertTopic"]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")


@pytest.mark.parametrize("name", sorted(functions()))
def test_a_function_keeps_its_log_for_a_while(name):
    """In a group of its own that the template makes, so that its retention is ours."""
    log = of_type("AWS::Logs::LogGroup")[f"{name}Log"]

    assert resolved(log["LogGroupName"]) == f"/aws/lambda/baton-{name}"
    assert resolved(log["RetentionInDays"]) > 0


def test_no_two_functions_share_a_role():
    """Each may do what it must, and no more."""
    roles = {resolved(item.properties["Role"]) for item in functions().values()}

    assert roles == {f"{name}Role.Arn" for name in functions()}


@pytest.mark.parametrize("name", sorted(functions()))
def test_no_role_is_given_a_managed_policy(name):
    """AWS's ready-made ones allow their actions on everything."""
    assert "ManagedPolicyArns" not in of_type("AWS::IAM::Role")[f"{name}Role"]


def test_own_events_are_the_only_ones_that_may_be_put():
    """No function can pretend to be another source."""
    puts = [item for _, item in statements() if "events:PutEvents" in actions_of(item)]

    assert puts
    for statement in puts:
        assert statement["Condition"] == {"ForAllValues:StringEquals": {"events:source": "baton"}}
        assert resolved(statement["Resource"]) == "EventBus.Arn"


def test_roles_are_passed_to_sagemaker_alone():
    """And only the one role that jobs run under."""
    passes = [item for _, item in statements() if "iam:PassRole" in actions_of(item)]

    assert passes
    for statement in passes:
        assert statement["Resource"] == {"Fn::GetAtt": ["JobRole", "Arn"]}
        assert statement["Condition"] == {
            "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
        }


def test_no_statement_allows_a_whole_service():
    """Every action is named."""
    assert [
        (name, action)
        for name, statement in statements()
        for action in actions_of(statement)
        if "*" in action
    ] == []


def test_every_resource_star_has_its_reason_beside_it():
    """Some actions know no resources; whoever writes a star says so on the same line."""
    lines = TEMPLATE.read_text("utf-8").splitlines()
    stars = [line for line in lines if re.search(r"Resource: \"?\*", line)]

    assert stars
    assert [line.strip() for line in stars if not re.search(r"# \w{2,}", line)] == []


@pytest.mark.parametrize("name", ["Landing", "Lake"])
def test_buckets_are_closed_encrypted_versioned_and_heard(name):
    """Users' data: no public access, no plain HTTP, old versions kept a while, every put told."""
    bucket = of_type("AWS::S3::Bucket")[f"{name}Bucket"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["NotificationConfiguration"]["EventBridgeConfiguration"] == {
        "EventBridgeEnabled": True
    }
    assert bucket["LifecycleConfiguration"]["Rules"][0]["NoncurrentVersionExpiration"]
    assert denies_plain_http(of_type("AWS::S3::BucketPolicy")[f"{name}BucketPolicy"])


@pytest.mark.parametrize("name", sorted(QUEUES))
def test_a_queue_takes_messages_from_its_own_rules_alone(name):
    """Whatever else EventBridge carries in this account, and never over plain HTTP."""
    policy = of_type("AWS::SQS::QueuePolicy")[f"{name}Policy"]
    allowed = [item for item in policy["PolicyDocument"]["Statement"] if item["Effect"] == "Allow"]
    sources = [
        resolved(source).rsplit("/", 1)[-1]
        for item in allowed
        for source in item["Condition"]["ArnLike"]["aws:SourceArn"]
    ]

    assert {item["Principal"]["Service"] for item in allowed} == {"events.amazonaws.com"}
    assert set(sources) == {f"baton-{name.removesuffix('Queue')}Hears*"}
    assert denies_plain_http(policy)


@pytest.mark.parametrize("name", sorted(QUEUES | DEAD_LETTERS))
def test_no_queue_is_reached_over_plain_http(name):
    """Dead letters hold what users sent, too."""
    assert denies_plain_http(of_type("AWS::SQS::QueuePolicy")[f"{name}Policy"])


def test_the_topic_is_not_reached_over_plain_http():
    """Alerts name problems and files."""
    assert denies_plain_http(of_type("AWS::SNS::TopicPolicy")["AlertTopicPolicy"])


@pytest.mark.parametrize("name", sorted(functions()))
def test_a_function_has_its_own_role_log_dead_letters_and_alarm(name):
    """The whole house of a leg; a page answers whoever asks and has nothing to set aside."""
    asked = "FunctionUrlConfig" in functions()[name].properties
    kinds = {
        f"{name}Role": "AWS::IAM::Role",
        f"{name}Log": "AWS::Logs::LogGroup",
    }
    if not asked:
        kinds |= {
            f"{name}DeadLetters": "AWS::SQS::Queue",
            f"{name}DeadLettersAlarm": "AWS::CloudWatch::Alarm",
        }
    if name in DRIVEN:
        kinds[f"{name}Queue"] = "AWS::SQS::Queue"

    assert {each: resources()[each]["Type"] for each in kinds} == kinds
    assert (name in DRIVEN) or asked or name == "IngestRecords"  # which a stream drives


@pytest.mark.parametrize("name", sorted(functions()))
def test_a_functions_page_is_asked_by_signed_requests_alone(name):
    """No function answers a stranger."""
    page = functions()[name].properties.get("FunctionUrlConfig")

    assert page in (None, {"AuthType": "AWS_IAM"})


@pytest.mark.parametrize("name", sorted(QUEUES | DEAD_LETTERS))
def test_queues_keep_messages_for_two_weeks(name):
    """As long as SQS can: a weekend must not cost data."""
    queue = of_type("AWS::SQS::Queue")[name]

    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_rules_are_named_after_the_leg_that_hears():
    """The queue policies rely on it."""
    strangers = [
        name
        for name, rule in of_type("AWS::Events::Rule").items()
        if not name.startswith(f"{resolved(rule['Targets'][0]['Arn']).split('Queue')[0]}Hears")
    ]

    assert strangers == []


def test_the_stack_says_where_everything_is():
    """The outputs that the contract promises."""
    assert set(outputs()) >= OUTPUTS


def test_the_template_stays_within_a_stack():
    """CloudFormation's limit is 500 resources; SAM adds one for each mapping and URL."""
    assert len(resources()) + 2 * len(functions()) < 500
