"""Recorded calls against policies: what the check must catch, and what it must leave alone."""

import json

import pytest

from events.access import (
    Call,
    Excuse,
    Right,
    Stack,
    excuses,
    judge,
    load,
    matches,
    read_calls,
    rights,
    save,
    together,
)
from events.wiring import of_type, parameters, resources

STACK = Stack(
    {name: f"baton-{name}" for name in resources()},
    {name: str(value) for name, value in parameters().items()},
    "111122223333",
    "eu-west-1",
)
READ = Right("StartRunRole", "s3:GetObject", "arn:aws:s3:::lake/*/runs/*", "LakeBucket/*/runs/*")
WRITE = Right("StartRunRole", "s3:PutObject", "arn:aws:s3:::lake/*/runs/*", "LakeBucket/*/runs/*")


def call(action="s3:GetObject", key="churn/runs/r1/inputs.json", *, allowed=True, role=READ.role):
    return Call(role, action, f"arn:aws:s3:::lake/{key}", allowed)


def test_a_call_and_the_right_that_covers_it_are_both_fine():
    verdict = judge([READ], [call()], [])

    assert verdict.complaints == []


@pytest.mark.parametrize(
    "stray",
    [call("s3:DeleteObject"), call(key="churn/ingested/a"), call(role="PredictRole")],
    ids=["action", "resource", "role"],
)
def test_a_call_that_no_statement_allows_is_found(stray):
    """It was let through by something else, for example a policy that is not in the template."""
    assert judge([READ], [call(), stray], []).uncovered == [stray]


def test_a_refused_call_is_found_and_uses_no_right():
    refused = call("s3:PutObject", allowed=False)

    verdict = judge([READ], [call(), refused], [])

    assert verdict.refused == [refused]
    assert judge([WRITE], [refused], []).unused == [WRITE]


def test_what_a_buckets_own_policy_refuses_is_not_the_roles_fault():
    held = call(allowed=False)

    verdict = judge([READ], [call(key="fraud/runs/r1/a"), held], [])

    assert (verdict.held_back, verdict.complaints) == ([held], [])


def test_a_right_that_no_call_used_is_found():
    assert judge([READ, WRITE], [call()], []).unused == [WRITE]


def test_an_excuse_covers_its_own_rights_alone():
    excuse = Excuse(("StartRun*",), ("s3:PutObject",), "LakeBucket/*", "only on Sundays")
    other = Right("PredictRole", "s3:PutObject", "arn:aws:s3:::lake/*", "LakeBucket/*")

    verdict = judge([READ, WRITE, other], [call()], [excuse])

    assert (verdict.excused, verdict.unused) == ([WRITE], [other])


def test_an_excuse_that_is_no_longer_needed_is_told():
    excuse = Excuse(("*",), ("s3:GetObject",), "*", "never happens")

    assert judge([READ], [call()], [excuse]).needless == [excuse]


def test_several_records_use_rights_together():
    one = judge([READ, WRITE], [call()], [])
    other = judge([READ, WRITE], [call("s3:PutObject")], [])

    assert together([one, other]).unused == []
    assert together([one, one]).unused == [WRITE]


def test_a_pattern_matches_as_iam_matches():
    """``*`` passes slashes, ``?`` is one character, brackets are nothing special."""
    assert matches("arn:aws:s3:::lake/a/b/runs/c", "arn:aws:s3:::lake/*/runs/?")
    assert not matches("arn:aws:s3:::lake/a/runs/cd", "arn:aws:s3:::lake/*/runs/?")
    assert matches("arn:aws:s3:::lake/[a]", "arn:aws:s3:::lake/[a]")
    assert not matches("arn:aws:s3:::lake/a", "arn:aws:s3:::lake/[a]")


def test_every_right_of_the_template_is_spelt_out_for_a_stack():
    """No reference is left over, and every role that is deployed by default has some."""
    found = rights(STACK)

    assert len(found) > 400
    assert not [right for right in found if "${" in right.resource or "Fn::" in right.resource]
    assert {right.role for right in found} == set(of_type("AWS::IAM::Role")) - {"RecordArchiveRole"}
    queue = next(right for right in found if right.action == "sqs:ReceiveMessage")
    assert queue.resource.startswith("arn:aws:sqs:eu-west-1:111122223333:baton-")


def test_a_record_is_read_by_the_stacks_own_roles_and_kept(tmp_path):
    """Calls of roles that tests make are none of the template's."""
    lines = [
        json.dumps({"role": role, "action": "s3:GetObject", "resource": "r", "allowed": True})
        for role in ("baton-StartRunRole", "somebody-else")
    ]

    calls = read_calls(lines, STACK)
    save(tmp_path / "access.json", STACK, calls)

    assert calls == [Call("StartRunRole", "s3:GetObject", "r", allowed=True)]
    assert load(tmp_path / "access.json") == (STACK, calls)


@pytest.mark.parametrize("excuse", excuses(), ids=lambda item: f"{item.roles[0]} {item.actions[0]}")
def test_every_excuse_says_why_and_speaks_of_rights_that_there_are(excuse):
    assert len(excuse.reason.split()) >= 5
    given = rights(STACK)
    for action in excuse.actions:
        spoken = [right for right in given if right.action == action and excuse.excuses(right)]
        assert spoken, f"no role has {action} on {excuse.resource} any more"


def test_no_right_is_excused_twice_by_the_same_words():
    """The second would outlive the first's reason."""
    named = [
        (role, action, excuse.resource)
        for excuse in excuses()
        for role in excuse.roles
        for action in excuse.actions
    ]

    assert len(named) == len(set(named))
