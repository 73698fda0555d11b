"""``python jobs.pyz evaluate|score``: a processing job, from its folders to its folders."""

from __future__ import annotations

import sys
import traceback

from job_folders import JobFolders

JOBS = ("evaluate", "score")


def main(arguments: list[str]) -> None:
    """Run one job; a failure leaves its reason as the job's message and exits 1."""
    folders = JobFolders()
    if len(arguments) != 1 or arguments[0] not in JOBS:
        folders.fail(f"usage: python jobs.pyz {'|'.join(JOBS)}")
    try:
        # The other job's imports would only cost time.
        if arguments[0] == "evaluate":
            import evaluate

            evaluate.run(folders)
        else:
            import score

            score.run(folders)
    except Exception as error:  # noqa: BLE001  (whatever went wrong, its reason must reach the user)
        traceback.print_exc()
        folders.fail(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
