"""A snapshot's files come in one by one: tell when it is whole, so that a run may learn from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from lifecycle.clock import parse_time
from lifecycle.decision import ApiCall, Decision
from lifecycle.events import SOURCE, DataRejected, MarkerAwaited, QuietPeriodEnded, SnapshotClosed
from lifecycle.problem.durations import seconds
from lifecycle.records import SnapshotRecord
from lifecycle.snapshots import MARKER, complete

if TYPE_CHECKING:
    from lifecycle.aws_events import ObjectCreated
    from lifecycle.cause import Cause
    from lifecycle.events import DataIngested
    from lifecycle.records import InputRecord
    from lifecycle.settings import Settings

LONGEST_DELAY = 900
"""Seconds for which SQS holds a message back at most (SendMessage, ``DelaySeconds``)."""

MARKER_PATIENCE = 3600
"""Seconds without a new file after which people are told that a marker is still missing."""

type By = Literal["marker", "quiet", "numbers"]


@dataclass(frozen=True, slots=True)
class Folder:
    """What there is of a snapshot.

    Attributes:
        landed: the keys of all files in its folder, also those of snapshots before it.
        pending: those that are neither taken in nor set aside yet.
        members: its own inputs.
    """

    landed: list[str]
    pending: list[str]
    members: list[InputRecord]


def decide_nothing(problem: str, reason: str) -> Decision:
    """What was heard closes nothing and opens nothing."""
    return Decision(reason, problem=problem)


def decide_under_way(cause: Cause[ObjectCreated], row: SnapshotRecord) -> Decision:
    """A writer's temporary object: whatever comes to this folder belongs together."""
    if row.begun:
        return decide_nothing(row.problem, f"{row.folder} is known to be written to.")
    opened = row.model_copy(update={"opened_at": cause.time})
    return Decision(
        f"{row.folder} is being written to: its files are held together.",
        problem=row.problem,
        records=(opened,),
    )


def decide_marked(cause: Cause[ObjectCreated], row: SnapshotRecord, folder: Folder) -> Decision:
    """The writer's marker landed: all its files have landed too, but may not be read yet.

    Args:
        cause: the marker.
        row: the snapshot that is open in its folder.
        folder: what there is of it.
    """
    if not folder.pending and not folder.members:
        return decide_nothing(row.problem, f"{row.folder} holds no file that waits for a marker.")
    marked = row.model_copy(
        update={"marked_at": cause.time, "opened_at": row.opened_at or cause.time}
    )
    if not folder.pending:
        return _close(cause, marked, "marker", folder)
    return Decision(
        f"{row.folder} is marked as whole; {len(folder.pending)} file(s) are still to be read.",
        problem=row.problem,
        records=(marked,),
    )


def decide_settled(
    cause: Cause[DataIngested | DataRejected],
    row: SnapshotRecord,
    folder: Folder,
    snapshot: dict[str, Any],
    settings: Settings,
) -> Decision:
    """A file was taken in or set aside: the last one that was missing, or the quiet begins anew.

    Args:
        cause: what became of the file.
        row: the snapshot that is open in the folder.
        folder: what there is of it.
        snapshot: the problem's settings of snapshots.
        settings: the stack's resources.
    """
    source = cause.event.source
    if row.name != cause.event.snapshot:
        return decide_nothing(row.problem, f"{source} came with a snapshot that is closed already.")
    settled = row.model_copy(
        update={"opened_at": row.opened_at or cause.time, "settled": row.settled + 1}
    )
    numbered = snapshot["close"] == "auto" and complete(source, folder.landed)
    if (row.marked_at or numbered) and not folder.pending:
        return _close(cause, settled, "marker" if row.marked_at else "numbers", folder)
    what = f"{source} belongs to the snapshot of {row.folder}"
    if snapshot["close"] == "marker":
        ends, wait = "waits for its marker", MARKER_PATIENCE
    else:
        ends = f"is closed when nothing comes for {snapshot['quiet']}"
        wait = seconds(snapshot["quiet"])
    return Decision(
        f"{what}, which {ends}.",
        problem=row.problem,
        records=(settled,),
        calls=(_wake(cause, settled, wait, settings),),
    )


