"""Own events from training to retirement: models, deployments, traffic, money."""

from __future__ import annotations

from typing import ClassVar

from lifecycle.event import Event, Model, Severity


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


class QuotaReached(Event):
    """A quota of the account is used up: the step waits, and goes on by itself once there is room.

    Said once for each step that waits, however often it is tried.
    """

    detail_type: ClassVar[str] = "QuotaReached"
    severity: ClassVar[Severity | None] = "warning"
    leg: str
    operation: str
    reason: str
    cure: str
