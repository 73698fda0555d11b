"""A run started: who cleans, splits and encodes its rows, and what they turned out to be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lifecycle.completions import GLUE_JOB_RUN
from lifecycle.decision import ApiCall, Decision
from lifecycle.events import DataPrepared, DataRejected, Fault, PreparationFailed
from lifecycle.records import JobRecord
from lifecycle.requests.glue import STARTED, start_job_run
from lifecycle.runs import end_run

if TYPE_CHECKING:
    from lifecycle.aws_events import GlueJobEnded
    from lifecycle.cause import Cause
    from lifecycle.records import ProblemRecord, RunRecord
    from lifecycle.settings import Settings

LEG = "prepare_data"
CODE = "code/glue.zip"
CURE = (
    "Read the job run's log (CloudWatch Logs, /aws-glue/jobs/error), mend the cause, and drop the "
    "data or problem.yaml again."
)


def is_large(run: RunRecord, settings: Settings) -> bool:
    """Whether a run's rows outgrow a function, by their number or by the size of their files."""
    limits = ((run.rows, settings.large_from_rows), (run.bytes, settings.large_from_bytes))
    return any(limit and size >= limit for size, limit in limits)


def faults_of_large(run: RunRecord, definition: dict[str, Any]) -> tuple[Fault, ...]:
    """What a large run asks for that is done in a function alone; nothing, if Spark can take it.

    Args:
        run: a run whose rows outgrow a function.
        definition: its definition.
    """
    asked = {
        "features.join": bool((definition.get("features") or {}).get("join")),
        "prepare.text": (definition.get("prepare") or {}).get("text") == "embed",
    }
    what = {
        "features.join": "features of other problems are joined",
        "prepare.text": "texts are embedded",
    }
    cures = {
        "features.join": "Join them where the rows come from, or bring fewer rows.",
        "prepare.text": "Set it to tokenize, or bring fewer rows.",
    }
    size = f"{run.rows:,} rows in {run.bytes:,} bytes outgrow one"
    return tuple(
        Fault(path=path, message=f"{what[path]} in a function, and {size}", cure=cures[path])
        for path, wanted in asked.items()
        if wanted
    )


def decide_large(
    cause: Cause[Any], run: RunRecord, definition: dict[str, Any], settings: Settings
) -> Decision:
    """Start the Glue job that prepares the rows with Spark.

    Args:
        cause: the run's start.
        run: the run, of whose folder the script learns everything.
        definition: its definition, with the steps that a file of the problem's asks for.
        settings: the stack's resources.
    """
    name = f"{run.problem}/{run.run}"
    definition = {
        "Bucket": settings.lake_bucket,
        "Key": f"{run.problem}/runs/{run.run}/definition.json",
        "Body": json.dumps(definition).encode(),
        "ContentType": "application/json",
    }
    arguments = {
        "--run-uri": settings.run_uri(run.problem, run.run),
        "--extra-py-files": settings.run_uri(run.problem, run.run, CODE),
    }
    job = JobRecord(
        job_kind=GLUE_JOB_RUN,
        name=STARTED,
        problem=run.problem,
        run=run.run,
        leg=LEG,
        started_at=cause.time,
        detail={"job": settings.prepare_job},
    )
    return Decision(
        f"{run.rows} rows in {run.bytes} bytes outgrow a function: Spark prepares them on Glue.",
        problem=run.problem,
        run=run.run,
        records=(run.model_copy(update={"preparing_job": STARTED}), job),
        calls=(
            ApiCall("s3", "PutObject", definition),
            start_job_run(settings.prepare_job, name, arguments),
        ),
    )


def decide_prepared(
    cause: Cause[Any],
    run: RunRecord,
    summary: dict[str, Any],
    settings: Settings,
    job: JobRecord | None = None,
) -> Decision:
    """The rows are ready to learn from.

    Args:
        cause: the run's start, or the end of its job.
        run: the run.
        summary: counts and findings, as ``science.prepare`` returns them.
        settings: the stack's resources.
        job: the row of the job that prepared them, if one did.
    """
    moved = run.moved(
        "prepared",
        cause.time,
        task=summary["task"],
        classes=summary["classes"],
        features=summary["features"],
        holdout_rows=summary["holdout_rows"],
    )
    counted = ("task", "rows", "train_rows", "validation_rows", "holdout_rows", "columns")
    said = DataPrepared(
        problem=run.problem,
        run=run.run,
        features=summary["features"],
        classes=summary["classes"],
        prepared_uri=settings.run_uri(run.problem, run.run, "prepared"),
        warnings=tuple(summary["warnings"]),
        **{name: summary[name] for name in counted},
    )
    return Decision(
        f"{summary['rows']} rows became {summary['features']} features: "
        f"{summary['train_rows']} to train, {summary['validation_rows']} to validate, "
        f"{summary['holdout_rows']} held out ({summary['task'].replace('_', ' ')}).",
        problem=run.problem,
        run=run.run,
        records=(moved, *_ended(job)),
        events=(said,),
    )


def decide_unusable(
    cause: Cause[Any],
    problem: ProblemRecord,
    run: RunRecord,
    faults: tuple[Fault, ...],
    job: JobRecord | None = None,
) -> Decision:
    """No model can learn from these rows; the run ends and everyone hears why."""
    reason = "; ".join(fault.message for fault in faults)
    said = DataRejected(problem=run.problem, run=run.run, source=f"run {run.run}", faults=faults)
    return Decision(
        f"The rows cannot be learned from: {reason}",
        problem=run.problem,
        run=run.run,
        records=(
            run.moved("data_rejected", cause.time, reason=reason),
            *_ended(job),
            *end_run(problem, run),
        ),
        events=(said,),
    )


def decide_failed(
    cause: Cause[Any], end: GlueJobEnded, problem: ProblemRecord, run: RunRecord, job: JobRecord
) -> Decision:
    """The job ended without the rows; the run ends and everyone hears why."""
    reason = end.reason or f"the job run ended as {end.status}"
    said = PreparationFailed(
        problem=run.problem, run=run.run, job=end.name, reason=reason, cure=CURE
    )
    return Decision(
        f"Preparing the rows failed: {reason}",
        problem=run.problem,
        run=run.run,
        records=(
            run.moved("failed", cause.time, reason=reason),
            *_ended(job),
            *end_run(problem, run),
        ),
        events=(said,),
    )


def decide_unowned(run: RunRecord, end: GlueJobEnded) -> Decision:
    """Two deliveries of one start each began a job run; the run waits for one of them alone."""
    return Decision(
        f"Job run {end.name} is not the one that run {run.run} waits for ({run.preparing_job}).",
        problem=run.problem,
        run=run.run,
    )


def _ended(job: JobRecord | None) -> tuple[JobRecord, ...]:
    return (job.model_copy(update={"ended": True}),) if job else ()
