"""Child processes: started, ended, found again."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from local.processes import Child, Process, recall, remember, started_at


def until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        pause.wait(0.02)


def python(code):
    return [sys.executable, "-c", code]


@pytest.fixture
def start(tmp_path):
    children = []

    def begin(code):
        child = Child(
            "child", python(code), environment=os.environ, log=tmp_path / "log.txt", cwd=tmp_path
        )
        children.append(child)
        return child

    yield begin
    for child in children:
        child.end(patience=1.0)


SLEEP = "import signal; print('up', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\n"
STUBBORN += "while True: signal.pause()"


def test_a_child_logs_to_its_file_and_ends_when_told(start):
    """Its output is in its log, its exit is known."""
    child = start(SLEEP)
    until(lambda: "up" in child.last_lines())

    child.end()

    assert child.exit_code() == -signal.SIGTERM
    assert not child.process.runs()


def test_a_child_that_does_not_listen_is_ended_anyway(start):
    """After its time to end is over."""
    child = start(STUBBORN)
    until(lambda: "up" in child.last_lines())

    child.end(patience=0.2)

    assert child.exit_code() == -signal.SIGKILL


def test_what_a_child_left_behind_ends_with_it(start):
    """Its whole group goes."""
    child = start(f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}])")
    until(lambda: "up" in child.last_lines())

    child.end()

    until(lambda: not _alive(child.process.pid))  # a killed process takes a moment to be gone


def _alive(group: int) -> list[str]:
    """States of a process group's members, those that nobody waited for excepted."""
    listed = subprocess.run(["ps", "-eo", "pgid,stat"], capture_output=True, text=True, check=True)
    members = [line.split() for line in listed.stdout.splitlines()]
    return [stat for found, stat in members if found == str(group) and stat[0] != "Z"]


def test_a_child_does_not_outlive_its_parent(tmp_path):
    """Even when the parent is killed outright."""
    code = f"""
import os, sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from local.processes import Child
folder = Path({str(tmp_path)!r})
command = [sys.executable, "-c", {SLEEP!r}]
child = Child("c", command, environment=os.environ, log=folder / "log", cwd=folder)
print(child.process.pid, flush=True)
child.wait()
"""
    with subprocess.Popen(python(code), stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        until(lambda: "up" in (tmp_path / "log").read_text())
        assert started_at(pid) is not None

        parent.kill()

    until(lambda: started_at(pid) is None)


def test_remembered_processes_are_found_while_they_run(start, tmp_path):
    """The file names those that still run, in order."""
    child = start(SLEEP)
    itself = Process.of("this", os.getpid())
    file = tmp_path / "state" / "processes.json"
    remember(file, [itself, child.process])

    assert recall(file) == [itself, child.process]
    child.end()
    assert recall(file) == [itself]


def test_a_number_used_again_is_not_taken_for_the_old_process():
    """Pid and start time together name a process."""
    itself = Process.of("this", os.getpid())

    assert itself.runs()
    assert not Process("old", itself.pid, itself.began - 1).runs()


def test_no_file_names_no_process(tmp_path):
    """A missing or broken file is an empty one."""
    (tmp_path / "broken").write_text("{")

    assert recall(tmp_path / "absent") == []
    assert recall(tmp_path / "broken") == []
