"""The offline store: every record ever put, as Parquet in S3, hour by hour of event time.

Rows are appended to a journal on disk before a client hears that they are taken, and written to S3
in the background, so that neither a kill nor an absent S3 loses one ("Offline store": buffered,
in S3 within 15 minutes; here within seconds).
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import string
import threading
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.sagemaker.assembly import at_end, at_start
from local.sagemaker.features.feature_groups import features_of
from local.sagemaker.jobs.workers import Order, WorkersError
from local.sagemaker.objects import ObjectsError

if TYPE_CHECKING:
    from pathlib import Path

    from local.sagemaker.platform import Platform

type Document = dict[str, Any]

FLUSH_SECONDS = 2.0
_ALPHANUMERIC = string.ascii_letters + string.digits
_ADDED = [["write_time", "Time"], ["api_invocation_time", "Time"], ["is_deleted", "Boolean"]]
_log = logging.getLogger(__name__)
_guard = threading.Lock()


class OfflineStore:
    """Journals of all groups, and the thread that empties them."""

    def __init__(self, platform: Platform, every: float = FLUSH_SECONDS) -> None:
        self._platform = platform
        self._folder = platform.settings.data / "offline-store"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._ended = threading.Event()
        self._every = every
        self._thread = threading.Thread(target=self._run, name="offline-store", daemon=True)
        self._thread.start()

    def append(self, group: Document, row: Document) -> None:
        """Take a row; it is safe on disk when this returns.

        Args:
            group: The feature group.
            row: Its values by feature name, with `is_deleted`, `api_invocation_time` and, for the
                partition, `_event_time`, in seconds since the epoch.
        """
        line = json.dumps(row).encode() + b"\n"
        with self._lock, self._journal(group["FeatureGroupName"]).open("ab") as journal:
            journal.write(line)

    def flush(self) -> None:
        """Write all journals to S3; what cannot be written stays for the next time."""
        with self._writing:
            with self._lock:
                for journal in self._folder.glob("*.jsonl"):
                    journal.rename(journal.with_suffix(f".{uuid.uuid4().hex}.part"))
            for part in sorted(self._folder.glob("*.part")):
                self._write(part)

    def close(self) -> None:
        """Write what is left and end."""
        self._ended.set()
        self._thread.join(timeout=10.0)

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            self.flush()
        self.flush()

    def _journal(self, name: str) -> Path:
        return self._folder / f"{name}.jsonl"

    def _write(self, part: Path) -> None:
        group = self._platform.store.find("feature-group", part.name.split(".")[0])
        if group is None or "OfflineStoreConfig" not in group:
            part.unlink()
            return
        folder = self._folder / part.stem
        shutil.rmtree(folder, ignore_errors=True)  # left by a process that was killed
        try:
            self._upload(group, self._to_parquet(group, part, folder))
        except (ObjectsError, WorkersError, OSError) as error:
            _log.warning("rows of %s wait: %s", group["FeatureGroupName"], error)
        else:
            part.unlink()
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _to_parquet(self, group: Document, part: Path, folder: Path) -> Path:
        hours: dict[str, list[Document]] = {}
        for line in part.read_text().splitlines():
            row = json.loads(line)
            hours.setdefault(partition(row["_event_time"]), []).append(row)
        files, now = [], self._platform.now()
        for number, (hour, rows) in enumerate(hours.items()):
            source = folder / f"{number}.jsonl"
            target = folder / "data" / hour / file_name(max(row["_event_time"] for row in rows))
            target.parent.mkdir(parents=True)
            with source.open("w") as lines:
                lines.writelines(json.dumps(row | {"write_time": now}) + "\n" for row in rows)
            files.append([str(source), str(target)])
        order = folder / "order.json"
        order.write_text(json.dumps({"schema": schema_of(group), "files": files}))
        self._run_writer(folder, order)
        return folder / "data"

    def _run_writer(self, folder: Path, order: Path) -> None:
        workers = self._platform.workers
        worker = workers.start(
            Order(
                environment=workers.base_environment(),
                folder=folder,
                arguments=(str(order),),
                call="local.sagemaker.features.offline_parquet:main",
            )
        )
        with worker.output:
            said = worker.output.read().decode("utf-8", "replace")
        if worker.wait() != 0:
            raise WorkersError(f"Parquet could not be written: {said[-500:]}")

    def _upload(self, group: Document, folder: Path) -> None:
        uri = group["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
        self._platform.objects.upload_folder(folder, uri, group.get("RoleArn", ""))


def offline_store(platform: Platform) -> OfflineStore:
    """The offline store, begun on first use."""
    with _guard:
        if ("offline-store", "") not in platform.active:
            platform.active["offline-store", ""] = OfflineStore(platform)
        found: OfflineStore = platform.active["offline-store", ""]
        return found


@at_start
def write_left_rows(platform: Platform) -> None:
    """Write the rows that were taken before the process ended."""
    folder = platform.settings.data / "offline-store"
    if folder.exists() and any(folder.iterdir()):
        offline_store(platform)


@at_end
def end_offline_store(platform: Platform) -> None:
    """Write what is left."""
    found: OfflineStore | None = platform.active.pop(("offline-store", ""), None)
    if found is not None:
        found.close()


def partition(event_time: float) -> str:
    """`year=2026/month=02/day=03/hour=10` of an event time, in seconds since the epoch."""
    moment = datetime.fromtimestamp(event_time, UTC)
    return f"year={moment:%Y}/month={moment:%m}/day={moment:%d}/hour={moment:%H}"


def file_name(latest: float) -> str:
    """`20260203T101112Z_<16 letters and digits>.parquet` for the latest event time of a file."""
    moment = datetime.fromtimestamp(latest, UTC)
    identity = "".join(secrets.choice(_ALPHANUMERIC) for _ in range(16))
    return f"{moment:%Y%m%dT%H%M%SZ}_{identity}.parquet"


def schema_of(group: Document) -> list[list[str]]:
    """Column names and types, as the writer reads them."""
    columns = []
    for name, feature in features_of(group).items():
        kind = feature["FeatureType"]
        columns.append([name, f"List<{kind}>" if feature.get("CollectionType") else kind])
    return [*columns, *_ADDED]
