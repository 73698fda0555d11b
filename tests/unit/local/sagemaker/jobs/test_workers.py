"""Processes of the jobs environment."""

import os
from pathlib import Path

import pytest

from local.sagemaker.jobs.workers import Order, WorkerPool, WorkersError
from tests.unit.local.sagemaker.world import until


def start(platform, folder, text, **more):
    script = folder / "script.py"
    script.write_text(text)
    environment = platform.workers.base_environment() | more
    return platform.workers.start(Order(environment, folder, ("a", "b"), script=str(script)))


def printed(worker):
    """All that a worker prints, until it ends."""
    with worker.output as output:
        return output.read()


def test_a_script_runs_with_its_arguments_and_environment_alone(platform, tmp_path):
    """Nothing of this process's environment reaches it; its exit code comes back."""
    text = "import os, sys; print(sys.argv[1:], os.environ['COLOUR'], 'HOME' in os.environ)\n"
    text += "print('PYTEST_CURRENT_TEST' in os.environ, os.getcwd()); sys.exit(7)"
    worker = start(platform, tmp_path, text, COLOUR="green")

    assert printed(worker).decode().splitlines() == [
        "['a', 'b'] green True",
        f"False {tmp_path}",
    ]
    assert worker.wait(10) == 7
    assert not worker.running


def test_an_exception_is_printed_and_is_exit_code_one(platform, tmp_path):
    """As with `python script.py`."""
    worker = start(platform, tmp_path, "raise ValueError('no')")

    assert b"ValueError: no" in printed(worker)
    assert worker.wait(10) == 1


def test_two_jobs_draw_different_numbers(platform, tmp_path):
    """Copies of one process must not share NumPy's random state."""
    text = "import numpy; print(numpy.random.random())"
    workers = [start(platform, tmp_path, text) for _ in range(2)]
    drawn = [printed(worker) for worker in workers]
    assert [worker.wait(10) for worker in workers] == [0, 0]

    assert drawn[0] != drawn[1]


def test_numeric_libraries_work_in_a_copy(platform, tmp_path):
    """Linear algebra, Arrow and XGBoost with several threads run to their end after the fork."""
    text = """
import numpy, pyarrow as pa, pyarrow.parquet as pq, xgboost
x = numpy.random.rand(500, 5); print((x.T @ x).shape)
pq.write_table(pa.table({"a": x[:, 0]}), "a.parquet"); print(pq.read_table("a.parquet").num_rows)
xgboost.train({"nthread": 2}, xgboost.QuantileDMatrix(x, label=x[:, 0], nthread=2), 3); print("ok")
"""
    worker = start(platform, tmp_path, text)

    assert printed(worker).split() == [b"(5,", b"5)", b"500", b"ok"]
    assert worker.wait(10) == 0


def test_what_a_job_started_ends_with_it(platform, tmp_path):
    """A child that outlives its job is killed, as in a container."""
    text = "import subprocess; print(subprocess.Popen(['sleep', '300']).pid)"
    worker = start(platform, tmp_path, text)
    pid = int(printed(worker))

    assert worker.wait(10) == 0
    until(lambda: not _alive(pid))


def test_kill_ends_it_at_once(platform, tmp_path):
    """The exit code is the signal."""
    worker = start(platform, tmp_path, "import time; print('up', flush=True); time.sleep(300)")
    with worker.output as output:
        output.readline()
        assert worker.running
        worker.kill()

    assert worker.wait(10) == -9


def test_a_missing_environment_is_told(tmp_path):
    """The error names the interpreter that is not there."""
    pool = WorkerPool(tmp_path / "none/python", tmp_path / "log")

    with pytest.raises(WorkersError, match="none/python"):
        pool.start(Order({}, tmp_path, script="x.py"))


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