def decide_quiet(
    cause: Cause[QuietPeriodEnded],
    row: SnapshotRecord,
    folder: Folder,
    snapshot: dict[str, Any],
    settings: Settings,
) -> Decision:
    """A quiet period is over: it was quiet if no file was dealt with since it began.

    Args:
        cause: the end of the period.
        row: the snapshot that is open in the folder.
        folder: what there is of it; the last file that is pending begins a period of its own.
        snapshot: the problem's settings of snapshots.
        settings: the stack's resources.
    """
    event = cause.event
    if event.snapshot != row.name:
        return decide_nothing(row.problem, f"{event.snapshot} is closed already.")
    if event.settled != row.settled:
        return decide_nothing(row.problem, f"More files came to {row.folder} meanwhile.")
    if event.left_seconds:
        return Decision(
            f"{row.folder} must be quiet for {event.left_seconds} more seconds.",
            problem=row.problem,
            calls=(_wake(cause, row, event.left_seconds, settings),),
        )
    if folder.pending:
        return decide_nothing(row.problem, f"{len(folder.pending)} file(s) are still to be read.")
    if snapshot["close"] == "marker":
        return _remind(row, folder)
    return _close(cause, row, "quiet", folder)


def _remind(row: SnapshotRecord, folder: Folder) -> Decision:
    """Nothing closes a snapshot but its marker: people are told that it does not come."""
    held = len(folder.members)
    cure = (
        f"Put an empty object {MARKER} into {row.folder}/, or let the quiet close snapshots "
        "(data.snapshot.close: quiet)."
    )
    said = MarkerAwaited(problem=row.problem, snapshot=row.name, files=held, cure=cure)
    return Decision(
        f"Nothing came to {row.folder} for an hour, and its {held} file(s) wait for a marker.",
        problem=row.problem,
        events=(said,),
    )


def _close(cause: Cause[Any], row: SnapshotRecord, by: By, folder: Folder) -> Decision:
    """Close a snapshot and make the row of the next, which the late ones belong to."""
    taken = [item for item in folder.members if item.uri]
    counts: dict[str, Any] = {
        "files": len(taken),
        "rows": sum(item.rows for item in taken),
        "rejected": len(folder.members) - len(taken),
    }
    closed = row.model_copy(update={"closed_at": cause.time, "closed_by": by, **counts})
    following = SnapshotRecord(problem=row.problem, folder=row.folder, number=row.number + 1)
    said = SnapshotClosed(
        problem=row.problem,
        snapshot=row.name,
        by=by,
        **counts,
    )
    aside = f", {closed.rejected} set aside" if closed.rejected else ""
    return Decision(
        f"The snapshot of {row.folder} is whole, by {by}: {closed.files} file(s), "
        f"{closed.rows} rows{aside}.",
        problem=row.problem,
        records=(closed, following),
        events=(said,),
    )


def _wake(cause: Cause[Any], row: SnapshotRecord, wait: int, settings: Settings) -> ApiCall:
    """A message to this leg itself, held back for the period (SQS, "Message timers").

    It looks as if it came over the bus. Sent twice it is one event: its id derives from its cause
    and the count. A decision made anew, because another file was settled meanwhile, counts anew,
    and its message must not pass for the one before.
    """
    now = min(wait, LONGEST_DELAY)
    at = (parse_time(cause.time) + timedelta(seconds=now)).isoformat(timespec="milliseconds")
    said = QuietPeriodEnded(
        problem=row.problem,
        snapshot=row.name,
        settled=row.settled,
        left_seconds=wait - now,
    )
    identity = cause.effect_id("close_snapshot/quiet", row.settled)
    envelope = {
        "version": "0",
        "id": identity,
        "source": SOURCE,
        "detail-type": said.detail_type,
        "time": at,
        "account": cause.account,
        "region": cause.region,
        "resources": [],
        "detail": {
            "data": said.model_dump(mode="json"),
            "metadata": {
                "event_id": identity,
                "version": said.version,
                "correlation_id": cause.correlation_id,
                "causation_id": cause.id,
                "occurred_at": at,
            },
        },
    }
    request = {
        "QueueUrl": settings.snapshot_queue,
        "DelaySeconds": now,
        "MessageBody": json.dumps(envelope, separators=(",", ":")),
    }
    return ApiCall("sqs", "SendMessage", request)
