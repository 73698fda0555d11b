"""Each job was started once, is named by a row, and its row knows that it ended."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from faults.judge.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.judge.evidence import Evidence

UNDER_WAY = frozenset({"InProgress", "Stopping", "STARTING", "RUNNING", "STOPPING", "WAITING"})
"""Statuses of SageMaker's jobs, and states of runs of Glue's."""


def judge_jobs(evidence: Evidence) -> Iterator[Finding]:
    """Every finding about jobs, Glue's too, and what else SageMaker was asked to make."""
    yield from _named(evidence)
    yield from _once(evidence)
    yield from _ended(evidence)
    yield from _packages(evidence)


def _named(evidence: Evidence) -> Iterator[Finding]:
    """The jobs that there are and the rows are the same jobs."""
    rows = {(row["job_kind"], row["name"]) for row in evidence.rows.get("job", [])}
    for job in evidence.things.jobs:
        if (job.kind, job.name) not in rows:
            what = f"no row names the {job.purpose} job that was started"
            yield Finding("unnamed_job", what, f"{job.kind} {job.name}")
    there = {(job.kind, job.name) for job in evidence.things.jobs}
    kinds = {kind for kind, _ in there} | {"training-job", "hyper-parameter-tuning-job"}
    for kind, name in sorted(rows - there):
        if kind in kinds | {"processing-job"}:
            yield Finding("no_such_job", "there is no such job", f"{kind} {name}")


def _once(evidence: Evidence) -> Iterator[Finding]:
    """One preparation, training and evaluation a run; one scoring a file, one fetch a request."""
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for job in evidence.things.jobs:
        found[job.run, job.purpose, job.source].append(job.name)
    scored = [row for row in evidence.rows.get("input", []) if row.get("purpose") == "score"]
    for (run, purpose, source), jobs in sorted(found.items()):
        allowed = 1
        if purpose == "score":
            allowed = sum(source.endswith(f"/{row['source']}") for row in scored)
        if len(jobs) > allowed:
            what = f"{len(jobs)} {purpose} jobs were started and {allowed} was due"
            yield Finding("started_twice", what, f"run {run} {source}: {', '.join(sorted(jobs))}")
    legs: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in evidence.rows.get("job", []):
        place = (row.get("run") or "", row["leg"], str((row.get("detail") or {}).get("key", "")))
        legs[place].append(row["name"])
    for (run, leg, key), names in sorted(legs.items()):
        if len(names) > 1 and leg in {"finish_training", "judge_candidate", "confirm_deployment"}:
            what = f"{leg} waits for {len(names)} jobs of one run"
            yield Finding("started_twice", what, f"run {run} {key}: {', '.join(sorted(names))}")


def _ended(evidence: Evidence) -> Iterator[Finding]:
    """A job that ended was taken up."""
    for row in evidence.rows.get("job", []):
        job = evidence.things.job(row["name"])
        if not row["ended"] and job and job.status not in UNDER_WAY:
            what = f"the job is {job.status} and nobody took that up"
            yield Finding("end_unheard", what, f"{job.kind} {job.name}")
        elif not row["ended"] and row["job_kind"] == "endpoint":
            what = "the deployment's end was not taken up"
            yield Finding("end_unheard", what, f"endpoint {row['name']}")


def _packages(evidence: Evidence) -> Iterator[Finding]:
    """One model package a run that was evaluated."""
    found: dict[str, list[str]] = defaultdict(list)
    for package in evidence.things.packages:
        run = package.get("CustomerMetadataProperties", {}).get("run", "")
        found[run].append(package["ModelPackageArn"])
    for run, arns in sorted(found.items()):
        row = evidence.run(run)
        if len(arns) > 1:
            what = f"{len(arns)} model packages were made of one run"
            yield Finding("started_twice", what, f"run {run}: {', '.join(sorted(arns))}")
        if row is None or row.get("model_package") not in arns:
            yield Finding("unnamed_job", "no run names the model package", f"run {run}: {arns[0]}")
