"""Least privilege, held to the code: a role may do what its function calls, and nothing else."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from events.wiring import functions, of_type, resolved

ROOT = Path(__file__).parents[2]
SESSION = botocore.session.get_session()
MODELS = {
    "sagemaker": ("sagemaker", "sagemaker-runtime", "sagemaker-featurestore-runtime"),
    "glue": ("glue",),
    "sns": ("sns",),
    "cloudwatch": ("cloudwatch",),
    "sqs": ("sqs",),
    "secretsmanager": ("secretsmanager",),
    "kms": ("kms",),
}
"""IAM's name of a service → the botocore models whose operations it governs."""

IMPLIED = {
    "sagemaker:AddTags": "tags in a Create call are checked as if they were added",
    "sqs:SendMessage": "Lambda notes for it which stretch of the stream it gave up on",
    "kms:Decrypt": "SNS encrypts what is published for whom it takes it from",
    "kms:GenerateDataKey": "likewise",
    "cloudwatch:DescribeAlarms": "SageMaker looks at a deployment's alarms for the caller",
}
"""Permissions that a call needs besides its own, and why."""

OBJECT_DOORS = {
    "read": {"s3:GetObject"},
    "sha256": {"s3:GetObject"},
    "download": {"s3:GetObject"},
    "write": {"s3:PutObject"},
    "upload": {"s3:PutObject"},
    "copy": {"s3:GetObject", "s3:PutObject"},
    "list": {"s3:ListBucket"},
    "stored": {"s3:ListBucket"},
}
"""The door to objects → what it takes; see lifecycle/adapters/s3_objects.py."""

NAMED_OTHERWISE = {
    "PutObject": "s3:PutObject",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
}
"""S3's operations that decisions name → IAM's names of them, which may be others."""

MOST_UNTAGGED = 3
"""`upload` takes so many arguments besides the tags."""

SHARED = "UsesOwnKey"
"""The one policy of all roles: the use of one key. tests/contract/test_encryption.py holds it."""

COPIED = {"s3:GetObjectTagging", "s3:PutObjectTagging"}
"""What copying an object with tags takes besides."""

HELPERS = {
    "set_aside": OBJECT_DOORS["copy"] | COPIED,
    "personal_data": {"secretsmanager:GetSecretValue"},
    "prove": {"kms:GenerateMac"},
    "signed": {"kms:VerifyMac"},
    "doubt": OBJECT_DOORS["sha256"],
    "start_job_run": {"glue:StartJobRun", "glue:GetJobRuns"},
}
"""A function of the lifecycle layer → what it takes of its caller's role."""


@cache
def operations() -> dict[str, str]:
    """Every operation, as the API and as a client spells it → the IAM action."""
    found = {}
    for service, models in MODELS.items():
        for model in models:
            for name in SESSION.get_service_model(model).operation_names:
                # DeleteEndpoint is SNS's as well: the first service here is meant.
                for spelling in (name, xform_name(name)):
                    found.setdefault(spelling, f"{service}:{name}")
    return found


def called_by(folder: str) -> set[str]:
    """The actions that a function's code asks for."""
    actions = set()
    for path in (ROOT / "functions" / folder).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            actions |= _actions_of(node)
    return actions


def _actions_of(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        known = {**NAMED_OTHERWISE, **operations()}
        return {known[node.value]} if node.value in known else set()
    if not isinstance(node, ast.Call):
        return set()
    if isinstance(node.func, ast.Name):
        return HELPERS.get(node.func.id, set())
    if isinstance(node.func, ast.Attribute):
        door = node.func.value
        if isinstance(door, ast.Attribute) and door.attr == "objects":
            tagged = {"s3:PutObjectTagging"} if len(node.args) > MOST_UNTAGGED else set()
            return OBJECT_DOORS[node.func.attr] | tagged
        if node.func.attr in operations():
            return {operations()[node.func.attr]}
    return set()


def allowed_to(function: str) -> set[str]:
    """The actions that a function's own policy names, for the services looked at here."""
    policy = of_type("AWS::IAM::Policy").get(f"{function}May")
    found = set()
    for statement in policy["PolicyDocument"]["Statement"] if policy else ():
        action = statement["Action"]
        found |= set(action if isinstance(action, list) else [action])
    return {item for item in found if item.split(":")[0] in {*MODELS, "s3"}}


@pytest.mark.parametrize("function", functions())
def test_a_role_may_do_what_its_function_calls(function):
    """A missing permission is found here and not in an account."""
    assert called_by(functions()[function].folder) - allowed_to(function) == set()


@pytest.mark.parametrize("function", functions())
def test_a_role_may_do_nothing_else(function):
    """A permission that outlived its call is found, too."""
    called = called_by(functions()[function].folder)
    unused = allowed_to(function) - called - set(IMPLIED)
    if "s3:GetObject" in called:
        # Who may list a bucket is told "no such object" instead of "denied" (S3, GetObject).
        unused.discard("s3:ListBucket")

    assert unused == set()


@pytest.mark.parametrize("name", sorted(set(of_type("AWS::IAM::Policy")) - {SHARED}))
def test_a_policy_is_for_its_own_function(name):
    """<Leg>May, <Leg>Announces and their like are attached to <Leg>Role and to no other."""
    policy = of_type("AWS::IAM::Policy")[name]
    function = re.sub("(May|PassesRole|Announces|ReadsRows|ListsRows|Waits|TakesTurns)$", "", name)

    assert resolved(policy["Roles"]) == [f"{function}Role"]
