"""The judge's own table of a run's legal moves, and of who may say what.

Written from ``docs/architecture.md`` ("The stages of a run") and ``events/catalogue.md``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a run, as the history shows it.

    Attributes:
        leg: the function that makes it.
        says: the event by which it is known; empty where the leg says nothing.
        before: the stages it may start from; an empty text is "no run yet".
        after: the stage it ends in.
        starts: the call by which it is known, where the leg says nothing.
    """

    leg: str
    says: str
    before: tuple[str, ...]
    after: str
    starts: str = ""


STEPS = (
    Step("start_run", "RunStarted", ("",), "started"),
    Step("prepare_data", "DataPrepared", ("started",), "prepared"),
    Step("prepare_data", "DataRejected", ("started",), "data_rejected"),
    Step("prepare_data", "PreparationFailed", ("started",), "failed"),
    Step("start_training", "TuningStarted", ("prepared",), "training"),
    Step("start_training", "TrainingStarted", ("prepared",), "training"),
    Step("finish_training", "ModelTuned", ("training",), "trained"),
    Step("finish_training", "ModelTrained", ("training",), "trained"),
    Step("finish_training", "TrainingFailed", ("training",), "failed"),
    Step("evaluate_candidate", "", ("trained",), "evaluating", "sagemaker:CreateProcessingJob"),
    Step("evaluate_candidate", "ModelRefused", ("trained",), "failed"),
    Step("judge_candidate", "ModelRefused", ("evaluating",), "failed"),
    Step("judge_candidate", "CandidateApproved", ("evaluating",), "approved"),
    Step("judge_candidate", "CandidateRejected", ("evaluating",), "rejected"),
    Step("judge_candidate", "ApprovalRequested", ("evaluating",), "waiting_for_approval"),
    Step("judge_candidate", "TrainingFailed", ("evaluating",), "failed"),
    Step("take_up_approval", "CandidateApproved", ("waiting_for_approval", "rejected"), "approved"),
    Step("take_up_approval", "CandidateRejected", ("waiting_for_approval",), "rejected"),
    Step("deploy_model", "DeploymentStarted", ("approved",), "deploying"),
    Step("deploy_model", "ModelDeployed", ("approved",), "deployed"),
    Step("deploy_model", "ModelRefused", ("approved",), "failed"),
    Step("deploy_model", "TrainingFailed", ("approved",), "failed"),
    Step("confirm_deployment", "ModelDeployed", ("deploying",), "deployed"),
    Step("confirm_deployment", "DeploymentRolledBack", ("deploying",), "rolled_back"),
)
"""Every move that a run can make."""

ENDS = frozenset({"deployed", "rejected", "rolled_back", "failed", "data_rejected"})
"""Stages after which nothing more happens by itself."""

RESTS = ENDS | {"waiting_for_approval"}
"""Stages in which a run may be found when nothing is under way."""

ALERTED = frozenset(
    {
        "RetentionNotApplied",
        "ProblemRejected",
        "ProblemAwaited",
        "MarkerAwaited",
        "DataRejected",
        "FetchFailed",
        "ChangesDoubted",
        "PreparationFailed",
        "FeatureStorageFailed",
        "TrainingFailed",
        "CandidateRejected",
        "ModelRefused",
        "ApprovalRequested",
        "ModelDeployed",
        "DeploymentRolledBack",
        "PredictionsReady",
        "DriftDetected",
        "QualityDropped",
        "RetrainingStarted",
        "RetrainingHeldBack",
        "BudgetExceeded",
        "QuotaReached",
    }
)
"""Events that people are told of."""

SAID_BY: dict[str, frozenset[str]] = {
    "define_problem": frozenset({"ProblemDefined", "ProblemRejected"}),
    "apply_retention": frozenset({"RetentionNotApplied"}),
    "ingest_records": frozenset({"DataIngested", "ProblemAwaited", "DataRejected"}),
    "ingest_files": frozenset({"DataIngested", "WaitingDataReleased", "DataRejected"}),
    "gather_records": frozenset(),
    "close_snapshot": frozenset({"QuietPeriodEnded", "SnapshotClosed", "MarkerAwaited"}),
    "schedule_fetches": frozenset({"FetchRequested"}),
    "fetch_tables": frozenset({"FetchStarted"}),
    "merge_tables": frozenset(
        {"DataIngested", "DataRejected", "FetchRequested", "FetchFailed", "ChangesDoubted"}
    ),
    "start_run": frozenset({"RunStarted", "BudgetExceeded"}),
    "prepare_data": frozenset({"DataPrepared", "DataRejected", "PreparationFailed"}),
    "store_features": frozenset({"OnlineRecordsPut", "FeaturesStored", "FeatureStorageFailed"}),
    "start_training": frozenset({"TrainingStarted", "TuningStarted"}),
    "finish_training": frozenset({"ModelTrained", "ModelTuned", "TrainingFailed"}),
    "evaluate_candidate": frozenset({"ModelRefused"}),
    "judge_candidate": frozenset(
        {
            "CandidateEvaluated",
            "CandidateApproved",
            "CandidateRejected",
            "ApprovalRequested",
            "ModelRefused",
            "TrainingFailed",
        }
    ),
    "take_up_approval": frozenset({"CandidateApproved", "CandidateRejected"}),
    "deploy_model": frozenset(
        {"DeploymentStarted", "ModelDeployed", "ModelRefused", "TrainingFailed"}
    ),
    "confirm_deployment": frozenset({"ModelDeployed", "DeploymentRolledBack"}),
    "score_file": frozenset({"WaitingDataReleased", "ScoringStarted"}),
    "finish_scoring": frozenset({"PredictionsReady", "DataRejected"}),
    "watch_traffic": frozenset({"DriftDetected"}),
    "take_in_truth": frozenset({"GroundTruthTaken", "QualityDropped", "DataRejected"}),
    "answer_drift": frozenset({"RetrainingStarted", "RetrainingHeldBack"}),
    "reconcile_runs": frozenset({"CompletionMissed"}),
    "send_alert": frozenset(),
}
"""What each leg may say; a leg that is not here may not say anything."""


WAITING = "/waits"
"""What stands behind the name of a leg that waits for a quota; it may say that alone."""


def may_say(leg: str, name: str) -> bool:
    """Whether a leg may say an event of this name."""
    if leg.endswith(WAITING):
        return name == "QuotaReached" and leg.removesuffix(WAITING) in SAID_BY
    return name in SAID_BY.get(leg, frozenset())


def step_of(leg: str, says: frozenset[str], calls: frozenset[str]) -> Step | None:
    """The move that a row of the history made, or None when it made none.

    Args:
        leg: the function.
        says: the events that it said.
        calls: the calls that it made, such as ``sagemaker:CreateProcessingJob``.
    """
    for step in STEPS:
        if step.leg == leg and (step.says in says if step.says else step.starts in calls):
            return step
    return None
