"""Why a job is to end, and which reason wins."""

import itertools

import pytest

from local.sagemaker.cloud_logs import CloudLogs
from local.sagemaker.jobs.job_log import JobLog
from local.sagemaker.jobs.job_process import Cause, JobControl, run_process
from local.sagemaker.jobs.workers import Order


@pytest.fixture
def control():
    return JobControl(grace_seconds=60)


def test_the_first_strong_reason_stays(control):
    """A stop is not turned into a time limit, nor the other way round."""
    strong = (Cause.STOPPED, Cause.RUNTIME, Cause.WAITED)
    for first, second in itertools.permutations(strong, 2):
        found = JobControl(60)
        assert found.end(first) is True
        assert found.end(second) is False
        assert found.cause is first


@pytest.mark.parametrize("weak", [Cause.INTERRUPTED, Cause.HOST])
def test_a_job_can_be_stopped_while_it_is_about_to_start_again(control, weak):
    """An interruption, or a host's failure, gives way to a stop and is forgotten for a retry."""
    assert control.end(weak) is True
    assert control.go_on() is True
    assert control.cause is Cause.NOTHING

    control.end(weak)
    assert control.end(Cause.STOPPED) is True
    assert control.go_on() is False
    assert control.told_to_end


def test_only_the_first_host_that_fails_is_the_reason(control):
    """Those that are ended after it fail too, and say nothing."""
    assert control.end(Cause.HOST) is True
    assert control.end(Cause.HOST) is False


def test_a_listener_that_breaks_does_not_keep_the_process(platform, tmp_path, control):
    """More than a pipe holds is printed, and all of it is read and kept."""
    script = tmp_path / "prints.py"
    script.write_text("for number in range(3000): print(number, 'x' * 100)")
    heard = []

    def listen(line):
        heard.append(line)
        raise RuntimeError("deaf")

    order = Order(platform.workers.base_environment(), tmp_path, script=str(script))
    log = JobLog(tmp_path / "job.log", CloudLogs(None), "group", "stream")

    assert run_process(platform.workers, order, log, control, listen=listen) == 0
    assert len(heard) == 1
    assert len(log.path.read_text().splitlines()) == 3000
