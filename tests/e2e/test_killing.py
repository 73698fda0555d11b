"""A laptop cloud that is killed at random moments: the life on it ends as if nothing had been."""

import pytest

from bench.killing import measure

pytestmark = pytest.mark.e2e

KILLS = 3
SEED = 4


def test_kills_at_random_moments_lose_nothing(tmp_path):
    """The moments and what is killed are drawn by a seed; `bench.killing` draws more of them."""
    found = measure(tmp_path, kills=KILLS, problems=1, seed=SEED)

    assert found["ended_in_time"], found
    assert (found["findings"], found["left"]) == ({}, {})
    assert sum(found["kills"].values()) == KILLS
