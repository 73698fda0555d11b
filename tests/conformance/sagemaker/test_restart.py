"""What a killed and restarted local SageMaker still knows, and that nothing of it runs on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.sagemaker.laptop import (
    HYPERPARAMETERS,
    LocalSageMaker,
    definition,
    script_job,
    unique,
    until,
)
from tests.conformance.sagemaker.test_debugger import rule
from tests.conformance.sagemaker.test_tuning_jobs import request, trials
from tests.conformance.sagemaker.tiny_s3 import TinyS3

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.conformance

PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
print("pids", os.getpid(), child.pid, flush=True)
time.sleep(300)
"""


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[LocalSageMaker]:
    """A local SageMaker of this test alone, to be killed."""
    with TinyS3() as s3:
        server = LocalSageMaker(tmp_path, s3)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def test_a_kill_leaves_no_process_and_the_job_failed(mortal: LocalSageMaker) -> None:
    """After SIGKILL the job's processes are gone; after the restart it is Failed and says why."""
    name = unique("orphan")
    mortal.client().create_training_job(TrainingJobName=name, **script_job(mortal, PARENT))
    until(lambda: bool(_pids(mortal, name)), "the script has told its pids")
    job, child = _pids(mortal, name)
    mortal.kill()
    until(lambda: not (_alive(job) or _alive(child)), "the job's processes are gone", seconds=10)

    mortal.start()
    answer = mortal.client().describe_training_job(TrainingJobName=name)
    assert answer["TrainingJobStatus"] == "Failed"
    assert answer["FailureReason"].startswith("InternalServerError")
    assert "restart" in answer["FailureReason"]


def test_what_was_done_before_a_kill_is_still_known(mortal: LocalSageMaker) -> None:
    """A finished job is described after a kill as before it."""
    name = unique("kept")
    mortal.client().create_training_job(
        TrainingJobName=name, HyperParameters=HYPERPARAMETERS, **definition(mortal)
    )
    before = mortal.await_training(name)
    mortal.kill()
    mortal.start()
    after = mortal.client().describe_training_job(TrainingJobName=name)

    del before["ResponseMetadata"], after["ResponseMetadata"]
    assert before == after


def test_rules_that_a_kill_cut_short_are_in_error(mortal: LocalSageMaker) -> None:
    """Their processes are gone, their processing jobs Failed, and the training says so."""
    name = unique("rules")
    job = script_job(mortal, PARENT, DebugRuleConfigurations=[rule("ExplodingTensor")])
    mortal.client().create_training_job(TrainingJobName=name, **job)
    until(lambda: bool(_pids(mortal, name)), "the script has told its pids")
    mortal.kill()
    mortal.start()

    status = mortal.client().describe_training_job(TrainingJobName=name)
    assert status["DebugRuleEvaluationStatuses"][0]["RuleEvaluationStatus"] == "Error"
    listed = mortal.client().list_processing_jobs(NameContains=name[:26])
    assert [item["ProcessingJobStatus"] for item in listed["ProcessingJobSummaries"]] == ["Failed"]


def test_a_search_goes_on_after_a_kill(mortal: LocalSageMaker) -> None:
    """The trainings that were cut short are replaced; those that were done are kept."""
    name = unique("resume")
    limits = {"MaxNumberOfTrainingJobs": 6, "MaxParallelTrainingJobs": 2}
    mortal.client().create_hyper_parameter_tuning_job(
        **request(mortal, name, ResourceLimits=limits)
    )
    until(lambda: len(_completed(mortal, name)) >= 2, "two trainings are done")
    mortal.kill()
    mortal.start()
    job = mortal.await_tuning(name)

    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == 6


def test_a_seeded_search_is_the_same_with_a_kill_in_between(mortal: LocalSageMaker) -> None:
    """What was cut short is tried again; nothing is drawn twice; the parents' trials stay known."""
    limits = {"MaxNumberOfTrainingJobs": 6, "MaxParallelTrainingJobs": 1}
    chosen = []
    for killed in (False, True):
        given = request(
            mortal, unique("seed"), Strategy="Random", ResourceLimits=limits, RandomSeed=5
        )
        name = given["HyperParameterTuningJobName"]
        mortal.client().create_hyper_parameter_tuning_job(**given)
        if killed:
            until(lambda name=name: len(_completed(mortal, name)) >= 2, "two trainings are done")
            mortal.kill()
            mortal.start()
        job = mortal.await_tuning(name)
        assert job["TrainingJobStatusCounters"]["Completed"] == 6
        chosen.append([trial["TunedHyperParameters"] for trial in _completed(mortal, name)])

    assert chosen[0] == chosen[1]


def _completed(laptop: LocalSageMaker, name: str) -> list[dict[str, Any]]:
    found = trials(laptop, name, SortBy="Name")
    return [trial for trial in found if trial["TrainingJobStatus"] == "Completed"]


def _pids(laptop: LocalSageMaker, name: str) -> list[int]:
    path = laptop.data / "logs" / "TrainingJobs" / f"{name}.log"
    words = path.read_text().split() if path.exists() else []
    return [int(word) for word in words[1:3]] if len(words) > 2 else []


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
