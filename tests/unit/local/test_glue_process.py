"""One run of a Glue job: its script's surroundings, its end, and what it leaves behind."""

import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from local import glue_process
from local.glue_process import Ended, GlueProcess, Launch
from local.processes import started_at

FETCH = """
    import shutil, sys, types
    class Client:
        def download_file(self, bucket, key, target):
            shutil.copy(f"{BUCKETS}/{bucket}/{key}", target)
    boto3 = types.ModuleType("boto3")
    boto3.client = lambda name: Client()
    exceptions = types.ModuleType("botocore.exceptions")
    exceptions.ClientError = type("ClientError", (Exception,), {})
    sys.modules.update({"boto3": boto3, "botocore.exceptions": exceptions})
    sys.modules["botocore"] = types.ModuleType("botocore")
"""


@pytest.fixture
def buckets(tmp_path, monkeypatch):
    """A folder that stands for S3: `sitecustomize` gives the child a boto3 that copies from it."""
    folder = tmp_path / "buckets"
    (folder / "code").mkdir(parents=True)
    site = tmp_path / "site"
    site.mkdir()
    source = f"BUCKETS = {str(folder)!r}\n{textwrap.dedent(FETCH)}"
    (site / "sitecustomize.py").write_text(source)
    return folder, {"PYTHONPATH": str(site)}


@pytest.fixture
def launch(buckets, tmp_path):
    folder, environment = buckets

    def make(script, *, timeout_seconds=30.0, spark=False, **arguments):
        (folder / "code/script.py").write_text(textwrap.dedent(script))
        named = {f"--{name.replace('_', '-')}": value for name, value in arguments.items()}
        return Launch(
            python=Path(sys.executable),
            folder=tmp_path / "run",
            script="s3://code/script.py",
            arguments=named,
            environment=environment,
            spark=spark,
            timeout_seconds=timeout_seconds,
        )

    return make


class Log:
    def __init__(self):
        self.text = {"output": "", "error": ""}

    def __call__(self, kind, text):
        self.text[kind] += text


def until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (result := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        pause.wait(0.02)
    return result


def test_a_script_gets_its_arguments_and_its_output_is_handed_on(launch, tmp_path):
    log = Log()
    script = "import sys; print(sys.argv[1:]); print('warned', file=sys.stderr)"

    ended = GlueProcess(launch(script, problem="churn", additional_python_modules="x")).run(log)

    assert ended == Ended("SUCCEEDED")
    assert log.text["output"] == "['--problem', 'churn']\n"
    assert log.text["error"] == "warned\n"
    assert not (tmp_path / "run").exists()


def test_extra_modules_can_be_imported_and_extra_files_lie_beside_the_script(launch, buckets):
    (buckets[0] / "code/helper.py").write_text("WORD = 'helped'")
    (buckets[0] / "code/words.txt").write_text("a word")
    log = Log()
    script = "import helper, pathlib; print(helper.WORD, pathlib.Path('words.txt').read_text())"
    given = {"extra_py_files": "s3://code/helper.py", "extra_files": "s3://code/words.txt"}

    ended = GlueProcess(launch(script, **given)).run(log)

    assert (ended, log.text["output"]) == (Ended("SUCCEEDED"), "helped a word\n")


def test_what_a_script_starts_finds_the_extra_modules_too(launch, buckets):
    """Spark's workers in Python are children of the script, by way of Java."""
    (buckets[0] / "code/told.py").write_text("WORD = 'told'")
    log = Log()
    script = """
        import subprocess, sys
        subprocess.run([sys.executable, "-c", "import told; print(told.WORD)"], check=True, cwd="/")
    """

    ended = GlueProcess(launch(script, extra_py_files="s3://code/told.py")).run(log)

    assert (ended, log.text["output"]) == (Ended("SUCCEEDED"), "told\n")


def test_a_failure_says_what_the_script_raised(launch):
    log = Log()

    ended = GlueProcess(launch("raise ValueError('no such column')")).run(log)

    assert ended == Ended("FAILED", "ValueError: no such column")
    assert "Traceback" in log.text["error"]


@pytest.mark.parametrize(
    ("script", "ended"),
    [
        ("import sys; sys.exit(0)", Ended("SUCCEEDED")),
        ("import sys; sys.exit(3)", Ended("FAILED", "SystemExit: 3")),
        ("import os; os._exit(9)", Ended("FAILED", "the script ended with code 9")),
    ],
)
def test_an_exit_code_counts(launch, script, ended):
    assert GlueProcess(launch(script)).run(Log()) == ended


def test_a_run_that_takes_too_long_is_ended(launch):
    launched = launch("import signal; signal.pause()", timeout_seconds=0.5)

    assert GlueProcess(launched).run(Log()).state == "TIMEOUT"


def test_a_stopped_run_ends_with_all_that_it_started(launch):
    """The script's own child, too, which ignores every polite signal."""
    script = """
        import subprocess, sys, signal
        stubborn = "import signal; signal.signal(15, signal.SIG_IGN); signal.pause()"
        child = subprocess.Popen([sys.executable, "-c", stubborn])
        print(child.pid, flush=True)
        signal.pause()
    """
    log, ended = Log(), []
    process = GlueProcess(launch(script))
    thread = threading.Thread(target=lambda: ended.append(process.run(log)))
    thread.start()
    pid = int(until(lambda: log.text["output"]))

    process.stop()
    thread.join(20)

    assert ended == [Ended("STOPPED")]
    until(lambda: started_at(pid) is None)


def test_a_run_stopped_before_its_start_starts_nothing(launch, tmp_path):
    process = GlueProcess(launch("raise SystemExit(1)"))
    process.stop()

    assert process.run(Log()) == Ended("STOPPED")
    assert not (tmp_path / "run").exists()


def test_without_java_a_spark_job_says_so(launch, monkeypatch):
    monkeypatch.setattr(glue_process.shutil, "which", lambda *_, **__: None)

    assert GlueProcess(launch("", spark=True)).run(Log()) == Ended("FAILED", glue_process.NO_JAVA)


def test_spark_is_told_to_stay_on_this_machine(launch):
    environment = launch("", spark=True, conf="a=1 --conf b=2").child_environment()

    submit = environment["PYSPARK_SUBMIT_ARGS"].split()
    assert environment["SPARK_LOCAL_IP"] == "127.0.0.1"
    assert environment["PYSPARK_PYTHON"] == sys.executable
    assert "spark.ui.enabled=false" in submit
    assert submit[-5:] == ["--conf", "a=1", "--conf", "b=2", "pyspark-shell"]
