"""Requests to AWS Glue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifecycle.decision import ApiCall, Search

if TYPE_CHECKING:
    from collections.abc import Mapping

KNOWN_BY = "--baton-run"
"""The argument that tells for what a job run was started."""

RUN_ID = "job_run_id"
STARTED = "{{job_run_id}}"
"""What records carry where the id of the started job run belongs."""

LOOK_AT = 200
"""GetJobRuns: so many runs, newest first, are looked at for one that was started already."""


def start_job_run(job: str, known_by: str, arguments: Mapping[str, str]) -> ApiCall:
    """Start a run of a Glue job, once.

    StartJobRun takes no name and no token: its ``JobRunId`` is that of a former run to retry
    (Glue API, "StartJobRun"). A run tells what it was started for by an argument of ours, and is
    looked for by it first, while other deliveries of the cause wait.

    Args:
        job: the Glue job's name.
        known_by: what the run is for; the same for every delivery of the same cause.
        arguments: the script's arguments, names with their dashes.
    """
    request: dict[str, Any] = {"JobName": job, "Arguments": {**arguments, KNOWN_BY: known_by}}
    return ApiCall(
        "glue",
        "StartJobRun",
        request,
        search=Search(
            "GetJobRuns",
            {"JobName": job, "MaxResults": LOOK_AT},
            items="JobRuns",
            path=("Arguments", KNOWN_BY),
            value=known_by,
            keep={RUN_ID: "Id"},
        ),
        keep={RUN_ID: "JobRunId"},
        alone=True,
    )
