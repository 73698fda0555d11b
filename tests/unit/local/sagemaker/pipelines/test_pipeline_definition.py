"""Pipeline definitions: what waits for what, and every fault that is found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.sagemaker.api.errors import ValidationException
from local.sagemaker.pipelines.pipeline_cache import digest, seconds_of
from local.sagemaker.pipelines.pipeline_conditions import condition_faults, holds
from local.sagemaker.pipelines.pipeline_definition import Step, read_definition
from local.sagemaker.pipelines.pipeline_parameters import parameter_values
from local.sagemaker.pipelines.pipeline_references import ReferenceFault
from local.sagemaker.pipelines.pipeline_retries import (
    exception_of_call,
    exception_of_job,
    pause_before_retry,
    policy_faults,
)


def step(name: str, *waits: str, refers: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    environment = {name: {"Get": f"Steps.{name}.ProcessingJobName"} for name in refers}
    arguments = {"Environment": environment}
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": arguments,
        "DependsOn": list(waits),
        **more,
    }


def gate(name: str, then: list[Any], otherwise: list[Any]) -> dict[str, Any]:
    conditions = [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}]
    arguments = {"Conditions": conditions, "IfSteps": then, "ElseSteps": otherwise}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def text(*steps: dict[str, Any], **more: Any) -> str:
    return json.dumps({"Version": "2020-12-01", "Steps": list(steps), **more})


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[list[str], list[str]]]:
    """Steps that wait only for earlier ones, by DependsOn or by reference, in any order."""
    count = draw(st.integers(1, 9))
    names = [f"s{number}" for number in range(count)]
    graph = {}
    for number, name in enumerate(names):
        some = st.permutations(names[:number]).map(lambda mixed: mixed[:2])
        graph[name] = (draw(some), draw(some))
    return {name: graph[name] for name in draw(st.permutations(names))}


@given(graphs())
def test_steps_come_after_all_that_they_wait_for(
    graph: dict[str, tuple[list[str], list[str]]],
) -> None:
    """However the definition lists them; DependsOn and references count alike."""
    steps = [step(name, *waits, refers=tuple(refers)) for name, (waits, refers) in graph.items()]
    definition = read_definition(text(*steps))
    order = list(definition.steps)

    assert set(graph) == set(order)
    for name, (waits, refers) in graph.items():
        assert {*waits, *refers} == definition.steps[name].waits_for
        assert all(order.index(other) < order.index(name) for other in definition.upstream(name))


@given(graphs(), st.data())
def test_a_cycle_is_always_found(
    graph: dict[str, tuple[list[str], list[str]]], data: st.DataObject
) -> None:
    """One edge back from a step to one that waits for it is refused."""
    steps = {n: step(n, *waits, refers=tuple(refers)) for n, (waits, refers) in graph.items()}
    definition = read_definition(text(*steps.values()))
    name = data.draw(st.sampled_from(sorted(graph)))
    back = data.draw(st.sampled_from(sorted({name, *definition.upstream(name)})))
    steps[back]["DependsOn"].append(name)
    with pytest.raises(ValidationException, match="cycle"):
        read_definition(text(*steps.values()))


def test_steps_within_conditions_wait_for_their_gate() -> None:
    """Nested gates too; each knows with which outcome it runs."""
    inner = gate("inner", [step("deep")], [])
    definition = read_definition(text(gate("outer", [step("yes")], [inner])))
    found = {name: (item.gate, item.outcome) for name, item in definition.steps.items()}
    assert found == {
        "outer": ("", True),
        "yes": ("outer", True),
        "inner": ("outer", False),
        "deep": ("inner", True),
    }
    assert {"outer", "inner"} == definition.upstream("deep")


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        ("{", "not JSON"),
        ("[]", "must be an object"),
        (json.dumps({"Version": "2019-01-01", "Steps": [step("a")]}), "Version must be"),
        (text(), "at least one step"),
        (text(step("a"), Colour="red"), "Unknown member 'Colour'"),
        (text(step("a"), MlflowConfig={"MlflowResourceArn": "x"}), "not support 'MlflowConfig'"),
        (text({"Name": "a", "Type": "ForEach", "Arguments": {}}), "not support.*ForEach"),
        (text({"Name": "a", "Type": "Dance", "Arguments": {}}), "unknown type 'Dance'"),
        (text({"Name": "a", "Type": "AutoML", "Arguments": {}}), "not support.*AutoML"),
        (text({"Name": "a", "Type": "Lambda", "Arguments": {}}), "'FunctionArn' is needed"),
        (text({"Name": "a", "Type": "Processing"}), "needs Arguments"),
        (text(step("a", Colour="red")), "cannot have 'Colour'"),
        (text(step("a") | {"Arguments": {"Colour": 1}}), "'Colour' of CreateProcessingJob"),
        (text(step("a", "nobody")), "unknown step 'nobody'"),
        (text(step("a", refers=("nobody",))), "'nobody' is referenced, but not defined"),
        (text(step("a", CacheConfig={"Enabled": True, "ExpireAfter": "soon"})), "duration"),
        (text(step("a", RetryPolicies=[{"ExceptionType": ["X"]}])), "Unknown exception types"),
        (text(step("a"), Parameters=[{"Name": "P", "Type": "Date"}]), "a Type of"),
        (
            text(step("a"), Parameters=[{"Name": "P", "Type": "Integer", "DefaultValue": "x"}]),
            "not of type Integer",
        ),
        (text(step("a", DisplayName={"Get": "Execution.Weather"})), "'Weather' does not exist"),
        (
            text(step("a"), step("b", DisplayName={"Get": "Steps.a.PropertyFiles.F"})),
            "no property file 'F'",
        ),
    ],
)
def test_faults_are_told_by_name(definition: str, told: str) -> None:
    """Each begins as AWS's messages do, and says what is wrong and where."""
    with pytest.raises(ValidationException, match=f"Unable to parse pipeline definition. .*{told}"):
        read_definition(definition)


