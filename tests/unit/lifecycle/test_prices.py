"""What runs cost, estimated."""

from __future__ import annotations

import pytest

from lifecycle.prices import SPOT_FACTOR, cost_of, estimate_run, training_jobs
from tests.builders import definition


def test_an_hour_costs_its_list_price() -> None:
    """And two instances twice that, half an hour half."""
    assert cost_of(3600, "ml.m5.large") == pytest.approx(0.115)
    assert cost_of(1800, "ml.m5.large", 2) == pytest.approx(0.115)


def test_spot_costs_less() -> None:
    """By the cautious factor."""
    assert cost_of(3600, "ml.m5.large", 1, spot=True) == pytest.approx(0.115 * SPOT_FACTOR)


def test_a_type_without_a_price_has_no_cost() -> None:
    """None, never nothing: it is not free."""
    assert cost_of(3600, "ml.z9.mega") is None
    assert estimate_run(definition("train: {instance: ml.z9.large}")) is None


@pytest.mark.parametrize(
    ("tune", "jobs"),
    [("{jobs: 7}", 7), ("{strategy: none}", 1), ("{strategy: grid}", 12), ("{}", 10)],
)
def test_a_run_has_as_many_trainings_as_its_search_makes(tune: str, jobs: int) -> None:
    """Grid search tries every combination, whatever it is told."""
    assert training_jobs(definition(f"tune: {tune}")) == jobs


def test_a_run_is_estimated_at_its_most() -> None:
    """Every job as long as it may last, at the price it is charged."""
    on_demand = estimate_run(definition("train: {spot: false, max_minutes: 30}\ntune: {jobs: 4}"))
    assert on_demand == pytest.approx(4 * 0.5 * 0.115 + 0.115 / 6, abs=1e-4)
    spot = estimate_run(definition("train: {spot: true, max_minutes: 30}\ntune: {jobs: 4}"))
    assert spot is not None
    assert on_demand is not None
    assert spot < on_demand
