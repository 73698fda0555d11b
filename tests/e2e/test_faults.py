"""A sample of the fault matrix, every way among it, on the cloud that the other tests use too.

The whole is `make faults`.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from faults.lives import Lives
from faults.points import ALL_WAYS
from faults.report import EQUAL, Matrix, write
from faults.running import Options, count, try_all
from faults.stack import Stack

pytestmark = pytest.mark.e2e

OPTIONS = Options(stories=("batch",), sample=len(ALL_WAYS), seed=5, together=5, side_by_side=3)
STARTED = {}


def opening(cloud):
    """The lives go on while other tests look at theirs."""
    pool = ThreadPoolExecutor(1)
    STARTED["matrix"] = pool.submit(sampled, cloud)
    pool.shutdown(wait=False)


def sampled(cloud):
    stack = Stack(cloud.environment)
    try:
        lives, matrix = Lives(stack, cloud.plans), Matrix()
        points = count(lives, OPTIONS.stories, matrix)
        try_all([lives], points, OPTIONS, matrix)
        return matrix
    finally:
        stack.close()


def test_a_life_ends_the_same_whatever_befalls_it(cloud, tmp_path):
    """One fault of every way, at points that the seed draws."""
    matrix = STARTED["matrix"].result()

    assert matrix.findings == []
    assert matrix.count(EQUAL) >= 10, matrix.document()  # a life may take another way
    assert matrix.counted["batch"] > 1000
    assert b"ended equal" in write(matrix, tmp_path).read_bytes()
