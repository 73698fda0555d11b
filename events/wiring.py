"""The real template.yaml as a list of functions and rules: who hears what, by which pattern.

The template's loops are expanded as CloudFormation does it, by cfn-lint; names that exist only
after a deployment are replaced by those that the samples carry.
"""

from __future__ import annotations

import ast
import json
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.decode import decode  # type: ignore[import-untyped]
from cfnlint.template import Template  # type: ignore[import-untyped]
from cfnlint.template.transforms import (  # type: ignore[import-untyped]
    _language_extensions as extensions,
)

from lifecycle.events import CATALOGUE

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "template.yaml"
ACCOUNT = "111122223333"
DEFAULT_BUS = "default"

DEPLOYED = {
    "LandingBucket": "baton-landing-example",
    "LakeBucket": "baton-lake-example",
    "EventBus": "baton",
    "JobRole.Arn": f"arn:aws:iam::{ACCOUNT}:role/baton-JobRole-EXAMPLE",
    "PrepareLarge": "baton-PrepareLarge",
    "FetchTablesJob": "baton-FetchTablesJob",
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackName": "baton",
}
"""What the samples say for the names that a deployment gives."""


class WiringError(Exception):
    """The template cannot be read as a relay; the message says where."""


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda function.

    Attributes:
        name: its logical id, such as ``StartRun``.
        folder: its folder's name, such as ``start_run``.
        properties: its properties in the expanded template.
    """

    name: str
    folder: str
    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One EventBridge rule that fills one function's queue.

    Attributes:
        name: its logical id.
        function: the logical id of the function whose queue it fills.
        bus: ``default``, or the name of the stack's own.
        pattern: what it matches; empty for a schedule.
        schedule: when it fires, if it is a schedule.
    """

    name: str
    function: str
    bus: str
    pattern: dict[str, Any]
    schedule: str = ""


@cache
def _read() -> dict[str, Any]:
    """The template as CloudFormation sees it after AWS::LanguageExtensions.

    Raises:
        WiringError: cfn-lint cannot read or expand it.
    """
    document, faults = decode(str(TEMPLATE))
    if not faults:
        whole = Template(str(TEMPLATE), document, [DEPLOYED["AWS::Region"]])
        faults, document = extensions.language_extension(whole)
    if faults:
        raise WiringError("; ".join(str(fault) for fault in faults))
    expanded: dict[str, Any] = document
    return expanded


def resources() -> dict[str, dict[str, Any]]:
    """Every resource of the template by its logical id, loops expanded."""
    found: dict[str, dict[str, Any]] = _read()["Resources"]
    return found


def parameters() -> dict[str, Any]:
    """The defaults of the template's parameters."""
    return {name: item.get("Default", "") for name, item in _read()["Parameters"].items()}


def environment() -> dict[str, Any]:
    """What every function is told, by the names of its variables."""
    told: dict[str, Any] = _read()["Globals"]["Function"]["Environment"]["Variables"]
    return told


def outputs() -> dict[str, Any]:
    """What the stack tells of itself, by name."""
    return {name: item["Value"] for name, item in _read()["Outputs"].items()}


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of one CloudFormation type, by logical id."""
    return {
        name: item.get("Properties", {})
        for name, item in resources().items()
        if item["Type"] == kind
    }


def resolved(value: Any) -> Any:
    """A value with references replaced by what the samples carry; others keep a readable form."""
    if isinstance(value, list):
        return [resolved(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, argument),) = value.items()
        if key == "Ref":
            return DEPLOYED.get(argument, parameters().get(argument, argument))
        if key == "Fn::GetAtt":
            name = argument if isinstance(argument, str) else ".".join(argument)
            return DEPLOYED.get(name, name)
        if key == "Fn::Sub":
            return _substituted(argument)
    return {key: resolved(item) for key, item in value.items()}


def _substituted(argument: Any) -> str:
    text, names = (argument, {}) if isinstance(argument, str) else argument
    for name, value in {**DEPLOYED, **{key: resolved(item) for key, item in names.items()}}.items():
        text = text.replace(f"${{{name}}}", value)
    return str(text)


@cache
def functions() -> dict[str, Function]:
    """Every function by its logical id."""
    return {
        name: Function(name, properties["CodeUri"].rsplit("/", 1)[-1], properties)
        for name, properties in of_type("AWS::Serverless::Function").items()
    }


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the template.

    Raises:
        WiringError: a rule has another target than one function's queue.
    """
    found = []
    for name, properties in of_type("AWS::Events::Rule").items():
        targets = [resolved(target["Arn"]) for target in properties["Targets"]]
        function = targets[0].removesuffix("Queue.Arn")
        if len(targets) != 1 or function not in functions():
            raise WiringError(f"{name} must fill one function's queue, not {targets}")
        found.append(
            Rule(
                name,
                function,
                resolved(properties.get("EventBusName", DEFAULT_BUS)),
                resolved(properties.get("EventPattern", {})),
                str(resolved(properties.get("ScheduleExpression", ""))),
            )
        )
    return tuple(found)


def said_by(folder: str) -> tuple[str, ...]:
    """The own events that a function's code makes, in the catalogue's order.

    A leg says an event by calling its class, itself or through a function of the lifecycle layer
    that it calls; what it merely hears, it never calls. That it waits for a quota, the layer says
    for every leg that the template lets wait.
    """
    policies = of_type("AWS::IAM::Policy")
    waits = any(
        item.folder == folder and f"{item.name}Waits" in policies for item in functions().values()
    )
    made: set[str] = {"QuotaReached"} if waits else set()
    for path in (ROOT / "functions" / folder).glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        called = _called(tree)
        made |= called
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lifecycle."):
                for name in called & {alias.name for alias in node.names}:
                    made |= _called_inside(str(node.module), name)
    return tuple(name for name, event in CATALOGUE.items() if event.__name__ in made)


def _called(tree: ast.AST) -> set[str]:
    """The names of all that a piece of code calls."""
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {getattr(call, "id", getattr(call, "attr", "")) for call in calls}


def _called_inside(module: str, name: str) -> set[str]:
    """What a function of the lifecycle layer calls; nothing for its classes."""
    source = ROOT / "layers" / "lifecycle" / Path(*module.split("."))
    path = (
        source.with_suffix(".py") if source.with_suffix(".py").exists() else source / "__init__.py"
    )
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return _called(node)
    return set()


def main() -> None:
    """Print the template with its loops expanded, for tools that cannot expand them."""
    sys.stdout.write(json.dumps(_read(), indent=1, default=str))


if __name__ == "__main__":
    main()
