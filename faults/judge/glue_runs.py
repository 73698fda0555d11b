"""What AWS Glue has of a problem: the runs of its jobs.

Whose a run is and what it was started for, its argument ``--baton-run`` says
(``docs/large-runs.md``): ``<problem>/<run>`` of a preparation, ``<problem>/<database>/<fetch>`` of
a fetch.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from faults.judge.sagemaker_things import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "glue-job-run"
"""As the record table spells it."""

STARTED_FOR = "--baton-run"


def glue_runs_of(client: Any, problem: str, began: str) -> list[Job]:
    """Every run of a Glue job that was started for a problem.

    Args:
        client: of Glue.
        problem: its name.
        began: ISO 8601; runs that were started before are not looked at. Empty looks at all.
    """
    # Glue notes a run's start in whole seconds at times.
    since = datetime.fromisoformat(began).timestamp() - 1 if began else 0.0
    return [
        _job(run)
        for run in _runs(client)
        if _started_for(run)[0] == problem and run["StartedOn"].timestamp() >= since
    ]


def _runs(client: Any) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator("get_jobs").paginate():
        for job in page["Jobs"]:
            for runs in client.get_paginator("get_job_runs").paginate(JobName=job["Name"]):
                yield from runs["JobRuns"]


def _started_for(run: dict[str, Any]) -> list[str]:
    return str(run.get("Arguments", {}).get(STARTED_FOR, "")).split("/")


def _job(run: dict[str, Any]) -> Job:
    _, *told = _started_for(run)
    fetched = len(told) > 1
    return Job(
        KIND,
        run["Id"],
        run["JobRunState"],
        "" if fetched else told[0],
        "fetch" if fetched else "prepare",
        "/".join(told) if fetched else "",
        run,
    )
