# ruff: noqa: SLF001 -- this package exists to reach inside ministack
"""Who may do what: identities whose signatures are checked."""

from __future__ import annotations

import functools
import json
from typing import Any

from local.ministack_hooks.inside import module
from local.sagemaker_requests import json_object, trusts_service


def hook_identities(users: dict[str, str], secret: str, region: str) -> None:
    """Make IAM users with every right, and take it from well-known keys such as `test`.

    ministack never checks a root key's signature, so that any program and any web page that names
    such a key would be root. An IAM user's signature is checked like every other.

    Args:
        users: User name → access key id.
        secret: The secret of all of them.
        region: The Region to make them in.
    """
    evaluator, iam = module("core.iam_evaluator"), module("services.iam")
    responses = module("core.responses")

    def is_root(key: str) -> bool:
        return not key  # requests without a signature are judged before this is asked

    evaluator.is_root_access_key = is_root
    module("services.sts").is_root_access_key = is_root
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    with responses.request_scope(responses.get_account_id(), region):
        for name, key in users.items():
            iam._create_user({"UserName": [name]})
            iam._put_user_policy(
                {"UserName": [name], "PolicyName": ["all"], "PolicyDocument": [policy]}
            )
            iam._access_keys[key] = {
                "UserName": name,
                "AccessKeyId": key,
                "SecretAccessKey": secret,
                "Status": "Active",
                "CreateDate": "2026-01-01T00:00:00Z",
            }


def hook_service_identity(user: str, service: str) -> None:
    """Let `user` take on the roles that trust `service`, as the service itself does on AWS."""
    evaluator = module("core.iam_evaluator")
    original = evaluator.evaluate_trust_policy

    @functools.wraps(original)
    def evaluate(document: Any, caller: str, context: Any = None) -> bool:
        if caller.endswith(f":user/{user}"):
            return trusts_service(document, service)
        allowed: bool = original(document, caller, context)
        return allowed

    evaluator.evaluate_trust_policy = evaluate


def hook_alarm_names() -> None:
    """Judge DescribeAlarms by the alarms that it names, as AWS does.

    ministack holds it against every alarm, so that a right to some alarms allows nothing. Of
    several names the first is judged: policies of one stack hold its alarms by one prefix.
    """
    actions = module("core.iam_actions")
    original = actions.extract_resource_arn

    @functools.wraps(original)
    def extract_resource_arn(service: str, *request: Any) -> str:
        if service == "monitoring":
            _, _, _, body, _, region, account = request
            names = json_object(body).get("AlarmNames") or []
            if names:
                return f"arn:aws:cloudwatch:{region}:{account}:alarm:{names[0]}"
        arn: str = original(service, *request)
        return arn

    actions.extract_resource_arn = extract_resource_arn
