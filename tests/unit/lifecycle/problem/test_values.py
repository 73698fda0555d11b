"""What a value may be."""

from __future__ import annotations

import pytest

from tests.unit.lifecycle.problem.helpers import fault_in, resolved


@pytest.mark.parametrize("written", ["1", "500", "+7"])
def test_whole_numbers_within_bounds_are_read(written: str) -> None:
    """Both bounds included."""
    assert resolved(f"tune: {{jobs: {written}, parallel: 1}}\n")["tune"]["jobs"] == int(written)


@pytest.mark.parametrize("written", ["0", "501", "-1", "9999999999999999"])
def test_numbers_out_of_bounds_name_the_bounds(written: str) -> None:
    """In words."""
    fault = fault_in(f"tune: {{jobs: {written}, parallel: 1}}\n")
    assert fault.accepted == ("a whole number from 1 to 500",)
    assert "out of bounds" in fault.message


@pytest.mark.parametrize(
    "written", ["many", "1.5", "true", "0x10", "1_000", "[1]", "{a: 1}", "1e2"]
)
def test_what_is_no_whole_number_is_told(written: str) -> None:
    """A switch is no number either."""
    assert "no whole number" in fault_in(f"tune: {{jobs: {written}, parallel: 1}}\n").message


@pytest.mark.parametrize(("written", "value"), [("0.3", 0.3), (".25", 0.25), ("2e-1", 0.2)])
def test_numbers_are_read(written: str, value: float) -> None:
    """In every way YAML writes them."""
    assert resolved(f"evaluate: {{holdout: {written}}}\n")["evaluate"]["holdout"] == value


@pytest.mark.parametrize("written", [".nan", ".inf", "nan", "inf", "-.inf", "15%", "1e999"])
def test_only_finite_numbers_are_numbers(written: str) -> None:
    """A budget without end is none."""
    assert fault_in(f"budget: {{usd_per_run: {written}}}\n").path == "budget.usd_per_run"


@pytest.mark.parametrize(("written", "value"), [("true", True), ("False", False), ("TRUE", True)])
def test_switches_are_true_or_false(written: str, value: bool) -> None:
    """In the three cases of YAML 1.2."""
    assert resolved(f"train: {{spot: {written}}}\n")["train"]["spot"] is value


@pytest.mark.parametrize("written", ["yes", "off", "1", "[]"])
def test_other_words_are_no_switches(written: str) -> None:
    """They are text, and ambiguous."""
    assert fault_in(f"train: {{spot: {written}}}\n").accepted == ("true", "false")


@pytest.mark.parametrize(
    "written", ["ml.m5.large", "ml.g4dn.12xlarge", "ml.c6i.metal", "ml.t3.medium"]
)
def test_instance_types_are_known_by_their_form(written: str) -> None:
    """AWS adds types faster than any list."""
    assert resolved(f"train: {{instance: {written}}}\n")["train"]["instance"] == written


@pytest.mark.parametrize("written", ["m5.large", "ml.m5", "ml.m5.huge", "ML.m5.large", "large"])
def test_what_is_no_instance_type_is_told(written: str) -> None:
    """With an example."""
    assert "ml.m5.large" in fault_in(f"deploy: {{instance: {written}}}\n").accepted[0]


@pytest.mark.parametrize("written", ["a@example.com", "first.last+tag@sub.example.co"])
def test_addresses_are_read(written: str) -> None:
    """As they are."""
    assert resolved(f"alerts: [{written}]\n")["alerts"] == [written]


@pytest.mark.parametrize(
    "written", ["a", "@example.com", "a@b", "a b@example.com", "a@ex ample.com"]
)
def test_what_is_no_address_is_told_with_its_place(written: str) -> None:
    """The others in the list may be right."""
    assert fault_in(f"alerts: [x@example.com, '{written}']\n").path == "alerts[1]"


@pytest.mark.parametrize("written", ["1s", "90s", "30d"])
def test_durations_are_kept_as_written(written: str) -> None:
    """People read them again in the resolved file."""
    assert resolved(f"monitor: {{every: {written}}}\n")["monitor"]["every"] == written


@pytest.mark.parametrize("written", ["0s", "31d", "1 hour", "60", "hourly", "[1h]"])
def test_what_is_no_duration_or_out_of_bounds_is_told(written: str) -> None:
    """With examples."""
    assert "1h" in fault_in(f"monitor: {{every: {written}}}\n").accepted[0]


def test_a_pair_has_two() -> None:
    """Width and height."""
    assert resolved("prepare: {image_size: [32, 48]}\n")["prepare"]["image_size"] == [32, 48]
    assert fault_in("prepare: {image_size: [32]}\n").path == "prepare.image_size"
    assert fault_in("prepare: {image_size: [32, 4]}\n").path == "prepare.image_size[1]"


def test_texts_have_a_length() -> None:
    """Names of columns are not empty, and nothing is endless."""
    assert fault_in("columns: {exclude: ['']}\n").path == "columns.exclude[0]"
    assert fault_in(f"objective: {'x' * 1025}\n").path == "objective"
