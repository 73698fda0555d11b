"""What every role may do, and whether what it did keeps to that: policies against recorded calls.

A record is taken where IAM judges each request, as on the laptop cloud with `BATON_RECORD_CALLS`
set. A right that no call used is as much a fault as a call that no right covers.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from events.wiring import of_type, resources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

EXCUSES = Path(__file__).with_name("unrecorded_rights.yaml")
"""The rights that no record can show, each with its reason."""

ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::Events::EventBus": "arn:aws:events:{region}:{account}:event-bus/{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::Kinesis::Stream": "arn:aws:kinesis:{region}:{account}:stream/{name}",
    "AWS::KMS::Key": "arn:aws:kms:{region}:{account}:key/{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-??????",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
}
"""CloudFormation type → the ARN that `GetAtt Arn` answers (Service Authorization Reference)."""


class RecordError(Exception):
    """A record cannot be judged; the message says why."""


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One action that a role may take on what one pattern matches.

    Attributes:
        role: the role's logical id.
        action: as the policy spells it, such as ``s3:GetObject``.
        resource: the pattern, with the deployed names in it.
        written: the pattern as the template has it, with logical ids.
    """

    role: str
    action: str
    resource: str
    written: str = ""

    def covers(self, call: Call) -> bool:
        """Whether it allows a call, conditions aside: those were judged when it was made."""
        return (
            self.role == call.role
            and self.action.lower() == call.action.lower()
            and matches(call.resource, self.resource)
        )

    def __str__(self) -> str:
        return f"{self.role}: {self.action} on {self.written or self.resource}"


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """One kind of call, as it was recorded; its role is a logical id."""

    role: str
    action: str
    resource: str
    allowed: bool

    def __str__(self) -> str:
        return f"{self.role}: {self.action} on {self.resource}"


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack: what its names became.

    Attributes:
        names: logical id → physical id.
        parameters: the values it was deployed with.
        account: its account.
        region: its Region.
    """

    names: Mapping[str, str]
    parameters: Mapping[str, str]
    account: str
    region: str

    @classmethod
    def read(cls, cloudformation: Any, name: str) -> Stack:
        """Ask CloudFormation, with a boto3 client of it."""
        found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        listed = [item for page in pages for item in page["StackResourceSummaries"]]
        region, account = found["StackId"].split(":")[3:5]
        return cls(
            {item["LogicalResourceId"]: item["PhysicalResourceId"] for item in listed},
            {item["ParameterKey"]: item["ParameterValue"] for item in found.get("Parameters", [])},
            account,
            region,
        )

    @property
    def pseudo(self) -> dict[str, str]:
        """CloudFormation's own parameters."""
        return {
            "AWS::AccountId": self.account,
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::StackName": "baton",
        }

    def name(self, reference: str) -> str:
        """What a ``Ref`` of the template became.

        Raises:
            RecordError: the stack has no such thing.
        """
        known = {**self.pseudo, **self.parameters, **self.names}
        if reference not in known:
            raise RecordError(f"the recorded stack has no {reference}: record it anew")
        return known[reference]

    def arn(self, logical: str) -> str:
        """What ``GetAtt <logical>.Arn`` became."""
        shape = ARNS[resources()[logical]["Type"]]
        name = self.name(logical).rpartition("/")[2] if "sqs" in shape else self.name(logical)
        return shape.format(region=self.region, account=self.account, name=name)

    def filled(self, value: Any) -> str:
        """A resource of a statement with every reference replaced.

        Raises:
            RecordError: it is made by a function that is not known here.
        """
        if isinstance(value, str):
            return value
        ((function, argument),) = value.items()
        if function == "Ref":
            return self.name(argument)
        if function == "Fn::GetAtt":
            return self._attribute(argument if isinstance(argument, str) else ".".join(argument))
        if function != "Fn::Sub":
            raise RecordError(f"{function} in a policy's resource is not known here")
        text, more = (argument, {}) if isinstance(argument, str) else argument

        def replace(match: re.Match[str]) -> str:
            name = match[1]
            return self.filled(more[name]) if name in more else self._attribute(name)

        return re.sub(r"\$\{([^}!]+)\}", replace, text)

    def _attribute(self, name: str) -> str:
        logical, dot, _ = name.partition(".")
        return self.arn(logical) if dot else self.name(name)


def matches(resource: str, pattern: str) -> bool:
    """Whether a policy's pattern matches a resource: ``*`` and ``?`` alone are special there."""
    return fnmatchcase(resource, pattern.replace("[", "[[]"))


def written(value: Any) -> str:
    """A resource of a statement as people read it, with logical ids."""
    if isinstance(value, str):
        return value
    ((_, argument),) = value.items()
    text = argument if isinstance(argument, str) else str(argument[0])
    prefix = "arn:${AWS::Partition}:"
    return re.sub(r"\$\{([\w:]+?)(\.Arn)?\}", r"\1", text.removeprefix(prefix))


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of the template that allows a role something, with the role's logical id.

    Parts that a deployment has only on demand are left out.
    """
    optional = {name for name, item in resources().items() if "Condition" in item}
    for role, properties in of_type("AWS::IAM::Role").items():
        for policy in properties.get("Policies", []) if role not in optional else []:
            for statement in _listed(policy["PolicyDocument"]["Statement"]):
                yield role, statement
    for name, policy in of_type("AWS::IAM::Policy").items():
        for reference in policy["Roles"] if name not in optional else []:
            for statement in _listed(policy["PolicyDocument"]["Statement"]):
                yield _logical(reference), statement


def _logical(reference: Any) -> str:
    """The logical id that a Ref names; loops of the template leave a Sub in it."""
    argument = reference["Ref"]
    return str(argument["Fn::Sub"] if isinstance(argument, dict) else argument)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@cache
def _rights_written() -> tuple[tuple[str, str, str], ...]:
    """Role, action and resource (as JSON) of every right."""
    return tuple(
        (role, action, json.dumps(resource, sort_keys=True))
        for role, statement in statements()
        if statement["Effect"] == "Allow"
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    )


def rights(stack: Stack) -> list[Right]:
    """Every right of the template, with the stack's names in it."""
    return sorted(
        {
            Right(role, action, stack.filled(json.loads(text)), written(json.loads(text)))
            for role, action, text in _rights_written()
        }
    )


