"""When spot capacity is taken back."""

import math
import statistics

from local.sagemaker.settings import Settings
from local.sagemaker.training.spot_market import SpotMarket


def market(tmp_path, name="job", *, spot=True, **switches):
    job = {"TrainingJobName": name, "EnableManagedSpotTraining": spot}
    return SpotMarket(Settings(data=tmp_path, **switches), job)


def test_only_spot_jobs_are_interrupted(tmp_path):
    """And these only when a switch says so."""
    switches = {"spot_interruption_seconds": 5.0, "spot_interruptions_per_hour": 9.0}
    assert market(tmp_path, spot=False, **switches).next_interruption() == math.inf
    assert market(tmp_path).next_interruption() == math.inf


def test_a_moment_comes_as_often_as_it_is_set(tmp_path):
    """Then never again."""
    found = market(tmp_path, spot_interruption_seconds=5.0, spot_interruptions=2)
    assert [found.next_interruption() for _ in range(3)] == [5.0, 5.0, math.inf]


def test_a_rate_gives_each_job_its_own_moments(tmp_path):
    """The same whenever it runs, other ones with another seed, and on average as many as set."""
    per_hour = {"spot_interruptions_per_hour": 4.0}
    drawn = [market(tmp_path, **per_hour).next_interruption() for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert drawn[0] != market(tmp_path, "other", **per_hour).next_interruption()
    assert drawn[0] != market(tmp_path, spot_seed=1, **per_hour).next_interruption()

    many = market(tmp_path, **per_hour)
    mean = statistics.mean(many.next_interruption() for _ in range(4000))
    assert abs(mean - 900) < 60
