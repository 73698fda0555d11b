"""Cold starts, and what they count towards."""

import threading

import pytest

from local.sagemaker.api.errors import ApiError
from tests.unit.local.sagemaker.world import (
    add_config,
    add_endpoint,
    add_model,
    invoke,
    script_archive,
    until,
    variant,
)

SLOW_START = """
import os, time
def model_fn(model_dir):
    marks = os.environ["MARKS"]
    if os.path.exists(os.path.join(marks, "fail")):
        raise RuntimeError("no memory left")
    while os.path.exists(os.path.join(marks, "hold")):
        time.sleep(0.01)
def transform_fn(model, data, content_type, accept):
    return "up", "text/plain"
"""


@pytest.fixture
def cold(platform, tmp_path):
    """An endpoint of MaxConcurrency 1 whose process was ended, and the folder of its marks."""
    model = add_model(platform, script_archive(SLOW_START), MARKS=str(tmp_path))
    config = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
    name = add_endpoint(platform, add_config(platform, variant(model, ServerlessConfig=config)))
    for instance in platform.active["endpoint", name].traffic.take_idle(-1):
        instance.stop()
    return name, tmp_path


def test_a_request_that_waits_for_a_cold_start_counts(platform, cold):
    """With MaxConcurrency 1 the second is throttled while the first waits."""
    name, marks = cold
    (marks / "hold").touch()
    answers = []
    first = threading.Thread(target=lambda: answers.append(invoke(platform, name)["Body"]))
    first.start()
    (served,) = platform.active["endpoint", name].fleet.variants
    until(lambda: served.waiting == 1)
    with pytest.raises(ApiError, match="Rate exceeded") as refused:
        invoke(platform, name)
    (marks / "hold").unlink()
    first.join()

    assert refused.value.code == "ThrottlingException"
    assert answers == [b"up"]
    assert served.waiting == 0


def test_a_cold_start_that_fails_is_told_and_tried_again(platform, cold):
    """The request gets the reason; the next one starts anew."""
    name, marks = cold
    (marks / "fail").touch()
    with pytest.raises(ApiError, match="no memory left") as refused:
        invoke(platform, name)
    (marks / "fail").unlink()

    assert refused.value.code == "ModelError"
    assert invoke(platform, name)["Body"] == b"up"