def test_members_that_are_null_are_not_there() -> None:
    """As the SDK writes what is not set."""
    definition = read_definition(text(step("a"), Parameters=None, MlflowConfig=None))
    assert list(definition.steps) == ["a"]
    assert definition.parameters == []


CASES = [
    ({"Type": "Equals", "LeftValue": "a", "RightValue": "a"}, True),
    ({"Type": "GreaterThan", "LeftValue": 2, "RightValue": 2}, False),
    ({"Type": "GreaterThanOrEqualTo", "LeftValue": 2, "RightValue": 2.0}, True),
    ({"Type": "LessThan", "LeftValue": 1, "RightValue": 2}, True),
    ({"Type": "LessThanOrEqualTo", "LeftValue": 3, "RightValue": 2}, False),
    ({"Type": "In", "QueryValue": "a", "Values": ["b", "a"]}, True),
    ({"Type": "In", "QueryValue": "c", "Values": ["b", "a"]}, False),
]


@pytest.mark.parametrize(("condition", "expected"), CASES)
def test_conditions_hold_or_do_not(condition: dict[str, Any], expected: bool) -> None:
    """Each operator, and its negation."""
    assert not condition_faults(condition)
    assert expected is holds(condition, lambda value: value)
    assert expected is not holds({"Type": "Not", "Condition": condition}, lambda value: value)


@given(st.lists(st.sampled_from(CASES), min_size=1))
def test_or_and_and_are_those_of_logic(cases: list[tuple[dict[str, Any], bool]]) -> None:
    """Over any conditions."""
    conditions, expected = [case[0] for case in cases], [case[1] for case in cases]
    for kind, every in (("Or", any), ("And", all)):
        whole = {"Type": kind, "Conditions": conditions}
        assert not condition_faults(whole)
        assert every(expected) == holds(whole, lambda value: value)


