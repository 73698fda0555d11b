"""Files of one write through the whole stack: held together, closed, and learned from once."""

import pytest

from tests import tables

pytestmark = pytest.mark.e2e

PARTS = [tables.to_csv(tables.customers(300, seed=seed)) for seed in (31, 32, 33)]


def opening(cloud):
    """Two writes at once: one that ends with a marker, one that just ends."""
    cloud.define("marked", "Churn", retrain={"on": []})
    cloud.define("quiet", "Churn", data={"snapshot": {"quiet": "5s"}}, retrain={"on": []})
    for number, part in enumerate(PARTS):
        cloud.put(f"marked/data/2026-02-03/part-0000{number}.csv", part)
        cloud.put(f"quiet/data/part-{number}.csv", part)
    cloud.put("marked/data/2026-02-03/_SUCCESS", b"")


@pytest.mark.parametrize(("problem", "by"), [("marked", "marker"), ("quiet", "quiet")])
def test_a_write_of_several_files_is_learned_from_once_and_whole(cloud, problem, by):
    """The first two files alone would have been enough rows to begin with."""
    closed = cloud.event(problem, "SnapshotClosed")
    started = cloud.event(problem, "RunStarted")
    cloud.event(problem, "ModelDeployed")

    assert (closed["by"], closed["files"], closed["rows"]) == (by, 3, 900)
    assert (started["inputs"], started["rows"]) == (3, 900)
    assert len(cloud.heard(problem, "RunStarted")) == 1
    assert cloud.heard(problem, "DataRejected") == []