def read_calls(lines: Iterable[str], stack: Stack) -> list[Call]:
    """The calls of a record that roles of this stack made."""
    logical = {physical: name for name, physical in stack.names.items()}
    found = set()
    for line in lines:
        call = json.loads(line)
        if role := logical.get(call["role"]):
            found.add(Call(role, call["action"], call["resource"], call["allowed"]))
    return sorted(found)


def save(path: Path, stack: Stack, calls: list[Call]) -> None:
    """Keep a record whole, with the names of its stack."""
    kept = {"stack": asdict(stack), "calls": [asdict(call) for call in calls]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1), "utf-8")


def load(path: Path) -> tuple[Stack, list[Call]]:
    """A record that was kept."""
    kept = json.loads(path.read_text("utf-8"))
    return Stack(**kept["stack"]), [Call(**call) for call in kept["calls"]]


@dataclass(frozen=True, slots=True)
class Excuse:
    """Rights that no record can show, and why."""

    roles: tuple[str, ...]
    actions: tuple[str, ...]
    resource: str
    reason: str

    def excuses(self, right: Right) -> bool:
        """Whether it speaks of a right."""
        return (
            any(fnmatchcase(right.role, role) for role in self.roles)
            and right.action in self.actions
            and fnmatchcase(right.written, self.resource)
        )


def excuses(path: Path = EXCUSES) -> list[Excuse]:
    """The excuses that are kept beside this module."""
    return [
        Excuse(
            tuple(_listed(item["roles"])),
            tuple(_listed(item["actions"])),
            item.get("resource", "*"),
            item["reason"],
        )
        for item in yaml.safe_load(path.read_text("utf-8"))
    ]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a record says of the policies.

    Attributes:
        calls: how many kinds of calls there are in it.
        rights: how many rights the template gives.
        refused: calls that no right covers and that IAM refused.
        held_back: calls that a right covers and that a bucket's own policy refused.
        uncovered: calls that were allowed and that the template allows nobody.
        unused: rights that no call used and that nothing excuses.
        excused: rights that no call used, with an excuse.
        needless: excuses of which every right was used, or that speak of none. What is rare may
            happen, so this is told and is no fault.
    """

    calls: int
    rights: int
    refused: list[Call]
    held_back: list[Call]
    uncovered: list[Call]
    unused: list[Right]
    excused: list[Right]
    needless: list[Excuse]

    @property
    def figures(self) -> dict[str, int]:
        """Its counts by name."""
        return {
            "kinds_of_calls": self.calls,
            "rights": self.rights,
            "calls_refused": len(self.refused),
            "calls_held_back": len(self.held_back),
            "calls_uncovered": len(self.uncovered),
            "rights_unused": len(self.unused),
            "rights_excused": len(self.excused),
            "excuses_needless": len(self.needless),
        }

    @property
    def complaints(self) -> list[str]:
        """What is not as it must be, a line each."""
        return [
            *(f"refused: {call}" for call in self.refused),
            *(f"allowed by no statement: {call}" for call in self.uncovered),
            *(f"used by no call: {right}" for right in self.unused),
        ]

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to complain of."""
        return not self.complaints


def judge(given: list[Right], calls: list[Call], excused: list[Excuse]) -> Verdict:
    """Hold a record against the policies.

    Args:
        given: every right.
        calls: every kind of call that was recorded.
        excused: the rights that need not be used.
    """
    by_action: dict[tuple[str, str], list[Right]] = {}
    for right in given:
        by_action.setdefault((right.role, right.action.lower()), []).append(right)
    covering = {
        call: [
            right
            for right in by_action.get((call.role, call.action.lower()), [])
            if right.covers(call)
        ]
        for call in calls
    }
    used = {right for call, found in covering.items() if call.allowed for right in found}
    left = [right for right in given if right not in used]
    told = [right for right in left if any(excuse.excuses(right) for excuse in excused)]
    return Verdict(
        calls=len(calls),
        rights=len(given),
        refused=[call for call in calls if not call.allowed and not covering[call]],
        held_back=[call for call in calls if not call.allowed and covering[call]],
        uncovered=[call for call in calls if call.allowed and not covering[call]],
        unused=[right for right in left if right not in told],
        excused=told,
        needless=[excuse for excuse in excused if not any(excuse.excuses(right) for right in left)],
    )


def together(verdicts: list[Verdict]) -> Verdict:
    """The verdict of several records of one template: a right was used if it was in any of them."""

    def in_all(lists: list[list[Right]]) -> list[Right]:
        seen = [{(right.role, right.action, right.written) for right in each} for each in lists]
        common = set.intersection(*seen)
        return [each for each in lists[0] if (each.role, each.action, each.written) in common]

    first = verdicts[0]
    return Verdict(
        calls=sum(each.calls for each in verdicts),
        rights=first.rights,
        refused=[call for each in verdicts for call in each.refused],
        held_back=[call for each in verdicts for call in each.held_back],
        uncovered=[call for each in verdicts for call in each.uncovered],
        unused=in_all([each.unused for each in verdicts]),
        excused=in_all([each.excused for each in verdicts]),
        needless=[item for item in first.needless if all(item in v.needless for v in verdicts)],
    )
