"""The evaluation ended: register the candidate, and say whether it may take traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.decision import ApiCall, Decision
from lifecycle.events import (
    ApprovalRequested,
    CandidateApproved,
    CandidateEvaluated,
    CandidateRejected,
)
from lifecycle.requests.registry import package_request
from lifecycle.runs import end_run, failed, past, refused

if TYPE_CHECKING:
    from lifecycle.aws_events import JobEnded
    from lifecycle.cause import Cause
    from lifecycle.events import Event
    from lifecycle.model_proof import Proof
    from lifecycle.records import JobRecord, MonthRecord, ProblemRecord, Record, RunRecord
    from lifecycle.settings import Settings

CURE = (
    "Read the job's log (CloudWatch Logs, /aws/sagemaker/ProcessingJobs), mend the cause, and "
    "drop the data or problem.yaml again."
)
MISMATCH = "PackageMismatchError"
"""By its name the job tells that a model is not what it was told to load."""
PACKAGE = "{{model_package}}"
"""Where the registry's answer, the package's ARN, belongs."""


def objections(run: RunRecord, evaluation: dict[str, Any]) -> tuple[str, ...]:
    """Every reason against the candidate, in words; none means that it may take traffic."""
    metric = evaluation["metric"]
    name, value = metric["name"], metric["value"]
    if value is None:
        return (f"{name} cannot be computed on the hold-out",)
    rising = metric["greater_is_better"]
    found = []
    bar = run.definition["metric"]["approve_at"]
    if bar is not None and (value < bar if rising else value > bar):
        side = "below" if rising else "above"
        found.append(f"{name} {value:.4f} is {side} approve_at {bar}")
    champion = (evaluation.get("champion") or {}).get("value")
    if champion is not None and (value < champion if rising else value > champion):
        found.append(f"{name} {value:.4f} is worse than the champion's {champion:.4f}")
    found += [
        f"bias: {item['metric']} of {item['facet']}={item['facet_value']} is "
        f"{item['value']:.4f}, over the limit {item['limit']}"
        for item in evaluation["bias"]["violations"]
    ]
    return tuple(found)


def decide(
    cause: Cause[Any],
    *,
    job: JobRecord,
    run: RunRecord,
    problem: ProblemRecord,
    month: MonthRecord,
    evaluation: dict[str, Any],
    proof: Proof,
    cost: float,
    settings: Settings,
) -> Decision:
    """Approve, reject, or ask a person; registered in any case.

    Args:
        cause: what was heard.
        job: the evaluation's row.
        run: the run it belongs to.
        problem: the run's problem.
        month: what the problem's runs have cost this month.
        evaluation: the report that the job wrote.
        proof: what the package that the job wrote is, signed.
        cost: what the evaluation cost, in US dollars.
        settings: the stack's resources.
    """
    if run.stage != "evaluating":
        return past(run)
    against = objections(run, evaluation)
    approval, stage, verdict = _verdict(run, against, evaluation)
    metric = evaluation["metric"]
    spent = run.cost_usd + cost
    moved = run.moved(
        stage,
        cause.time,
        metric=metric["name"],
        score=metric["value"],
        champion_score=(evaluation.get("champion") or {}).get("value"),
        model_package=PACKAGE,
        model_sha256=proof.sha256,
        model_mac=proof.mac,
        manifest_sha256=evaluation["model"].get("manifest_sha256"),
        cost_usd=spent,
        reason="; ".join(against),
    )
    records: list[Record] = [
        moved,
        job.model_copy(update={"ended": True}),
        month.model_copy(update={"usd": round(month.usd + spent, 6)}),
    ]
    if stage == "rejected":
        records += end_run(problem, run)
    why = "; ".join(against) or "good enough by every rule"
    return Decision(
        f"{metric['name']} {_shown(metric['value'])} on the hold-out: "
        f"{stage.replace('_', ' ')}, {why}.",
        problem=run.problem,
        run=run.run,
        records=tuple(records),
        calls=(_register(run, approval, why, evaluation, settings),),
        events=(_evaluated(run, evaluation, settings), verdict),
    )


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"


def _verdict(
    run: RunRecord, against: tuple[str, ...], evaluation: dict[str, Any]
) -> tuple[str, Any, Event]:
    """The registry's approval status, the run's next stage, and the event that tells it."""
    shared = {"problem": run.problem, "run": run.run, "model_package": PACKAGE}
    if against:
        return "Rejected", "rejected", CandidateRejected(reasons=against, **shared)
    if run.definition["approve"] == "manual":
        metric = evaluation["metric"]
        asked = ApprovalRequested(metric=metric["name"], score=metric["value"], **shared)
        return "PendingManualApproval", "waiting_for_approval", asked
    return "Approved", "approved", CandidateApproved(by="rules", **shared)


def _evaluated(
    run: RunRecord, evaluation: dict[str, Any], settings: Settings
) -> CandidateEvaluated:
    return CandidateEvaluated(
        problem=run.problem,
        run=run.run,
        metric=evaluation["metric"]["name"],
        score=evaluation["metric"]["value"] or 0.0,
        champion_score=(evaluation.get("champion") or {}).get("value"),
        reports_uri=settings.run_uri(run.problem, run.run, "reports"),
    )


def _register(
    run: RunRecord, approval: str, why: str, evaluation: dict[str, Any], settings: Settings
) -> ApiCall:
    noted = {name: str(value) for name, value in evaluation["metrics"].items()}
    noted = dict(list(noted.items())[:40]) | {
        "verdict": why,
        "model_sha256": evaluation["model"]["sha256"],
    }
    request = package_request(run, approval, why, noted, settings)
    return ApiCall(
        "sagemaker",
        "CreateModelPackage",
        request,
        keep={"model_package": "ModelPackageArn"},
    )


def decide_failed(
    cause: Cause[Any], end: JobEnded, job: JobRecord, run: RunRecord, problem: ProblemRecord
) -> Decision:
    """The evaluation itself failed: the run ends, and everyone hears why."""
    if run.stage != "evaluating":
        return past(run)
    if end.reason.startswith(MISMATCH):
        reason = end.reason.removeprefix(MISMATCH).strip(": ")
        return refused(run, problem, before="evaluation", reason=reason, at=cause.time, job=job)
    reason = end.reason or f"the evaluation ended as {end.status}"
    return failed(run, problem, job, reason=reason, cure=CURE, at=cause.time)
