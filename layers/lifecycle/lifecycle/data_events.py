"""Own events up to the rows that a model learns from: problems, inputs, runs, features."""

from __future__ import annotations

from typing import ClassVar, Literal

from lifecycle.event import Event, Fault, Origin, Severity


class ProblemDefined(Event):
    """A problem.yaml was accepted; every default is resolved in the object at ``resolved_uri``."""

    detail_type: ClassVar[str] = "ProblemDefined"
    definition_version: int
    target: str
    resolved_uri: str


class RetentionNotApplied(Event):
    """S3 takes no more lifecycle rules, so this problem's rows are not removed by their age."""

    detail_type: ClassVar[str] = "RetentionNotApplied"
    severity: ClassVar[Severity | None] = "critical"
    rules: int
    allowed: int


class ProblemRejected(Event):
    """A problem.yaml was refused; the definition before it stays in force."""

    detail_type: ClassVar[str] = "ProblemRejected"
    severity: ClassVar[Severity | None] = "warning"
    key: str
    faults: tuple[Fault, ...]


class DataIngested(Event):
    """Rows were taken in, from a landed file or a stretch of the stream."""

    detail_type: ClassVar[str] = "DataIngested"
    origin: Origin
    source: str
    uri: str
    rows: int
    columns: int
    snapshot: str | None = None
    """The snapshot that the file belongs to; its rows count when that is closed."""
    changes: tuple[str, ...] = ()
    """How its columns differ from those of the files before it."""


class QuietPeriodEnded(Event):
    """A snapshot's quiet period is over; if no file came since, the snapshot is whole.

    ``settled`` says how many files had been dealt with when the period began, ``left_seconds`` how
    much of it is still to wait.
    """

    detail_type: ClassVar[str] = "QuietPeriodEnded"
    snapshot: str
    settled: int
    left_seconds: int = 0


class SnapshotClosed(Event):
    """All files of one write are there: by a ``marker``, ``quiet``, or their own ``numbers``."""

    detail_type: ClassVar[str] = "SnapshotClosed"
    snapshot: str
    by: Literal["marker", "quiet", "numbers"]
    files: int
    rows: int
    rejected: int = 0


class MarkerAwaited(Event):
    """Nothing came to a folder for an hour, and no marker that would close its snapshot either."""

    detail_type: ClassVar[str] = "MarkerAwaited"
    severity: ClassVar[Severity | None] = "warning"
    snapshot: str
    files: int
    cure: str


class ProblemAwaited(Event):
    """Records came by stream for a problem that is not defined; they wait, and nothing is lost."""

    detail_type: ClassVar[str] = "ProblemAwaited"
    severity: ClassVar[Severity | None] = "warning"
    source: str
    rows: int
    cure: str


class WaitingDataReleased(Event):
    """A landed object that had to wait (for its problem, or for a model) need wait no more."""

    detail_type: ClassVar[str] = "WaitingDataReleased"
    purpose: Literal["data", "score"]
    bucket: str
    key: str
    etag: str


class DataRejected(Event):
    """Data that cannot be used: a file set aside, or a run's rows that no model can learn from."""

    detail_type: ClassVar[str] = "DataRejected"
    severity: ClassVar[Severity | None] = "warning"
    source: str
    faults: tuple[Fault, ...]
    quarantine_uri: str | None = None
    snapshot: str | None = None


class FetchRequested(Event):
    """A database's rows are due: by its schedule, by a definition, or because somebody asked."""

    detail_type: ClassVar[str] = "FetchRequested"
    source: str
    through: Literal["glue", "dms"]
    because: Literal["schedule", "definition", "request"]
    full: bool = False
    """Whether all rows come anew, also of tables of which only what is new is fetched."""


class FetchStarted(Event):
    """A job began to fetch the tables of a database."""

    detail_type: ClassVar[str] = "FetchStarted"
    source: str
    job: str
    tables: tuple[str, ...]


class FetchFailed(Event):
    """The rows of a database could not be had; those fetched before stay in use."""

    detail_type: ClassVar[str] = "FetchFailed"
    severity: ClassVar[Severity | None] = "warning"
    source: str
    faults: tuple[Fault, ...]


class ChangesDoubted(Event):
    """Changes of a table did not fit its rows; what was made of them is told with each."""

    detail_type: ClassVar[str] = "ChangesDoubted"
    severity: ClassVar[Severity | None] = "warning"
    source: str
    table: str
    faults: tuple[Fault, ...]


class RunStarted(Event):
    """A run, one model's life from data to traffic, began."""

    detail_type: ClassVar[str] = "RunStarted"
    because: str
    inputs: int
    rows: int


class DataPrepared(Event):
    """The run's rows were profiled, cleaned, split, and its features fitted and applied."""

    detail_type: ClassVar[str] = "DataPrepared"
    task: str
    rows: int
    train_rows: int
    validation_rows: int
    holdout_rows: int
    columns: int
    features: int
    classes: int
    prepared_uri: str
    warnings: tuple[str, ...] = ()


class PreparationFailed(Event):
    """The job that prepares a run's rows ended without them; the cause and what to do."""

    detail_type: ClassVar[str] = "PreparationFailed"
    severity: ClassVar[Severity | None] = "critical"
    job: str
    reason: str
    cure: str


class OnlineRecordsPut(Event):
    """A stretch of the newest records is in the online store; the rest follows."""

    detail_type: ClassVar[str] = "OnlineRecordsPut"
    feature_group: str
    rows: int
    uri: str
    online: int
    put: int
    refused: int = 0
    refusal: str = ""


class FeaturesStored(Event):
    """The run's cleaned rows are in the problem's feature group.

    ``rows`` went to the offline store at ``uri``; ``online`` records, the newest of each
    identifier, went to the online store, which refused ``refused`` more: ``refusal`` is its word on
    one of them.
    """

    detail_type: ClassVar[str] = "FeaturesStored"
    feature_group: str
    rows: int
    uri: str
    online: int = 0
    refused: int = 0
    refusal: str = ""


class FeatureStorageFailed(Event):
    """The run's rows could not be kept as features; the run itself goes on without."""

    detail_type: ClassVar[str] = "FeatureStorageFailed"
    severity: ClassVar[Severity | None] = "warning"
    feature_group: str
    reason: str
    cure: str
