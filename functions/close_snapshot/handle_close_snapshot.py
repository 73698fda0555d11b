"""Hears: files of a snapshot, its marker, the end of a quiet period.

Says: SnapshotClosed or MarkerAwaited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from close_snapshot import (
    Folder,
    decide_marked,
    decide_nothing,
    decide_quiet,
    decide_settled,
    decide_under_way,
)
from lifecycle.aws_events import ObjectCreated
from lifecycle.errors import RecordMissingError
from lifecycle.events import DataIngested, DataRejected, QuietPeriodEnded
from lifecycle.leg import leg
from lifecycle.snapshots import (
    DEFAULTS,
    MARKER,
    Snapshots,
    is_data,
    marked_folder,
    snapshot_folder,
    snapshot_settings,
)

if TYPE_CHECKING:
    from lifecycle.cause import Cause
    from lifecycle.decision import Decision
    from lifecycle.ports import Ports
    from lifecycle.records import SnapshotRecord


@leg(ObjectCreated, DataIngested, DataRejected, QuietPeriodEnded)
def lambda_handler(cause: Cause[Any], ports: Ports) -> Decision:
    """Load the snapshot, and what has landed in its folder."""
    event = cause.event
    problem = ports.records.problem(event.problem)
    setting = snapshot_settings(problem.definition) if problem else DEFAULTS
    snapshots = Snapshots(event.problem, ports.records.snapshots(event.problem))
    if isinstance(event, ObjectCreated):
        return _object(cause, setting["close"], snapshots, ports)
    row = snapshots.current(event.snapshot.rpartition("#")[0])
    if problem is None:
        raise RecordMissingError(f"problem {event.problem} is not recorded")
    folder = _folder(row, setting["close"], ports)
    if isinstance(event, QuietPeriodEnded):
        return decide_quiet(cause, row, folder, setting, ports.settings)
    return decide_settled(cause, row, folder, setting, ports.settings)


def _object(
    cause: Cause[ObjectCreated], close: Any, snapshots: Snapshots, ports: Ports
) -> Decision:
    """A marker, or a writer's temporary object."""
    event = cause.event
    folder = marked_folder(event.key)
    if folder is None or close in {"at_once", "quiet"}:
        return decide_nothing(event.problem, f"{event.key} closes no snapshot.")
    row = snapshots.current(folder)
    if not event.key.endswith(MARKER):
        return decide_under_way(cause, row)
    return decide_marked(cause, row, _folder(row, close, ports))


def _folder(row: SnapshotRecord, close: Any, ports: Ports) -> Folder:
    """What has landed in the snapshot's folder, and what became of it."""
    if row.folder == f"{row.problem}/data" and close == "auto":
        close = "quiet"  # pictures and texts of all folders are held together there
    root = f"s3://{ports.settings.landing_bucket}/"
    keys = [uri.removeprefix(root) for uri in ports.objects.list(f"{root}{row.folder}/")]
    landed = [
        key
        for key in keys
        if is_data(key) and snapshot_folder(key, close, (row.folder,)) == row.folder
    ]
    inputs = [
        item for item in ports.records.inputs(row.problem) if item.rejected or not item.waiting
    ]
    settled = {item.source for item in inputs}
    return Folder(
        landed,
        [key for key in landed if key not in settled],
        [item for item in inputs if item.snapshot == row.name],
    )
