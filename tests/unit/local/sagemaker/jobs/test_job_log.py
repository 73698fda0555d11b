"""Logs of jobs that print too much."""

import pytest

from local.sagemaker.cloud_logs import CloudLogs
from local.sagemaker.jobs import job_log
from local.sagemaker.jobs.job_log import JobLog, Lines


@pytest.fixture
def log(tmp_path):
    return JobLog(tmp_path / "logs/job.log", CloudLogs(None), "group", "stream")


def test_a_long_log_keeps_its_head_and_its_end(log):
    """What is left out in between is counted."""
    lines, line = Lines(log), "x" * 1023
    total = (job_log.HEAD_BYTES + 3 * job_log.TAIL_BYTES) // 1024
    for _ in range(total - 1):
        lines.add(line)
    lines.add("the last word")
    lines.close()

    written = log.path.read_text().splitlines()
    assert written[-1] == "the last word"
    (note,) = [text for text in written if "left out" in text]
    assert len(written) - 1 + int(note[1:].split()[0]) == total
    assert log.path.stat().st_size < job_log.HEAD_BYTES + job_log.TAIL_BYTES + 2000


def test_a_second_attempt_goes_on_in_the_same_file(log):
    """A job that was interrupted has one log."""
    for text in ("first", "second"):
        lines = Lines(log)
        lines.add(text)
        lines.close()

    assert log.path.read_text() == "first\nsecond\n"
