"""`prepare.steps`: what is accepted, and every fault with its line."""

from __future__ import annotations

import pytest

from lifecycle.errors import ProblemFaultsError
from lifecycle.problem.parse import parse_problem

HEAD = "name: churn\ntarget: Churn\nprepare:\n  steps:\n"


def parsed(steps):
    return parse_problem((HEAD + steps).encode(), folder="churn")


def test_steps_are_kept_as_they_will_be_carried_out():
    """YAML leaves numbers and switches as texts; each setting knows what it is."""
    found = parsed(
        "    - {step: outliers, method: zscore, factor: 2.5, columns: [age]}\n"
        "    - {step: impute, method: constant, value: 0, columns: [age]}\n"
        "    - {step: impute, method: constant, value: '007', columns: [code]}\n"
        "    - step: parse_types\n"
        "      columns: {price: {as: number, decimal: ',', sure: false}}\n"
        "    - {step: find_replace, find: 1, replace: one, why: Words read better.}\n"
    ).document["prepare"]["steps"]

    assert found == [
        {"step": "outliers", "method": "zscore", "factor": 2.5, "columns": ["age"]},
        {"step": "impute", "method": "constant", "value": 0, "columns": ["age"]},
        {"step": "impute", "method": "constant", "value": "007", "columns": ["code"]},
        {
            "step": "parse_types",
            "columns": {"price": {"as": "number", "decimal": ",", "sure": False}},
        },
        {"step": "find_replace", "find": "1", "replace": "one", "why": "Words read better."},
    ]


def test_every_fault_of_every_step_is_told_at_once():
    with pytest.raises(ProblemFaultsError) as caught:
        parsed(
            "    - {step: wash}\n"
            "    - {step: impute, colour: red}\n"
            "    - {step: outliers, method: iqr, factor: 0, columns: age}\n"
            "    - {columns: [age]}\n"
        )

    told = [(fault.path, fault.line) for fault in caught.value.faults]
    assert sorted(told) == [
        ("prepare.steps[0].step", 5),
        ("prepare.steps[1]", 6),
        ("prepare.steps[1].colour", 6),
        ("prepare.steps[2].columns", 7),
        ("prepare.steps[2].factor", 7),
        ("prepare.steps[3].step", 8),
    ]
    by_path = {fault.path: fault for fault in caught.value.faults}
    assert "impute" in by_path["prepare.steps[0].step"].accepted
    assert by_path["prepare.steps[1]"].message == "impute needs method"
    assert by_path["prepare.steps[2].factor"].accepted == ("a number from 0.1 to 1000",)


def test_settings_that_do_not_go_together_are_refused_before_there_is_data():
    """As are steps that read the target, or change what has a role."""
    with pytest.raises(ProblemFaultsError) as caught:
        parsed(
            "    - {step: impute, method: constant, columns: [age]}\n"
            "    - {step: outliers, method: isolation, columns: [age]}\n"
            "    - {step: split, holdout: 0.2}\n"
            "    - {step: normalise_text, columns: [churn]}\n"
            "    - {step: trim, columns: [id, day]}\n"
            "    - {step: date_parts, columns: [day]}\n"
            "    - {step: drop_missing, columns: [Churn, id]}\n"
            "columns: {id: id, time: day}\n"
        )

    told = [(fault.path, fault.message) for fault in caught.value.faults]
    assert sorted(told) == [
        ("prepare.steps[0]", "constant needs a value"),
        ("prepare.steps[1]", "isolation finds rows, not bounds: its action is null or drop"),
        (
            "prepare.steps[2].step",
            "split is no step of one's own: evaluate.holdout divides the rows",
        ),
        (
            "prepare.steps[3]",
            "normalise_text names Churn, which is the target, which a served row lacks",
        ),
        ("prepare.steps[4]", "trim names day, which has a role, and keeps its cells"),
        ("prepare.steps[4]", "trim names id, which has a role, and keeps its cells"),
    ]


@pytest.mark.parametrize(
    ("beside", "paths"),
    [
        ("", []),
        ("duplicates: drop, missing: auto", []),
        ("missing: median", ["prepare.missing"]),
        ("scale: none, outliers: drop", ["prepare.outliers", "prepare.scale"]),
        ("flow: code/a.flow", ["prepare.flow"]),
        ("steps: [{step: trim}]", ["prepare.steps"]),
    ],
)
def test_a_whole_recipe_stands_alone(beside, paths):
    text = f"name: churn\ntarget: left\nprepare: {{recipe: code/own.json, {beside}}}\n"
    found = []
    try:
        parse_problem(text.encode(), folder="churn")
    except ProblemFaultsError as error:
        found = sorted(fault.path for fault in error.faults)

    assert found == paths


@pytest.mark.parametrize("key", ["own.json", "code/own.flow", "code/", "data/own.json"])
def test_a_recipe_lies_under_code(key):
    text = f"name: churn\ntarget: left\nprepare: {{recipe: {key}}}\n"
    with pytest.raises(ProblemFaultsError) as caught:
        parse_problem(text.encode(), folder="churn")

    assert [fault.path for fault in caught.value.faults] == ["prepare.recipe"]


def test_features_that_steps_made_are_not_looked_up_online():
    with pytest.raises(ProblemFaultsError) as caught:
        parsed("    - {step: trim}\nfeatures: {online: true}\ncolumns: {id: id}\n")

    assert [fault.path for fault in caught.value.faults] == ["features.online"]


@pytest.mark.parametrize("text", ["    impute\n", "    - impute\n", "    {step: trim}\n"])
def test_what_is_no_list_of_steps_is_refused(text):
    with pytest.raises(ProblemFaultsError):
        parsed(text)


@pytest.mark.parametrize("key", ["clean.flow", "code/clean.json", "code/", "data/clean.flow"])
def test_a_flow_lies_under_code(key):
    with pytest.raises(ProblemFaultsError) as caught:
        parse_problem(
            f"name: churn\ntarget: left\nprepare: {{flow: {key}}}\n".encode(), folder="churn"
        )

    assert [fault.path for fault in caught.value.faults] == ["prepare.flow"]


@pytest.mark.parametrize(
    ("extra", "path"),
    [
        ("", "prepare.flow"),
        ("features: {online: true}\ncolumns: {id: id}\n", "features.online"),
    ],
)
def test_a_flow_goes_with_neither_own_steps_nor_online_features(extra, path):
    steps = "" if extra else ", steps: [{step: trim}]"
    text = f"name: churn\ntarget: left\nprepare: {{flow: code/a.flow{steps}}}\n{extra}"

    with pytest.raises(ProblemFaultsError) as caught:
        parse_problem(text.encode(), folder="churn")

    assert path in [fault.path for fault in caught.value.faults]
