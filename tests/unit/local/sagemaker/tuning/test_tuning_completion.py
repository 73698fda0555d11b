"""When a tuning job has found enough."""

from local.sagemaker.tuning.tuning_completion import (
    converged,
    good_enough,
    not_improving,
    time_is_up,
)

RISING = [0.5 + 0.01 * number for number in range(30)]
FLAT = [0.5, 0.7, 0.6, 0.8, 0.9] + [0.6, 0.7, 0.8, 0.9, 0.85] * 5


def test_a_search_that_still_finds_better_values_has_not_converged():
    """Neither has one with few values, or with values that are missing."""
    assert not converged(RISING, maximize=True)
    assert not converged(FLAT[:19], maximize=True)
    assert not converged([None] * 40, maximize=True)


def test_a_search_whose_best_stays_has_converged():
    """In either direction; a gain of less than a hundredth of the spread is none."""
    assert converged(FLAT, maximize=True)
    assert converged([-value for value in FLAT], maximize=False)
    assert converged([*FLAT, 0.9001], maximize=True)
    assert not converged([*FLAT, 0.95], maximize=True)


def test_trainings_since_the_best_are_counted():
    """From the first of equals; those without a value count too."""
    assert not_improving([0.1, 0.3, None, 0.3], maximize=True) == 2
    assert not_improving([0.1, 0.3, 0.05], maximize=False) == 0
    assert not_improving([None, None], maximize=True) == 2


def test_the_target_ends_a_search_in_either_direction():
    """A value as good as the target is enough."""
    criteria = {"TargetObjectiveMetricValue": 0.5}

    assert good_enough(criteria, [0.4, 0.5], maximize=True)
    assert not good_enough(criteria, [0.4], maximize=True)
    assert good_enough(criteria, [0.4], maximize=False)


def test_patience_ends_a_search():
    """After as many trainings without a better one as were granted."""
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}

    assert not good_enough(criteria, [0.9, 0.1, 0.1], maximize=True)
    assert good_enough(criteria, [0.9, 0.1, 0.1, None], maximize=True)


def test_convergence_ends_a_search_only_if_that_is_wanted():
    """CompleteOnConvergence Disabled goes on."""
    for wanted, expected in (("Enabled", True), ("Disabled", False)):
        criteria = {"ConvergenceDetected": {"CompleteOnConvergence": wanted}}
        assert expected == good_enough(criteria, FLAT, maximize=True)


def test_time_counts_from_the_creation():
    """Without a limit it is never up."""
    assert time_is_up({"MaxRuntimeInSeconds": 120}, 1000.0, 1121.0)
    assert not time_is_up({"MaxRuntimeInSeconds": 120}, 1000.0, 1119.0)
    assert not time_is_up({}, 0.0, 1e9)
