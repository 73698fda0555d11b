"""Faults in words that help: what, where, what is accepted, and how to mend it."""

from __future__ import annotations

import pytest

from lifecycle.problem.definition import Build, Problem, Shift
from lifecycle.problem.faults import nearest, section_at
from tests.unit.lifecycle.problem.helpers import fault_in


def test_an_unknown_key_names_the_known_ones_and_the_nearest() -> None:
    """At the top."""
    fault = fault_in("metrics: f1\n")
    assert fault.message == "the key metrics is not known here"
    assert fault.accepted == tuple(Problem.model_fields)
    assert fault.cure == "Did you mean metric?"


def test_unknown_keys_are_found_at_any_depth() -> None:
    """With the keys of that depth."""
    fault = fault_in("deploy:\n  shift:\n    percentage: 10\n")
    assert (fault.path, fault.line) == ("deploy.shift.percentage", 5)
    assert fault.accepted == tuple(Shift.model_fields)
    assert fault.cure == "Did you mean percent?"
    deeper = fault_in("data:\n  sources:\n  - {kind: database, conn: x}\n")
    assert (deeper.path, deeper.line) == ("data.sources[0].conn", 5)
    assert "connection" in deeper.accepted


def test_a_key_in_the_wrong_place_is_shown_its_home() -> None:
    """People flatten."""
    assert fault_in("spot: true\n").cure == "Write it under train:."
    assert fault_in("tune: {cooldown: 1h}\n").cure == "Write it under retrain:."


def test_a_key_like_no_other_is_to_be_taken_out() -> None:
    """There is nothing to suggest."""
    assert fault_in("zzz: 1\n").cure == "Take the key out."


def test_a_wrong_choice_names_the_choices_and_the_nearest() -> None:
    """Also where only the case or a hyphen is wrong."""
    fault = fault_in("task: Multiclass-Classification\n")
    assert fault.cure == "Did you mean multiclass_classification?"
    assert "regression" in fault.accepted
    assert fault_in("approve: perhaps\n").accepted == ("automatic", "manual")


def test_a_value_where_keys_belong_is_told() -> None:
    """With the keys."""
    fault = fault_in("build: xgboost\n")
    assert fault.accepted == tuple(Build.model_fields)
    assert fault.message == "'xgboost' stands where keys are expected"


def test_a_single_value_where_a_list_belongs_is_shown_as_a_list() -> None:
    """The cure can be copied."""
    assert fault_in("alerts: a@example.com\n").cure == "Write [a@example.com]."
    assert fault_in("columns: {exclude: {a: b}}\n").message == "a mapping is no list"


def test_long_values_are_not_repeated_in_full() -> None:
    """A message is a sentence."""
    assert len(fault_in(f"task: {'x' * 5000}\n").message) < 100


@pytest.mark.parametrize(
    ("path", "cls"), [((), Problem), (("deploy", "shift"), Shift), (("build",), Build)]
)
def test_sections_are_found_by_their_path(path: tuple[str, ...], cls: type) -> None:
    """And what is no section is none."""
    assert section_at(path) is cls
    assert section_at(("alerts", 0, "x")) is None


def test_nearest_is_near_or_nothing() -> None:
    """A wild guess would mislead."""
    assert nearest("Random_Cut_Forest", ("randomcutforest", "pca")) == "randomcutforest"
    assert nearest("zzz", ("randomcutforest", "pca")) is None
