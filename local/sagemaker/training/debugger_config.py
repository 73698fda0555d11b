"""DebugHookConfig and DebugRuleConfigurations: what is accepted, and what a rule is told.

Pages "Configure Debugger Using SageMaker API" and "Debugger Built-in Actions for Rules".
"""

from __future__ import annotations

import json
from typing import Any

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.containers.rules.known import read_rule
from local.sagemaker.containers.rules.rule import ParameterError
from local.sagemaker.jobs.container import OPT_ML
from local.sagemaker.jobs.images import read_image

type Document = dict[str, Any]

REFUSED = frozenset(
    {
        "DebugRuleConfigurations.LocalPath",
        "DebugRuleConfigurations.S3OutputPath",  # for reports, which no rule writes here
    }
)
RULES_IMAGE = "sagemaker-debugger-rules"
TENSORS = "/opt/ml/output/tensors"
_NOT_THERE = (f"{OPT_ML}/output//", f"{OPT_ML}/output/data/", f"{OPT_ML}/output/failure/")
MOST_RULES = 20
_SAVING = frozenset({"save_interval", "save_steps", "start_step", "end_step"})
_WHAT = "rule_to_invoke"
_ACTIONS = "action_json"


def check_debugger(request: Document) -> None:
    """Refuse what would have no effect, or could not be read; raises `ValidationException`."""
    hook = request.get("DebugHookConfig")
    if hook is not None:
        place = f"{hook.get('LocalPath', TENSORS)}/"
        if not place.startswith(f"{OPT_ML}/output/") or place.startswith(_NOT_THERE):
            raise ValidationException(
                f"DebugHookConfig.LocalPath must be a folder of its own below {OPT_ML}/output"
            )
        _check_saving("HookParameters", hook.get("HookParameters", {}), _SAVING)
        for collection in hook.get("CollectionConfigurations", []):
            if "CollectionName" not in collection:
                raise ValidationException("CollectionConfigurations: each needs a CollectionName")
            given = collection.get("CollectionParameters", {})
            _check_saving("CollectionParameters", given, _SAVING | {"include_regex"})
    rules = request.get("DebugRuleConfigurations", [])
    names = [rule["RuleConfigurationName"] for rule in rules]
    if len(rules) > MOST_RULES or len(set(names)) != len(names):
        raise ValidationException(
            f"DebugRuleConfigurations: up to {MOST_RULES}, each with a name of its own"
        )
    for rule in rules:
        _check_rule(rule)


def _check_saving(where: str, given: dict[str, str], known: frozenset[str]) -> None:
    if unknown := sorted(set(given) - known):
        raise ValidationException(
            f"The local SageMaker does not support: "
            f"{', '.join(f'DebugHookConfig.{where}.{name}' for name in unknown)}"
        )
    for name in sorted(_SAVING & set(given)):
        for word in given[name].split(","):
            least = 1 if name == "save_interval" else 0
            if not word.strip().isdigit() or int(word) < least:
                raise ValidationException(f"DebugHookConfig.{where}.{name} cannot be {given[name]}")


def _check_rule(rule: Document) -> None:
    name, given = rule["RuleConfigurationName"], rule.get("RuleParameters", {})
    if read_image(rule["RuleEvaluatorImage"]).repository != RULES_IMAGE or _WHAT not in given:
        raise ValidationException(
            f"Rule {name}: the local SageMaker evaluates built-in rules, with the image "
            f"{RULES_IMAGE} and {_WHAT} in RuleParameters"
        )
    try:
        read_rule(given[_WHAT], rule_parameters(rule))
    except ParameterError as error:
        raise ValidationException(f"Rule {name}: {error}") from error
    for action in actions(rule):
        if action.get("name") != "stoptraining":
            raise ValidationException(
                f"Rule {name}: the local SageMaker does not support the action "
                f"{action.get('name')}: it sends neither e-mail nor text messages"
            )


def rule_parameters(rule: Document) -> dict[str, str]:
    """The parameters of a rule itself, without what says which rule, and what it is to do."""
    return {
        name: text
        for name, text in rule.get("RuleParameters", {}).items()
        if name not in {_WHAT, _ACTIONS}
    }


def rule_name(rule: Document) -> str:
    """AWS's name of the rule."""
    return str(rule["RuleParameters"][_WHAT])


def actions(rule: Document) -> list[dict[str, str]]:
    """What is to be done when the rule's condition is met; raises `ValidationException`.

    The SDK escapes the quotes once more than JSON wants them.
    """
    text = rule.get("RuleParameters", {}).get(_ACTIONS, "")
    if not text:
        return _own_stop(rule)
    for attempt in (text, text.replace('\\"', '"')):
        try:
            found = json.loads(attempt)
        except ValueError:
            continue
        if isinstance(found, str):
            found = json.loads(found)
        found = found if isinstance(found, list) else [found]
        if all(isinstance(action, dict) for action in found):
            return found + _own_stop(rule)
    raise ValidationException(f"Rule {rule['RuleConfigurationName']}: {_ACTIONS} is not JSON")


def _own_stop(rule: Document) -> list[dict[str, str]]:
    """StalledTrainingRule stops a job by parameters of its own."""
    given = rule.get("RuleParameters", {})
    if given.get("stop_training_on_fire", "").lower() != "true":
        return []
    prefix = given.get("training_job_name_prefix", "")
    return [{"name": "stoptraining", "training_job_prefix": prefix}]
