"""Baton's own events: past-tense facts, each with an explicit detail-type and version.

The wire form is EventBridge's: ``source`` "baton", ``detail-type`` the name, and ``detail`` =
``{"data": …, "metadata": {"event_id", "version", "correlation_id", "causation_id",
"occurred_at"}}``. Fields that a newer writer added are tolerated on reading.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

SOURCE = "baton"

type Severity = Literal["info", "warning", "critical"]
type Origin = Literal["file", "stream", "database"]


class Model(BaseModel):
    """Frozen, and tolerant of fields that a newer version writes."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class Fault(Model):
    """One thing that is wrong, where, and how to mend it."""

    path: str = ""
    message: str
    line: int | None = None
    accepted: tuple[str, ...] = ()
    cure: str = ""


class Event(Model):
    """What all own events carry: the problem, and the run where there is one."""

    detail_type: ClassVar[str]
    version: ClassVar[int] = 1
    severity: ClassVar[Severity | None] = None
    """Set where people want to hear of it: ``send_alert`` then tells them."""

    problem: str
    run: str | None = None


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


class LabelsRequested(Event):
    """People were asked to label rows that have no target."""

    detail_type: ClassVar[str] = "LabelsRequested"
    job: str
    rows: int


class DataLabeled(Event):
    """Labels came back and were joined to their rows."""

    detail_type: ClassVar[str] = "DataLabeled"
    rows: int
    uri: str


class TrainingStarted(Event):
    """A single training job was started."""

    detail_type: ClassVar[str] = "TrainingStarted"
    job: str


class TuningStarted(Event):
    """A tuning job, several trainings in search of the best, was started."""

    detail_type: ClassVar[str] = "TuningStarted"
    job: str
    jobs: int


class ModelTrained(Event):
    """A single training ended with a model."""

    detail_type: ClassVar[str] = "ModelTrained"
    job: str
    training_job: str
    metric: str
    score: float | None
    model_uri: str


class ModelTuned(Event):
    """Tuning ended; ``training_job`` made the best model."""

    detail_type: ClassVar[str] = "ModelTuned"
    job: str
    training_job: str
    metric: str
    score: float | None
    model_uri: str
    jobs: int


class TrainingFailed(Event):
    """Training, tuning or evaluation ended without a model; the cause and what to do."""

    detail_type: ClassVar[str] = "TrainingFailed"
    severity: ClassVar[Severity | None] = "critical"
    job: str
    reason: str
    cure: str


class CandidateEvaluated(Event):
    """The candidate was scored on the hold-out that no training ever saw."""

    detail_type: ClassVar[str] = "CandidateEvaluated"
    metric: str
    score: float
    champion_score: float | None = None
    reports_uri: str


class CandidateApproved(Event):
    """The candidate may take traffic."""

    detail_type: ClassVar[str] = "CandidateApproved"
    model_package: str
    by: str


class CandidateRejected(Event):
    """The candidate may not take traffic; the champion before it, if any, stays."""

    detail_type: ClassVar[str] = "CandidateRejected"
    severity: ClassVar[Severity | None] = "warning"
    model_package: str
    reasons: tuple[str, ...]


class ApprovalRequested(Event):
    """The candidate waits for a person to approve its model package."""

    detail_type: ClassVar[str] = "ApprovalRequested"
    severity: ClassVar[Severity | None] = "info"
    model_package: str
    metric: str
    score: float


class DeploymentStarted(Event):
    """The endpoint is being made, or traffic is being shifted to the new model."""

    detail_type: ClassVar[str] = "DeploymentStarted"
    endpoint: str
    endpoint_config: str


class ModelDeployed(Event):
    """The run's model answers: ``mode`` is realtime, serverless or batch."""

    detail_type: ClassVar[str] = "ModelDeployed"
    severity: ClassVar[Severity | None] = "info"
    endpoint: str
    mode: str


class DeploymentRolledBack(Event):
    """The new model was taken back, or could not start; the champion, if any, keeps serving."""

    detail_type: ClassVar[str] = "DeploymentRolledBack"
    severity: ClassVar[Severity | None] = "critical"
    endpoint: str
    reason: str


class ScoringStarted(Event):
    """A file of rows is being scored in bulk."""

    detail_type: ClassVar[str] = "ScoringStarted"
    key: str
    job: str


class PredictionsReady(Event):
    """A file of rows was scored; the answer lies at ``uri``."""

    detail_type: ClassVar[str] = "PredictionsReady"
    severity: ClassVar[Severity | None] = "info"
    key: str
    uri: str


class ColumnDrift(Model):
    """How far one column of the traffic has moved from the training data."""

    column: str
    statistic: str
    value: float
    threshold: float


class DriftDetected(Event):
    """Traffic no longer looks like the training data (data drift)."""

    detail_type: ClassVar[str] = "DriftDetected"
    severity: ClassVar[Severity | None] = "warning"
    rows: int
    columns: tuple[ColumnDrift, ...]
    report_uri: str


class GroundTruthTaken(Event):
    """What really happened was joined to the predictions made before."""

    detail_type: ClassVar[str] = "GroundTruthTaken"
    rows: int
    uri: str


class QualityDropped(Event):
    """The model's answers, held against what really happened, got worse (concept drift)."""

    detail_type: ClassVar[str] = "QualityDropped"
    severity: ClassVar[Severity | None] = "warning"
    metric: str
    baseline: float
    current: float
    rows: int


class RetrainingStarted(Event):
    """A new run was asked for, with the newest data."""

    detail_type: ClassVar[str] = "RetrainingStarted"
    severity: ClassVar[Severity | None] = "info"
    because: str


class RetrainingHeldBack(Event):
    """A reason to retrain was heard, and the cooldown or the budget said no."""

    detail_type: ClassVar[str] = "RetrainingHeldBack"
    severity: ClassVar[Severity | None] = "info"
    because: str
    reason: str


class BudgetExceeded(Event):
    """A run was held back because it would cost more than the problem's budget."""

    detail_type: ClassVar[str] = "BudgetExceeded"
    severity: ClassVar[Severity | None] = "critical"
    limit: str
    allowed_usd: float
    needed_usd: float


class CompletionMissed(Event):
    """A job ended and its event was never heard; the reconciler found out by asking."""

    detail_type: ClassVar[str] = "CompletionMissed"
    kind: str
    name: str
    status: str
    reason: str = ""
    leg: str = ""
    """The leg that waits for the end, where the kind of job does not tell."""


def _catalogue() -> dict[str, type[Event]]:
    return {cls.detail_type: cls for cls in Event.__subclasses__()}


CATALOGUE: dict[str, type[Event]] = _catalogue()
"""Every own event by its detail-type."""