def test_conditions_that_cannot_be_decided_are_faults() -> None:
    """A type that is not there, a member too few, values that cannot be compared."""
    assert condition_faults({"Type": "Near", "LeftValue": 1, "RightValue": 2})
    assert condition_faults({"Type": "Not", "Condition": {"Type": "Equals", "LeftValue": 1}})
    with pytest.raises(ReferenceFault, match="cannot be compared"):
        holds({"Type": "LessThan", "LeftValue": 1, "RightValue": "b"}, lambda value: value)


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("P30D", 30 * 86_400),
        ("30d", 30 * 86_400),
        ("T16m", 960),
        ("PT1H", 3600),
        ("30dT5h", 30 * 86_400 + 5 * 3600),
        ("5y", 5 * 365 * 86_400),
        ("P2W", 14 * 86_400),
    ],
)
def test_cache_durations_are_iso_8601(duration: str, seconds: float) -> None:
    """With and without the leading P, as AWS's examples have them."""
    assert seconds == pytest.approx(seconds_of(duration))
    with pytest.raises(ValueError, match="not a duration"):
        seconds_of("P")


def test_only_the_key_attributes_decide_about_reuse() -> None:
    """Another output address is the same run; another environment is not."""
    made = Step("a", "Processing", {})
    base = {"Environment": {"X": "1"}, "ProcessingOutputConfig": {"Outputs": ["here"]}}
    known = digest(made, base, {})
    assert known == digest(made, base | {"ProcessingOutputConfig": {"Outputs": ["there"]}}, {})
    assert known != digest(made, base | {"Environment": {"X": "2"}}, {})


def test_pauses_grow_until_the_policy_is_used_up() -> None:
    """Intervals times the backoff rate, as often as MaxAttempts; others are not retried."""
    kinds = ["SageMaker.JOB_INTERNAL_ERROR"]
    often = {"ExceptionType": kinds, "IntervalSeconds": 3, "BackoffRate": 2.0, "MaxAttempts": 3}
    pauses = [pause_before_retry([often], kinds[0], attempts, 0.0) for attempts in (1, 2, 3, 4)]
    assert pauses == [3.0, 6.0, 12.0, None]
    assert pause_before_retry([often], "", 1, 0.0) is None
    long = {"ExceptionType": kinds, "ExpireAfterMin": 1}
    assert pause_before_retry([long], kinds[0], 1, 58.0) == 1.0
    assert pause_before_retry([long], kinds[0], 1, 60.0) is None


def test_failures_are_told_apart() -> None:
    """The service's faults, limits and a job's internal errors are retried; mistakes are not."""
    assert exception_of_job("InternalServerError: x") == "SageMaker.JOB_INTERNAL_ERROR"
    assert exception_of_job("CapacityError: x") == "SageMaker.CAPACITY_ERROR"
    assert exception_of_job("AlgorithmError: x") == ""
    assert exception_of_call(ValidationException("x")) == ""
    assert exception_of_call(ValidationException("x", status=500)) == "Step.SERVICE_FAULT"
    assert exception_of_call(ValidationException("x", code="ThrottlingException")) == (
        "Step.THROTTLING"
    )
    assert policy_faults([{"ExceptionType": [], "MaxAttempts": 1, "ExpireAfterMin": 1}])


@given(st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False), st.text())
def test_parameters_come_back_in_their_types(
    whole: int, truth: bool, real: float, word: str
) -> None:
    """What a caller writes as text is a value of the parameter's type."""
    kinds = {"I": "Integer", "B": "Boolean", "F": "Float", "S": "String"}
    parameters = [{"Name": name, "Type": kind} for name, kind in kinds.items()]
    texts = {"I": str(whole), "B": str(truth).lower(), "F": repr(real), "S": word}
    given_ = [{"Name": name, "Value": value} for name, value in texts.items()]
    assert {"I": whole, "B": truth, "F": real, "S": word} == parameter_values(parameters, given_)
