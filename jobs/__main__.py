"""``python jobs.pyz evaluate|score``: a processing job, from its folders to its folders."""

from __future__ import annotations

import sys

from job_folders import JobFolders
from no_pickles import refuse_pickles
from telling import told, told_with_places

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
        print(told_with_places(error), file=sys.stderr)
        folders.fail(told(error))


if __name__ == "__main__":
    refuse_pickles()
    main(sys.argv[1:])
