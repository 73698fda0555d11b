"""One run of a Glue job as a child process: its environment, its arguments, its end.

Reference: "Using job parameters in AWS Glue jobs" (which arguments Glue takes for itself), "AWS
Glue job run statuses".
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Say = Callable[[str, str], None]

_LIFELINE = Path(__file__).with_name("lifeline.py")
_LAUNCHER = Path(__file__).with_name("glue_launcher.py")
#: What a script may see of the laptop's environment.
_KEPT = ("HOME", "JAVA_HOME", "LANG", "LC_ALL", "PATH", "SSL_CERT_FILE", "TZ", "USER")
#: Arguments that Glue reads itself, with what becomes of them here.
EXTRA_MODULES, EXTRA_FILES, CONF = "--extra-py-files", "--extra-files", "--conf"
SCRIPT = "--scriptLocation"
#: Modules are those of `.venvs/glue`, pinned: a job that needs others fails where it imports them.
IGNORED = ("--additional-python-modules", "--python-modules-installer-option")
#: JDBC drivers that Glue brings along, where Debian's packages put them.
DRIVERS = ("/usr/share/java/postgresql.jar", "/usr/share/java/mariadb-java-client.jar")
DRIVER_MEMORY = "2g"
#: Spark's own 200 are for clusters; on a laptop they are mostly tasks without rows.
SHUFFLE_PARTITIONS = "8"
_PAUSE = 0.2
_PATIENCE = 5.0
NO_JAVA = "Java 17 is missing: install a headless JRE 17 (`make setup` does so on Debian as root)."


@dataclass(frozen=True)
class Ended:
    """How a run ended: `SUCCEEDED`, `FAILED`, `TIMEOUT` or `STOPPED`, and what went wrong."""

    state: str
    message: str = ""


@dataclass(frozen=True)
class Launch:
    """All that one run is made of."""

    python: Path
    folder: Path
    script: str
    arguments: Mapping[str, str]
    environment: Mapping[str, str]
    spark: bool
    timeout_seconds: float

    def document(self) -> dict[str, object]:
        """What the launcher is told; scripts get every argument that Glue leaves to them."""
        own = {EXTRA_MODULES, EXTRA_FILES, CONF, SCRIPT, *IGNORED}
        left = [(name, value) for name, value in self.arguments.items() if name not in own]
        return {
            "script": self.arguments.get(SCRIPT) or self.script,
            "extra_modules": _listed(self.arguments.get(EXTRA_MODULES)),
            "extra_files": _listed(self.arguments.get(EXTRA_FILES)),
            "arguments": [word for name, value in left for word in (name, value) if word != ""],
            "failure": str(self.folder / "failure"),
        }

    def child_environment(self) -> dict[str, str]:
        """The child's whole environment; a Spark script needs no setting to run on this machine."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment = {**kept, "TMPDIR": str(self.folder), "PYTHONUNBUFFERED": "1"}
        environment |= self.environment
        if self.spark:
            environment |= {
                "PYSPARK_PYTHON": str(self.python),
                "PYSPARK_DRIVER_PYTHON": str(self.python),
                "PYSPARK_SUBMIT_ARGS": self._submit(),
                "SPARK_LOCAL_IP": "127.0.0.1",
                "SPARK_LOCAL_DIRS": str(self.folder),
            }
        return environment

    def _submit(self) -> str:
        settings = {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.shuffle.partitions": SHUFFLE_PARTITIONS,
            "spark.sql.warehouse.dir": str(self.folder / "warehouse"),
            "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={self.folder}",
        }
        words = ["--master", "local[*]", "--driver-memory", DRIVER_MEMORY]
        if drivers := [path for path in DRIVERS if Path(path).exists()]:
            words += ["--driver-class-path", ":".join(drivers)]
        for name, value in settings.items():
            words += ["--conf", f"{name}={value}"]
        # Glue documents one --conf for several settings: "--conf" : "a=1 --conf b=2".
        if conf := self.arguments.get(CONF):
            words += ["--conf", *conf.split()]
        return shlex.join([*words, "pyspark-shell"])


def _listed(value: str | None) -> list[str]:
    return [each.strip() for each in (value or "").split(",") if each.strip()]


class GlueProcess:
    """One run under way; `run` blocks on a thread of its own, `stop` may come from any other."""

    def __init__(self, launch: Launch) -> None:
        """Describe a run; nothing starts yet."""
        self._launch = launch
        self._stopped = threading.Event()
        self._popen: subprocess.Popen[bytes] | None = None
        self._read = {"output": 0, "error": 0}

    def stop(self) -> None:
        """Have it ended; `run` then returns `STOPPED`."""
        self._stopped.set()

    def run(self, say: Say) -> Ended:
        """Start the script, wait for its end, and tell how it ended.

        Args:
            say: takes what the script wrote: `output` or `error`, and whole lines.
        """
        launch = self._launch
        if launch.spark and shutil.which("java", path=os.environ.get("PATH")) is None:
            return Ended("FAILED", NO_JAVA)
        if self._stopped.is_set():
            return Ended("STOPPED")
        self._start()
        try:
            return self._wait(say)
        finally:
            self._end()
            self._say(say, last=True)
            shutil.rmtree(launch.folder, ignore_errors=True)

    def _start(self) -> None:
        """Begin the child; it ends with the thread that began it, hence with the cloud."""
        launch = self._launch
        work = launch.folder / "work"
        work.mkdir(parents=True)
        document = launch.folder / "run.json"
        document.write_text(json.dumps(launch.document()))
        lifeline = [sys.executable, "-SE", str(_LIFELINE), str(os.getpid())]
        with (launch.folder / "output").open("wb") as output, self._error().open("wb") as error:
            self._popen = subprocess.Popen(
                [*lifeline, str(launch.python), str(_LAUNCHER), str(document)],
                env=launch.child_environment(),
                cwd=work,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=error,
                start_new_session=True,
            )

    def _error(self) -> Path:
        return self._launch.folder / "error"

    def _wait(self, say: Say) -> Ended:
        assert self._popen is not None
        deadline = time.monotonic() + self._launch.timeout_seconds
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self._popen.wait(_PAUSE)
                return self._judge(code)
            self._say(say)
            if self._stopped.is_set():
                return Ended("STOPPED")
            if time.monotonic() > deadline:
                return Ended("TIMEOUT", "Job run timed out")

    def _judge(self, code: int) -> Ended:
        if self._stopped.is_set():
            return Ended("STOPPED")
        if code == 0:
            return Ended("SUCCEEDED")
        failure = self._launch.folder / "failure"
        said = failure.read_text() if failure.exists() else f"the script ended with code {code}"
        return Ended("FAILED", said[:8000])

    def _end(self) -> None:
        """End the child and all that it started, the JVM included."""
        assert self._popen is not None
        if self._popen.poll() is None:
            self._popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(_PATIENCE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()

    def _say(self, say: Say, *, last: bool = False) -> None:
        """Hand on what was written since; half a line waits for its other half."""
        for name, position in self._read.items():
            with (self._launch.folder / name).open("rb") as stream:
                stream.seek(position)
                written = stream.read()
            whole = written if last else written[: written.rfind(b"\n") + 1]
            if whole:
                self._read[name] = position + len(whole)
                say(name, whole.decode(errors="replace"))
