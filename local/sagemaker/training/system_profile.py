"""What a training job takes of the machine, written down as SageMaker's profiler does.

One JSON object a line and measure, in `<S3OutputPath>/<job>/profiler-output/system/incremental/
<year month day hour>/<seconds>.<host>.json`, which is where and how the smdebug library's
`SystemMetricsReader` looks for it. Measured are the job's own processes, not the whole machine,
which is shared here.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.sagemaker.objects import ObjectsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.sagemaker.objects import Objects

type Document = dict[str, Any]

DEFAULT_MILLISECONDS = 500
INTERVALS = (100, 200, 500, 1_000, 5_000, 60_000)
"""What ProfilingIntervalInMilliseconds may be (API reference, ProfilerConfig)."""
UPLOAD_SECONDS = 60.0
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_log = logging.getLogger(__name__)


class SystemProfile:
    """Samples one host's processes while they run."""

    def __init__(
        self, objects: Objects, job: Document, host: str, clock: Callable[[], float] = time.time
    ) -> None:
        """Prepare; `start` begins.

        Args:
            objects: S3.
            job: The training job's document, with a ProfilerConfig.
            host: The host's name.
            clock: Seconds since the epoch.
        """
        config = job["ProfilerConfig"]
        self._objects, self._role, self._host, self._clock = objects, job["RoleArn"], host, clock
        root = config["S3OutputPath"].rstrip("/")
        self._root = f"{root}/{job['TrainingJobName']}/profiler-output/system/incremental"
        pause = config.get("ProfilingIntervalInMilliseconds", DEFAULT_MILLISECONDS)
        self._seconds = pause / 1_000
        self._lines: list[Document] = []
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, pid: int) -> None:
        """Begin to sample the process group of this id."""
        self._thread = threading.Thread(target=self._run, args=(pid,), daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Take what is left to S3; a profile that cannot be written fails no job."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._upload()

    def _run(self, group: int) -> None:
        cores, memory = os.cpu_count() or 1, _PAGE * os.sysconf("SC_PHYS_PAGES")
        uploaded = before = time.monotonic()
        spent, _ = usage(group)
        while not self._ended.wait(self._seconds):
            now, (total, resident) = time.monotonic(), usage(group)
            share = 100.0 * max(0.0, total - spent) / ((now - before) * cores)
            self._note("cpu", "cpu", "CPUUtilization", min(share, 100.0))
            self._note("memory", "memory", "MemoryUsedPercent", 100.0 * resident / memory)
            spent, before = total, now
            if now - uploaded > UPLOAD_SECONDS:
                self._upload()
                uploaded = now

    def _note(self, kind: str, name: str, dimension: str, value: float) -> None:
        self._lines.append(
            {
                "Type": kind,
                "Name": name,
                "Dimension": dimension,
                "Value": round(value, 3),
                "NodeId": self._host,
                "Timestamp": round(self._clock(), 3),
            }
        )

    def _upload(self) -> None:
        if not self._lines:
            return
        lines, self._lines = self._lines, []
        first = lines[0]["Timestamp"]
        hour = time.strftime("%Y%m%d%H", time.gmtime(first))
        key = f"{self._root}/{hour}/{int(first)}.{self._host}.json"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "profile.json")
            path.write_text("".join(json.dumps(line) + "\n" for line in lines))
            try:
                self._objects.upload(path, key, self._role)
            except ObjectsError as error:
                _log.warning("the profile of a job is not written: %s", error)


def usage(group: int) -> tuple[float, int]:
    """What a process group has taken: seconds of processor time so far, and bytes resident now.

    Processes that have ended count through their parent, which waited for them (proc(5): cutime).
    """
    seconds, resident = 0.0, 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[2]) == group:
            seconds += sum(map(int, fields[11:15])) / _TICK
            resident += int(fields[21]) * _PAGE
    return seconds, resident
